import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sizeOf } from "../src/data/array.ts";
import { InputError } from "../src/data/errors.ts";
import { stream } from "../src/data/random.ts";
import { compile } from "../src/engine/index.ts";
import { decodeFeatures } from "./mixture/decode.ts";
import { drawComponents, drawFeatures, drawPoses } from "./mixture/draw.ts";
import type { GeneratorPrior, MixturePrior } from "./prior.ts";
import { rootOf } from "./residual-root.ts";
import { perSignal } from "./signals.ts";

/** Signals that are made at a time. */
const BLOCK = 1000;

export interface LabelledSamples {
  /** [count, ...shape] */
  readonly signals: NdArray<Float32Array>;
  /** The condition of each signal, [count], where the prior has conditions; of a mixture the label of its component. */
  readonly labels?: NdArray<Int32Array>;
}

/**
 * `count` independent signals of a prior, [count, ...shape]: x = G(z, c) + r, with z, c and r drawn by its own laws; of a
 * mixture x = centre + Dv + r, with a component, v of it and r drawn.
 */
export const drawSamples = async (
  prior: GeneratorPrior | MixturePrior,
  count: number,
  seed: number,
): Promise<NdArray<Float32Array>> => (await drawLabelled(prior, count, seed)).signals;

/** The same prior without its residual: its draws are G(z, c) alone, or centre + Dv. */
export function withoutResidual(prior: GeneratorPrior | MixturePrior): GeneratorPrior | MixturePrior {
  const { residual, residualRoot: _, ...rest } = prior;
  if (rest.kind === "generator") return rest;
  const none = residual as MixturePrior["residual"];
  return { ...rest, residual: fromHost(new Float32Array(none.size), none.shape) };
}

/**
 * `drawSamples` with the label of each signal, if the prior has labels. Given a `label`, all signals have that one.
 * Errors (InputError): a label that never occurs.
 */
export async function drawLabelled(
  prior: GeneratorPrior | MixturePrior,
  count: number,
  seed: number,
  label?: number,
): Promise<LabelledSamples> {
  const probabilities = labelProbabilities(prior);
  if (label !== undefined) requireLabel(prior.name, probabilities, label);
  const { generator, z, c, labels } =
    prior.kind === "mixture" ? ofMixture(prior, count, seed, label) : ofGenerator(prior, count, seed, label);
  const signals = await decoded(generator, z, c, seed);
  return { signals, ...(labels && { labels: fromHost(labels, [count]) }) };
}

/** What signals are decoded from: latents [count, latent], and conditions where the generator takes them. */
interface Draws {
  readonly generator: GeneratorPrior;
  readonly z: Float32Array;
  readonly c?: Int32Array;
  readonly labels?: Int32Array;
}

function ofGenerator(generator: GeneratorPrior, count: number, seed: number, label?: number): Draws {
  const { latent, conditions } = generator;
  const z = stream(seed, "samples").fillNormal(new Float32Array(count * latent));
  if (!conditions) return { generator, z };
  const c =
    label === undefined
      ? drawComponents(conditions, stream(seed, "sample conditions"), count)
      : new Int32Array(count).fill(label);
  return { generator, z, c, labels: c };
}

/** Features v of components drawn by their weights, poses p, and the generator G(v, p) of `decodeFeatures`. */
function ofMixture(prior: MixturePrior, count: number, seed: number, label?: number): Draws {
  const { name, shape, weights, matrix, residual, residualRoot, labels, poses } = prior;
  const k = matrix.shape[1]!;
  const own = label === undefined ? weights : weights.map((w, j) => (labels![j] === label ? w : 0));
  const total = own.reduce((sum, w) => sum + w, 0);
  const ofLabel = { ...prior, weights: own.map((w) => w / total) };
  const { features, components } = drawFeatures(ofLabel, stream(seed, "samples"), count);
  const decode = (v: tf.Tensor, p?: tf.Tensor) => decodeFeatures(prior, v, p);
  const c = poses && drawPoses(poses, components, stream(seed, "sample poses"));
  const root = residualRoot && { residualRoot };
  const generator: GeneratorPrior = { kind: "generator", name, latent: k, shape, residual, ...root, decode };
  return { generator, z: features, ...(c && { c }), ...(labels && { labels: components.map((j) => labels[j]!) }) };
}

/** G(z, c) + r for every row of z, with r drawn. */
async function decoded(
  prior: GeneratorPrior,
  z: Float32Array,
  c: Int32Array | undefined,
  seed: number,
): Promise<NdArray<Float32Array>> {
  const { latent, shape, residual } = prior;
  const count = z.length / latent;
  const n = sizeOf(shape);
  const root = residual && (await rootOf(residual, prior.residualRoot));
  const factors = root ? [root.factor, ...(root.standardDeviations ? [root.standardDeviations] : [])] : [];
  const random = stream(seed, "sample residuals");
  const noise = factors.map(({ shape }) => random.fillNormal(new Float32Array(count * shape.at(-1)!)));

  const rows = Math.min(BLOCK, count);
  const from = (at: number) => ({
    z: fromHost(z.subarray(at * latent, (at + rows) * latent), [rows, latent]),
    c: c ? [fromHost(c.subarray(at, at + rows), [rows])] : [],
    noise: noise.map((e) => {
      const width = e.length / count;
      return fromHost(e.subarray(at * width, (at + rows) * width), [rows, width]);
    }),
    factors,
  });
  type Given = Record<"c" | "noise" | "factors", readonly tf.Tensor[]> & { readonly z: tf.Tensor };
  const make = await compile((draws: Given) => {
    const {
      noise: [e, own],
      factors: [u, s],
    } = draws; // r = Ue + s ⊙ e'
    const x = perSignal(prior.decode(draws.z, draws.c[0]));
    const withLow = e && u ? tf.add(x, tf.matMul(e, u, false, true)) : x;
    return own && s ? tf.add(withLow, tf.mul(own, s)) : withLow;
  }, from(0));
  const signals = new Float32Array(count * n);
  for (let block = 0; block < count; block += rows) {
    const at = Math.min(block, count - rows); // the last block overlaps: all have one size
    signals.set((await make.run(from(at))).data, at * n);
  }
  await make.dispose();
  return ndarray(signals, [count, ...shape]);
}

/** Probability of each label; undefined for a prior without labels. */
function labelProbabilities(prior: GeneratorPrior | MixturePrior): Float64Array | undefined {
  if (prior.kind === "generator") return prior.conditions;
  if (!prior.labels) return undefined;
  const probabilities = new Float64Array(1 + prior.labels.reduce((a, b) => Math.max(a, b), 0));
  for (const [j, label] of prior.labels.entries()) probabilities[label]! += prior.weights[j]!;
  return probabilities;
}

function requireLabel(name: string, probabilities: Float64Array | undefined, label: number): void {
  if (!probabilities) throw new InputError(`label: ${name} takes no labels; train it on a sketch made with --by-label`);
  if (probabilities[label]! > 0) return;
  const labels = [...probabilities.keys()].filter((c) => probabilities[c]! > 0);
  throw new InputError(`label: ${name} has the labels ${labels.join(", ")}, got ${label}`);
}
