import * as tf from "#tf";
import { bools, floats, ints } from "../support.ts";
import { type Case, type Cases, on, valueOnly } from "./case.ts";

type T = tf.Tensor;
const smooth = (fn: (x: T) => T): Case[] => [on(fn, floats([7], -3, 3)), on(fn, floats([2, 3]))];

const products = (a: readonly number[], b: readonly number[], ta = false, tb = false): Case =>
  on((x: T, y: T) => tf.matMul(x, y, ta, tb), floats(a), floats(b, -2, 2, "b"));

const fusedActivations = ["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const;

export const networkCases = {
  BatchMatMul: [
    products([2, 3], [3, 4]),
    products([3, 2], [3, 4], true),
    products([2, 3], [4, 3], false, true),
    products([3, 2], [4, 3], true, true),
    products([5, 2, 3], [5, 3, 4]),
    products([5, 3, 2], [5, 4, 3], true, true),
    // tfjs's gradient does not sum over broadcast batches
    { ...products([1, 2, 3], [5, 3, 4]), by: [] },
    { ...products([2, 3], [5, 3, 4]), by: [] },
    valueOnly((x: T, y: T) => tf.matMul(x, y, true), ints([3, 2]), ints([3, 4])),
    on((x: tf.Tensor1D, y: tf.Tensor1D) => tf.dot(x, y), floats([4]), floats([4], -2, 2, "b")),
    on((x: tf.Tensor1D, y: tf.Tensor1D) => tf.outerProduct(x, y), floats([4]), floats([3], -2, 2, "b")),
  ],
  Einsum: [
    valueOnly((x: T, y: T) => tf.einsum("ij,jk->ik", x, y), floats([2, 3]), floats([3, 4])),
    valueOnly((x: T, y: T) => tf.einsum("bij,bkj->bik", x, y), floats([2, 3, 4]), floats([2, 5, 4])),
    valueOnly((x: T) => tf.einsum("ij->ji", x), floats([2, 3])),
    valueOnly((x: T) => tf.einsum("ij->", x), floats([2, 3])),
  ],
  Elu: smooth(tf.elu),
  EluGrad: smooth((x) => tf.elu(tf.mul(x, 2))),
  LeakyRelu: [...smooth((x) => tf.leakyRelu(x, 0.2)), valueOnly((x: T) => tf.leakyRelu(x), ints([5]))],
  Prelu: [
    on((x: T, a: T) => tf.prelu(x, a), floats([2, 3]), floats([3], 0, 1)),
    on((x: T, a: T) => tf.prelu(x, a), floats([2, 3]), floats([2, 3], 0, 1)),
  ],
  Relu: [...smooth(tf.relu), valueOnly(tf.relu, ints([5])), valueOnly(tf.relu, bools([5]))],
  Relu6: [...smooth((x) => tf.relu6(tf.mul(x, 3))), valueOnly(tf.relu6, ints([5], -9, 9))],
  Selu: smooth(tf.selu),
  Sigmoid: smooth(tf.sigmoid),
  Softplus: [...smooth(tf.softplus), on(tf.softplus, floats([9], -40, 40)), on(tf.logSigmoid, floats([5]))],
  _FusedMatMul: [
    ...fusedActivations.map((activation) =>
      on(
        (a: tf.Tensor2D, b: tf.Tensor2D, bias: T) => tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.1 }),
        floats([2, 3]),
        floats([3, 4]),
        floats([4]),
      ),
    ),
    on((a: tf.Tensor2D, b: tf.Tensor2D) => tf.fused.matMul({ a, b, transposeB: true }), floats([2, 3]), floats([4, 3])),
    on(
      (a: tf.Tensor2D, b: tf.Tensor2D, w: T) =>
        tf.fused.matMul({ a, b, activation: "prelu", preluActivationWeights: w }),
      floats([2, 3]),
      floats([3, 4]),
      floats([4], 0, 1),
    ),
  ],
} satisfies Cases;
