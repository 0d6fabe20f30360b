import * as tf from "#tf";
import { bools, floats, ints, listedInts } from "../support.ts";
import { type Cases, on, valueOnly } from "./case.ts";

type T = tf.Tensor;
const image = floats([2, 4, 6, 4]);

export const shapeCases = {
  BatchToSpaceND: [
    on(
      (x: tf.Tensor4D) =>
        tf.batchToSpaceND(
          x,
          [2, 2],
          [
            [0, 0],
            [0, 0],
          ],
        ),
      floats([8, 2, 3, 1]),
    ),
    on(
      (x: tf.Tensor4D) =>
        tf.batchToSpaceND(
          x,
          [2, 2],
          [
            [1, 0],
            [0, 2],
          ],
        ),
      floats([8, 2, 3, 1]),
    ),
  ],
  Cast: [
    on((x: T) => tf.cast(x, "float32"), floats([3])),
    valueOnly((x: T) => tf.cast(x, "int32"), floats([9], -5, 5)),
    valueOnly((x: T) => tf.cast(x, "bool"), floats([2, 3])),
    valueOnly((x: T) => tf.cast(x, "bool"), ints([9], -1, 1)),
    valueOnly((x: T) => tf.cast(x, "float32"), ints([3])),
    valueOnly((x: T) => [tf.cast(x, "int32"), tf.cast(x, "float32")], bools([4])),
  ],
  Concat: [
    on((a: T, b: T) => tf.concat([a, b], 0), floats([2, 3]), floats([4, 3])),
    on((a: T, b: T) => tf.concat([a, b, a], -1), floats([2, 3]), floats([2, 1])),
    valueOnly((a: T, b: T) => tf.concat([a, b]), bools([2]), bools([3])),
  ],
  DepthToSpace: [valueOnly((x: tf.Tensor4D) => tf.depthToSpace(x, 2), image)],
  Diag: [
    valueOnly((x: T) => tf.diag(x), floats([4])),
    valueOnly((x: T) => tf.diag(x), ints([2, 3])),
    valueOnly((x: T) => tf.diag(x), bools([4])),
  ],
  ExpandDims: [on((x: T) => tf.expandDims(x, 1), floats([2, 3])), on((x: T) => tf.expandDims(x, -1), floats([2, 3]))],
  Fill: [
    valueOnly((x: T) => tf.add(x, tf.fill([2, 3], 1.5)), floats([3])),
    valueOnly((x: T) => tf.add(x, tf.fill([3], 2, "int32")), ints([3])),
  ],
  GatherNd: [
    valueOnly((x: T, i: T) => tf.gatherND(x, i), floats([3, 4, 2]), listedInts([2, 1, 0, 3], [2, 2])),
    valueOnly((x: T, i: T) => tf.gatherND(x, i), ints([3, 4]), listedInts([2, 0, 1], [3, 1])),
  ],
  GatherV2: [
    on((x: T, i: T) => tf.gather(x, i.toInt()), floats([4, 3]), listedInts([3, 0, 0, 1, 2])),
    on((x: T, i: T) => tf.gather(x, i.toInt(), 1), floats([2, 4, 3]), listedInts([3, 0, 0])),
    on((x: T, i: T) => tf.gather(x, i.toInt(), -1), floats([2, 3]), listedInts([2, 2, 1, 0])),
    valueOnly((x: T, i: T) => tf.gather(x, i.toInt(), 0), ints([4]), listedInts([3, 0, 0, 1], [2, 2])),
    valueOnly((x: T, i: T) => tf.gather(x, i.toInt(), 1, 1), floats([2, 4, 3]), ints([2, 5], 0, 3)),
    valueOnly((x: T, i: T) => tf.gather(x, i.toInt(), 2, 1), floats([2, 3, 4, 2]), ints([2, 2, 2], 0, 3)),
  ],
  Identity: [on((x: T) => tf.clone(x), floats([2, 3])), valueOnly((x: T) => tf.clone(x), bools([3]))],
  LinSpace: [
    valueOnly((x: T) => tf.add(x, tf.linspace(-1, 2, 7)), floats([7])),
    valueOnly((x: T) => tf.add(x, tf.linspace(3, 3, 1)), floats([1])),
  ],
  MirrorPad: [
    valueOnly(
      (x: T) =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [0, 3],
          ],
          "reflect",
        ),
      floats([3, 4]),
    ),
    valueOnly(
      (x: T) =>
        tf.mirrorPad(
          x,
          [
            [3, 2],
            [0, 4],
          ],
          "symmetric",
        ),
      floats([3, 4]),
    ),
    on(
      (x: T) =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [0, 3],
          ],
          "reflect",
        ),
      floats([3, 4]),
    ),
  ],
  OneHot: [
    valueOnly((i: T) => tf.oneHot(i.toInt(), 4), listedInts([0, 3, -1, 4, 2])),
    valueOnly((i: T) => tf.oneHot(i.toInt(), 3, 2, -1, "float32"), ints([2, 3], 0, 2)),
  ],
  OnesLike: [on((x: T) => tf.mul(x, tf.onesLike(x)), floats([2, 3])), valueOnly((x: T) => tf.onesLike(x), ints([3]))],
  Pack: [
    on((a: T, b: T) => tf.stack([a, b]), floats([2, 3]), floats([2, 3])),
    on((a: T, b: T) => tf.stack([a, b, a], -1), floats([2, 3]), floats([2, 3])),
  ],
  PadV2: [
    on(
      (x: T) =>
        tf.pad(x, [
          [1, 0],
          [2, 3],
        ]),
      floats([2, 3]),
    ),
    on((x: T) => tf.pad(x, [[1, 2]], -1.5), floats([4])),
    valueOnly((x: T) => tf.pad(x, [[1, 2]], 7), ints([4])),
    valueOnly((x: T) => tf.pad(x, [[1, 2]]), bools([4])),
  ],
  Range: [
    valueOnly((x: T) => tf.add(x, tf.range(0, 5)), floats([5])),
    valueOnly((x: T) => tf.add(x, tf.range(3, -4, -2, "int32")), ints([4])),
  ],
  Reshape: [
    on((x: T) => tf.reshape(x, [3, -1]), floats([2, 6])),
    on((x: T) => tf.reshape(x, []), floats([1, 1])),
    valueOnly((x: T) => tf.reshape(x, [0, 5]), floats([0, 2])),
  ],
  Reverse: [
    on((x: T) => tf.reverse(x), floats([2, 3])),
    on((x: T) => tf.reverse(x, [1]), floats([2, 3])),
    on((x: T) => tf.reverse(x, -2), floats([2, 3, 2])),
  ],
  ScatterNd: [
    valueOnly((i: T, u: T) => tf.scatterND(i, u, [5, 2]), listedInts([1, 3, 1], [3, 1]), floats([3, 2])),
    valueOnly((i: T, u: T) => tf.scatterND(i, u, [3, 3]), listedInts([0, 1, 2, 2, 0, 1], [3, 2]), ints([3])),
  ],
  Slice: [
    on((x: T) => tf.slice(x, [1, 0], [1, 2]), floats([3, 4])),
    on((x: T) => tf.slice(x, [0, 1], [-1, -1]), floats([3, 4])),
    on((x: T) => tf.slice(x, 1), floats([3, 2])),
    valueOnly((x: T) => tf.slice(x, [1], [0]), floats([3])),
  ],
  SpaceToBatchND: [
    on(
      (x: tf.Tensor4D) =>
        tf.spaceToBatchND(
          x,
          [2, 2],
          [
            [0, 0],
            [0, 0],
          ],
        ),
      image,
    ),
    on(
      (x: tf.Tensor4D) =>
        tf.spaceToBatchND(
          x,
          [2, 3],
          [
            [1, 1],
            [2, 1],
          ],
        ),
      image,
    ),
  ],
  SplitV: [
    on((x: T) => tf.split(x, 3, 1), floats([2, 6])),
    on((x: T) => tf.split(x, [1, 2, 1]), floats([4, 3])),
    valueOnly((x: T) => tf.split(x, [2, -1], -1), ints([2, 5])),
  ],
  StridedSlice: [
    valueOnly((x: T) => tf.stridedSlice(x, [0, 1], [4, 6], [2, 2]), floats([4, 6])),
    valueOnly((x: T) => tf.stridedSlice(x, [3, 5], [0, 0], [-1, -2], 0, 3), floats([4, 6])),
    valueOnly((x: T) => tf.stridedSlice(x, [1, 0], [2, 3], [1, 1], 0, 0, 0, 0, 1), floats([4, 6])),
    valueOnly((x: T) => tf.stridedSlice(x, [0, 0, 1], [0, 0, 3], [1, 1, 1], 0, 0, 1, 2), floats([4, 6])),
  ],
  TensorScatterUpdate: [
    valueOnly(
      (x: T, i: T, u: T) => tf.tensorScatterUpdate(x, i.toInt(), u),
      floats([4, 2]),
      listedInts([2, 0], [2, 1]),
      floats([2, 2], 5, 6),
    ),
  ],
  Tile: [
    on((x: T) => tf.tile(x, [2, 3]), floats([2, 2])),
    on((x: T) => tf.tile(x, [2, 1]), floats([1, 3])),
    on((x: T) => tf.broadcastTo(x, [2, 4, 3]), floats([4, 1])),
    on((x: T, y: T) => tf.mul(tf.broadcastTo(x, [4, 3]), y), floats([1, 3]), floats([4, 3])),
    valueOnly((x: T) => tf.tile(x, [2]), bools([3])),
  ],
  Transpose: [
    on((x: T) => tf.transpose(x), floats([2, 3])),
    on((x: T) => tf.transpose(x, [2, 0, 1]), floats([2, 3, 4])),
    on((x: T) => tf.transpose(x, [0, 3, 1, 2]), floats([2, 3, 1, 4])),
  ],
  Unpack: [
    on((x: T) => tf.unstack(x), floats([3, 2])),
    on((x: T) => tf.unstack(x, -1), floats([2, 3])),
    valueOnly((x: T) => tf.unstack(x), floats([1, 3])), // tfjs's gradient fails for a single part
  ],
  UnsortedSegmentSum: [
    on(
      (x: T, i: T) => tf.unsortedSegmentSum(x, i.toInt() as tf.Tensor1D, 3),
      floats([5, 2]),
      listedInts([0, 2, 0, 1, 2]),
    ),
    valueOnly(
      (x: T, i: T) => tf.unsortedSegmentSum(x, i.toInt() as tf.Tensor1D, 3),
      floats([4]),
      listedInts([0, -1, 5, 0]),
    ),
    on((x: T, i: T) => tf.gather(x, i.toInt()), floats([50, 20]), ints([4000], 0, 49)),
  ],
  ZerosLike: [
    on((x: T) => tf.add(x, tf.zerosLike(x)), floats([2, 3])),
    valueOnly((x: T) => tf.zerosLike(x), bools([3])),
  ],
} satisfies Cases;
