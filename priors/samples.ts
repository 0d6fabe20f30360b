import * as tf from "@tensorflow/tfjs";
import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../src/data/errors.ts";
import { symmetricEigen } from "../src/data/linalg.ts";
import { stream } from "../src/data/random.ts";
import { sizeOf } from "../src/engine/graph.ts";
import { compile, fromHost } from "../src/engine/index.ts";
import type { GeneratorPrior } from "./prior.ts";
import { perSignal } from "./signals.ts";

/** Signals that are made at a time. */
const BLOCK = 1000;

export interface LabelledSamples {
  /** [count, ...shape] */
  readonly signals: NdArray<Float32Array>;
  /** The condition of each signal, [count], where the prior has conditions. */
  readonly labels?: NdArray<Int32Array>;
}

/** `count` independent signals of a prior, [count, ...shape]: x = G(z, c) + r, with z, c and r drawn by its own laws. */
export const drawSamples = async (prior: GeneratorPrior, count: number, seed: number): Promise<NdArray<Float32Array>> =>
  (await drawLabelled(prior, count, seed)).signals;

/** The same prior without its residual: its draws are G(z, c) alone. */
export const withoutResidual = ({ residual: _, ...prior }: GeneratorPrior): GeneratorPrior => prior;

/** `drawSamples` with the label of each; all have `label` where it is given. Errors (InputError): a label that never occurs. */
export async function drawLabelled(
  prior: GeneratorPrior,
  count: number,
  seed: number,
  label?: number,
): Promise<LabelledSamples> {
  if (label !== undefined) requireLabel(prior, label);
  const { latent, shape, conditions, residual } = prior;
  const n = sizeOf(shape);
  const z = stream(seed, "samples").fillNormal(new Float32Array(count * latent));
  const c = conditions && (label === undefined ? drawConditions(conditions, count, seed) : ofLabel(label, count));
  const noise = residual && stream(seed, "sample residuals").fillNormal(new Float32Array(count * n));
  const root = residual && squareRoot(residual);

  const rows = Math.min(BLOCK, count);
  const from = (at: number) => ({
    z: fromHost(z.subarray(at * latent, (at + rows) * latent), [rows, latent]),
    c: c ? [fromHost(c.subarray(at, at + rows), [rows])] : [],
    noise: noise ? [fromHost(noise.subarray(at * n, (at + rows) * n), [rows, n])] : [],
  });
  const make = await compile((draws: { z: tf.Tensor; c: readonly tf.Tensor[]; noise: readonly tf.Tensor[] }) => {
    const x = perSignal(prior.decode(draws.z, draws.c[0]));
    const [e] = draws.noise;
    return e && root ? tf.add(x, tf.matMul(e as tf.Tensor2D, tf.tensor2d(root, [n, n]))) : x;
  }, from(0));
  const signals = new Float32Array(count * n);
  for (let block = 0; block < count; block += rows) {
    const at = Math.min(block, count - rows); // the last block overlaps: all have one size
    signals.set((await make.run(from(at))).data, at * n);
  }
  await make.dispose();
  return { signals: ndarray(signals, [count, ...shape]), ...(c && { labels: fromHost(c, [count]) }) };
}

const ofLabel = (label: number, count: number): Int32Array => new Int32Array(count).fill(label);

function requireLabel({ name, conditions }: GeneratorPrior, label: number): void {
  if (!conditions) throw new InputError(`label: ${name} takes no labels; train it on a sketch made with --by-label`);
  if (conditions[label]! > 0) return;
  const labels = [...conditions.keys()].filter((c) => conditions[c]! > 0);
  throw new InputError(`label: ${name} has the labels ${labels.join(", ")}, got ${label}`);
}

/** Independent conditions 0, 1, … with these probabilities. */
function drawConditions(probabilities: Float64Array, count: number, seed: number): Int32Array {
  const random = stream(seed, "sample conditions");
  return Int32Array.from({ length: count }, () => {
    let left = random.uniform();
    const found = probabilities.findIndex((p) => {
      left -= p;
      return left < 0;
    });
    return found < 0 ? probabilities.length - 1 : found; // probabilities that add up to a little less than 1
  });
}

/** S [n, n] with SᵀS = C, rows √λᵢ uᵢ of C = UΛUᵀ, so that eS ~ N(0, C) for e ~ N(0, I). */
function squareRoot(covariance: NdArray<Float32Array>): Float32Array {
  const n = covariance.shape[0]!;
  const { values, vectors } = symmetricEigen(covariance.data, n);
  return Float32Array.from(vectors, (v, at) => v * Math.sqrt(Math.max(0, values[Math.floor(at / n)]!)));
}
