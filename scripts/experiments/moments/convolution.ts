import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { drawFeatures } from "../../../priors/mixture/draw.ts";
import type { MixtureModel } from "../../../priors/mixture/index.ts";
import { residualRoot } from "../../../priors/residual-root.ts";
import { fromHost } from "../../../src/data/array.ts";
import type { Dataset } from "../../../src/data/index.ts";
import { stream } from "../../../src/data/random.ts";
import type { Range } from "../../../src/data/rows.ts";
import { compile } from "../../../src/engine/index.ts";
import type { MomentTarget } from "./target.ts";

/** Filters of the two layers; each of the second is pooled over four quarters of the image. */
const FILTERS = [16, 64] as const;
const SIDE = 5;
const QUARTERS = 4;
const SIZE = FILTERS[1] * QUARTERS;
const BLOCK = 1000;
/** Average number of draws of each component. It exceeds the number of samples per component, about 170 of 60 000. */
const DRAWS = 500;

/**
 * Means by label of random features: two convolutions 5×5 of stride 2 with random weights (He) and relu, pooled over quarters of the
 * image. The means of the mixture's components are taken over draws, so a refinement can move only the weights.
 */
export async function convolution(
  data: Dataset,
  model: MixtureModel,
  { seed, range }: { readonly seed: number; readonly range: Range },
): Promise<MomentTarget> {
  const labels = await data.labels!();
  const groups = 1 + labels.reduce((a, b) => Math.max(a, b), 0);
  const real = await sums(data.shape, groups, seed, signalsOf(data, labels, range));
  const components = model.weights.length;
  const drawn = await sums(data.shape, components, seed, drawsOf(model, seed));
  const own = (moment: number, component: number) =>
    drawn.values[component * SIZE + moment]! / drawn.counts[component]!;
  const mean = (moment: number, label: number) => real.values[label * SIZE + moment]! / real.counts[label]!;
  const precision = (moment: number, label: number) => {
    const count = real.counts[label]!;
    return count / Math.max(1e-12, real.squares[label * SIZE + moment]! / count - mean(moment, label) ** 2);
  };
  return {
    ...{ size: SIZE, numbers: SIZE * groups },
    batch: (moments) => {
      const of = (rows: number, value: (moment: number, row: number) => number) => {
        const at = (i: number) => value(moments[i % moments.length]!, Math.floor(i / moments.length));
        return fromHost(
          Float32Array.from({ length: rows * moments.length }, (_, i) => at(i)),
          [rows, moments.length],
        );
      };
      return { own: of(components, own), mean: of(groups, mean), precision: of(groups, precision) };
    },
    misfit: ({ weights }, given) => {
      const predicted = tf.matMul(weights as tf.Tensor2D, given.own as tf.Tensor2D);
      return tf.mean(tf.mul(tf.square(tf.sub(predicted, given.mean!)), given.precision!));
    },
  };
}

/** Images [rows, n] with the group of each. */
interface Block {
  readonly images: NdArray<Float32Array>;
  readonly groups: Int32Array;
}

async function* signalsOf(data: Dataset, labels: Uint8Array, range: Range): AsyncGenerator<Block> {
  for await (const { first, data: images } of data.batches(BLOCK, range)) {
    yield { images, groups: Int32Array.from(labels.subarray(first, first + images.shape[0]!)) };
  }
}

/** Draws of the mixture, on average equally many of each component. All blocks share their draws of the residual. */
async function* drawsOf(model: MixtureModel, seed: number): AsyncGenerator<Block> {
  const { centre, matrix, residual, shape, weights } = model;
  const k = matrix.shape[1]!;
  const { factor } = await residualRoot(residual);
  const r = factor.shape[1]!;
  const e = fromHost(stream(seed, "residuals").fillNormal(new Float32Array(BLOCK * r)), [BLOCK, r]);
  const inputs = { centre, matrix, e, factor };
  const decode = await compile(
    (given: Record<"centre" | "matrix" | "factor" | "v" | "e", tf.Tensor>) => {
      const spread = tf.matMul(given.v as tf.Tensor2D, given.matrix as tf.Tensor2D, false, true);
      return tf.add(tf.add(given.centre, spread), tf.matMul(given.e, given.factor, false, true));
    },
    { ...inputs, v: fromHost(new Float32Array(BLOCK * k), [BLOCK, k]) },
    { name: "draws of components" },
  );
  const even = { ...model, weights: weights.map(() => 1 / weights.length) };
  const blocks = Math.ceil((DRAWS * weights.length) / BLOCK);
  for (let i = 0; i < blocks; i++) {
    const random = stream(seed, "draws of components", i);
    const { features, components } = drawFeatures(even, random, BLOCK);
    const { data } = await decode.run({ ...inputs, v: fromHost(features, [BLOCK, k]) });
    yield { images: ndarray(data, [BLOCK, ...shape]), groups: components };
  }
  await decode.dispose();
}

/** Sums of the features and of their squares over the images of each group, [groups, SIZE], and the images of each. */
async function sums(shape: readonly number[], groups: number, seed: number, blocks: AsyncIterable<Block>) {
  const random = stream(seed, "convolutional features");
  const [first, second] = FILTERS;
  const drawn = (dimensions: number[], deviation: number) => {
    const values = random.fillNormal(new Float32Array(dimensions.reduce((a, b) => a * b)));
    return fromHost(
      values.map((v) => v * deviation),
      dimensions,
    );
  };
  const he = (inputs: number) => Math.sqrt(2 / inputs);
  const network = {
    w1: drawn([SIDE, SIDE, 1, first], he(SIDE ** 2)),
    b1: drawn([first], 0.1),
    w2: drawn([SIDE, SIDE, first, second], he(SIDE ** 2 * first)),
    b2: drawn([second], 0.1),
  };
  const images = ndarray(new Float32Array(BLOCK * shape[0]! * shape[1]!), [BLOCK, ...shape]);
  const member = fromHost(new Float32Array(groups * BLOCK), [groups, BLOCK]);
  const block = await compile(
    (given: Record<keyof typeof network | "images" | "member", tf.Tensor>) => {
      const layer = (h: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
        tf.relu(tf.add(tf.conv2d(h as tf.Tensor4D, w as tf.Tensor4D, 2, "same"), b));
      const maps = layer(layer(tf.expandDims(given.images, 3), given.w1, given.b1), given.w2, given.b2);
      const half = Math.ceil(maps.shape[1]! / 2);
      const pooled = tf.avgPool(maps as tf.Tensor4D, half, maps.shape[1]! - half, "valid"); // 2×2 quarters, which may overlap
      const features = tf.reshape(pooled, [BLOCK, SIZE]);
      const total = (values: tf.Tensor) => tf.matMul(given.member as tf.Tensor2D, values as tf.Tensor2D);
      return { values: total(features), squares: total(tf.square(features)) };
    },
    { ...network, images, member },
    { name: "convolutional features" },
  );
  const [values, squares] = [new Float64Array(groups * SIZE), new Float64Array(groups * SIZE)];
  const counts = new Float64Array(groups);
  for await (const given of blocks) {
    images.data.fill(0);
    images.data.set(given.images.data);
    member.data.fill(0);
    for (const [row, group] of given.groups.entries()) {
      member.data[group * BLOCK + row] = 1;
      counts[group]!++;
    }
    const result = await block.run({ ...network, images, member });
    for (let i = 0; i < values.length; i++) {
      values[i]! += result.values.data[i]!;
      squares[i]! += result.squares.data[i]!;
    }
  }
  await block.dispose();
  return { values, squares, counts };
}
