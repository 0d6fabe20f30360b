import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { type ForwardOperator, isLinear } from "../../operators/operator.ts";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { stream } from "../../src/data/random.ts";
import type { Dataset } from "../../src/data/rows.ts";
import { squaredNorm } from "../../src/data/vector.ts";
import { compile } from "../../src/engine/index.ts";
import { typical } from "../typical.ts";
import { naive } from "./naive.ts";
import type { RegulariserSettings } from "./options.ts";

type Images = NdArray<Float32Array>;

/** True images and all that their naive reconstructions are made of: R is linear, so R(Φx_i + w_j) = RΦx_i + Rw_j for every i and j. */
export interface Pairs {
  /** Data that were read. */
  readonly count: number;
  /** x, [images, H, W, channels] */
  readonly truths: Images;
  /** RΦx, of the same shape. */
  readonly blurred: Images;
  /** Rw, w ~ N(0, σ²I), of the same shape. */
  readonly noise: Images;
  /** Root mean square of R(Φx + w) − x. */
  readonly error: number;
}

/**
 * Reads true images of a data set, or lays smaller ones side by side until Φ's images are full, and reconstructs what Φ measures of them, R y = (Φ'Φ + αI)⁻¹Φ'y, α = σ²/a², a the root mean square of
 * a pixel (`naive`).
 *
 * Errors (InputError): an operator that is not linear; fewer data than one image takes; images or measurements that are all 0, or reconstructions without an error, of which nothing can be learned.
 */
export async function pairsOf(
  dataset: Dataset,
  operator: ForwardOperator,
  settings: RegulariserSettings,
  signal: AbortSignal | undefined,
): Promise<Pairs> {
  const { imageShape, sigma, seed } = settings;
  if (!isLinear(operator)) {
    throw new InputError(`train: operator: expected a linear one, got ${operator.name}; a generator takes any`);
  }
  const each = sizeOf(imageShape) / sizeOf(dataset.shape);
  const data = await typical(dataset, settings.images * each, signal);
  const images = Math.floor(data.shape[0]! / each);
  if (images < 1) {
    throw new InputError(
      `train: ${dataset.name} holds ${data.shape[0]} samples, one image of [${imageShape.join(", ")}] takes ${each}; give more, or a smaller --image-shape`,
    );
  }
  const truths = sideBySide(data, imageShape, images);
  const energy = squaredNorm(truths.data) / truths.data.length;
  if (energy === 0) throw new InputError(`train: the images of ${dataset.name} are all 0; give images with structure`);
  const alpha = sigma ** 2 / energy;
  const blurred = await naive(operator, await measured(operator, truths), alpha, signal);
  if (blurred.data.every((v) => v === 0)) {
    throw new InputError(
      `train: ${operator.name} shows nothing of the images, all it measures is 0; check the operator`,
    );
  }
  const m = sizeOf(operator.outShape);
  const draws = stream(seed, "regulariser noise").fillNormal(new Float32Array(images * m));
  const w = fromHost(
    draws.map((v) => sigma * v),
    [images, ...operator.outShape],
  );
  const noise = await naive(operator, w, alpha, signal);
  const off = truths.data.reduce((sum, v, at) => sum + (blurred.data[at]! + noise.data[at]! - v) ** 2, 0);
  const error = Math.sqrt(off / truths.data.length);
  if (!(error > LEAST * Math.sqrt(energy))) {
    throw new InputError(
      `train: naive reconstructions behind ${operator.name} with noise of ${sigma} are the images themselves; give a larger --sigma, or another --operator`,
    );
  }
  return { count: images * each, truths, blurred, noise, error };
}

/** Errors of reconstructions below this part of the images are rounding. */
const LEAST = 1e-4;

/** Φx of images, some at a time. */
async function measured(
  operator: { readonly outShape: readonly number[]; forward(x: tf.Tensor): tf.Tensor; readonly name: string },
  images: Images,
): Promise<NdArray<Float32Array>> {
  const [count, ...shape] = images.shape as [number, ...number[]];
  const [n, m] = [sizeOf(shape), sizeOf(operator.outShape)];
  const y = new Float32Array(count * m);
  const row = (i: number) => fromHost(images.data.subarray(i * n, (i + 1) * n), [1, ...shape]);
  const step = await compile((input: { x: tf.Tensor }) => operator.forward(input.x), { x: row(0) }, operator);
  for (let i = 0; i < count; i++) y.set((await step.run({ x: row(i) })).data, i * m);
  await step.dispose();
  return fromHost(y, [count, ...operator.outShape]);
}

/** Samples [many, h, w, …] laid side by side, row by row, in images of `shape`, [images, H, W, …]. */
function sideBySide({ data, shape: [, h = 1, w = 1] }: Images, shape: readonly number[], images: number): Images {
  const [height = 1, width = 1, channels = 1] = shape;
  const [down, across] = [height / h, width / w];
  const out = new Float32Array(images * height * width * channels);
  const line = w * channels;
  for (let at = 0; at < images * down * across; at++) {
    const image = Math.floor(at / (down * across));
    const [i, j] = [Math.floor((at % (down * across)) / across), at % across];
    for (let row = 0; row < h; row++) {
      const from = (at * h + row) * line;
      out.set(data.subarray(from, from + line), ((image * height + i * h + row) * across + j) * line);
    }
  }
  return fromHost(out, [images, ...shape]);
}

/** What a step compares: crops of `side`² pixels of true images and of naive reconstructions of the same, [batch, side, side, channels], and where between them slopes are measured, [batch]. */
export type Crops = { readonly truth: Images; readonly naive: Images; readonly between: Images };

/**
 * The crops of step `index`: each of a random image, noise and place. Where samples were laid side by side, in images of `shape` each, a crop lies within one of them, so that it shows no seam.
 */
export function cropsOf(
  { truths, blurred, noise }: Pairs,
  { crop, batch, seed }: RegulariserSettings,
  [h = 0, w = 0]: readonly number[],
  index: number,
): Crops {
  const [images = 0, height = 0, width = 0, channels = 1] = truths.shape;
  const draws = stream(seed, "regulariser crops", index);
  const shape = [batch, crop, crop, channels];
  const out = { truth: new Float32Array(sizeOf(shape)), naive: new Float32Array(sizeOf(shape)) };
  const line = crop * channels;
  for (let b = 0; b < batch; b++) {
    const [i, j] = [draws.integer(images), draws.integer(images)];
    const place = (length: number, own: number) => own * draws.integer(length / own) + draws.integer(own - crop + 1);
    const [top, left] = [place(height, h), place(width, w)];
    for (let row = 0; row < crop; row++) {
      const at = ((top + row) * width + left) * channels;
      const [from, noisy] = [i * height * width * channels + at, j * height * width * channels + at];
      const to = (b * crop + row) * line;
      out.truth.set(truths.data.subarray(from, from + line), to);
      for (let k = 0; k < line; k++) out.naive[to + k] = blurred.data[from + k]! + noise.data[noisy + k]!;
    }
  }
  const between = Float32Array.from({ length: batch }, () => draws.uniform());
  return { truth: fromHost(out.truth, shape), naive: fromHost(out.naive, shape), between: fromHost(between, [batch]) };
}
