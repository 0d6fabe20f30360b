import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { cholesky, logDeterminant, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { dot, squaredNorm } from "../../data/vector.ts";
import { compile } from "../../engine/index.ts";
import { chunksOf } from "../chunks.ts";
import { repeatRows, takeRows } from "../rows.ts";
import type { WhitenedTerm } from "./data-term.ts";
import { decodeRows } from "./descent.ts";
import type { Starts } from "./starts.ts";

/** A point and what the posterior is like around it, one row a restart. */
export interface Laplace {
  /** [rows, latent] */
  readonly z: NdArray<Float32Array>;
  /** G(z, c), [rows, n]. */
  readonly signals: Float32Array;
  /** target − W G(z, c), [rows, m]. */
  readonly misfits: Float32Array;
  /** log of the evidence of the mode at z, [rows], up to one constant for all; −∞ where G is not finite around z. */
  readonly logEvidence: Float64Array;
  /** By which fraction of the objective z is above its mode, as far as second order tells, [rows]. */
  readonly above: Float64Array;
}

/** Half the distance of the differences that give the Jacobian, in latent units. Rounding and curvature both err by about 1e-5 there. */
const STEP = 0.02;
/** Most numbers, over all signals, in one compiled run of the Jacobian. */
const CHUNK_NUMBERS = 2 ** 22;

/**
 * One Gauss–Newton step from z for ‖t − W G(z, c)‖² + ‖z‖², kept if that falls, and Laplace's evidence at the end:
 *
 *     log e = −½(‖t − W G‖² + ‖z‖²) − ½ log det(I + JᵀJ) + log π_c
 *
 * with J [m, latent] the Jacobian of W∘G at the z given. For G linear in z both are exact. J is W of the central differences of G, in
 * float32 with the step 0.02: 2 · latent decodes a row.
 *
 * The step promises the fall δ = gᵀ(I + JᵀJ)⁻¹g, with −2g the gradient. `above` is δ over the objective if the step was not taken, and
 * otherwise what the fall differs from δ, which is of the size of the next step's δ.
 */
export async function laplace(
  prior: GeneratorPrior,
  term: WhitenedTerm,
  { z, c, perSignal }: Starts,
): Promise<Laplace> {
  const [rows = 0, k = 0] = z.shape;
  const [n, m] = [sizeOf(prior.shape), term.target.shape[1]!];
  const target = repeatRows(term.target, perSignal);
  const chunks = chunksOf(rows, CHUNK_NUMBERS / (2 * k * n));
  const taken = (at: readonly number[]) => ({
    z: takeRows(z, at),
    target: takeRows(target, at),
    c: conditionsAt(c, at),
  });
  const look = await compile(evaluation(prior, term, n), taken(chunks[0]!.at));
  const differentiate = await compile(jacobian(prior, term, k, m), taken(chunks[0]!.at));
  const out = {
    z: z.data.slice(0, rows * k),
    signals: new Float32Array(rows * n),
    misfits: new Float32Array(rows * m),
    logEvidence: new Float64Array(rows),
    above: new Float64Array(rows),
  };
  for (const { first, count, at } of chunks) {
    const here = taken(at);
    const before = await look.run(here);
    const { data: slopes } = await differentiate.run(here);
    const moved = new Float32Array(at.length * k);
    const steps: (GaussNewton | undefined)[] = [];
    for (let i = 0; i < at.length; i++) {
      const step = gaussNewton(
        slopes.subarray(i * k * m, (i + 1) * k * m),
        before.misfit.data.subarray(i * m, (i + 1) * m),
        here.z.data.subarray(i * k, (i + 1) * k),
      );
      moved.set(step?.z ?? here.z.data.subarray(i * k, (i + 1) * k), i * k);
      steps.push(step);
    }
    const ahead = { ...here, z: fromHost(moved, [at.length, k]) };
    const after = await look.run(ahead);
    for (let i = 0; i < count; i++) {
      const costs = [before, after].map(
        ({ misfit }, which) => energy(misfit.data, i, m) + energy(which === 0 ? here.z.data : moved, i, k),
      );
      const down = costs[1]! < costs[0]!;
      const { signals, misfit } = down ? after : before;
      const row = first + i;
      if (down) out.z.set(moved.subarray(i * k, (i + 1) * k), row * k);
      out.signals.set(signals.data.subarray(i * n, (i + 1) * n), row * n);
      out.misfits.set(misfit.data.subarray(i * m, (i + 1) * m), row * m);
      const log = prior.conditions ? Math.log(prior.conditions[c.data[row]!]!) : 0;
      const step = steps[i];
      out.logEvidence[row] = step ? log - (costs[down ? 1 : 0]! + step.logDeterminant) / 2 : Number.NEGATIVE_INFINITY;
      out.above[row] = step
        ? Math.abs(step.promised - (down ? costs[0]! - costs[1]! : 0)) /
          Math.max(costs[down ? 1 : 0]!, Number.MIN_VALUE)
        : Number.POSITIVE_INFINITY;
    }
  }
  await Promise.all([look.dispose(), differentiate.dispose()]);
  return { ...out, z: fromHost(out.z, [rows, k]) };
}

/** Most rows of one compiled run of `modesAt`. */
const CHUNK_ROWS = 4096;

/** The signals and misfits of modes whose evidence is known. */
export async function modesAt(
  prior: GeneratorPrior,
  term: WhitenedTerm,
  { z, c, perSignal }: Starts,
  logEvidence: Float64Array,
): Promise<Laplace> {
  const [rows, [n, m]] = [z.shape[0]!, [sizeOf(prior.shape), term.target.shape[1]!]];
  const target = repeatRows(term.target, perSignal);
  const chunks = chunksOf(rows, CHUNK_ROWS);
  const taken = (at: readonly number[]) => ({
    z: takeRows(z, at),
    target: takeRows(target, at),
    c: conditionsAt(c, at),
  });
  const look = await compile(evaluation(prior, term, n), taken(chunks[0]!.at));
  const out = { signals: new Float32Array(rows * n), misfits: new Float32Array(rows * m) };
  for (const { first, count, at } of chunks) {
    const { signals, misfit } = await look.run(taken(at));
    out.signals.set(signals.data.subarray(0, count * n), first * n);
    out.misfits.set(misfit.data.subarray(0, count * m), first * m);
  }
  await look.dispose();
  return { ...out, z, logEvidence, above: new Float64Array(rows) };
}

type Rows = { z: tf.Tensor; target: tf.Tensor; c: tf.Tensor };

const evaluation =
  (prior: GeneratorPrior, { measured }: WhitenedTerm, n: number) =>
  ({ z, target, c }: Rows) => {
    const signals = decodeRows(prior, z, c);
    return { signals: tf.reshape(signals, [-1, n]), misfit: tf.sub(target, measured(signals)) };
  };

/** Jᵀ of every row, [rows, latent, m]. */
const jacobian =
  (prior: GeneratorPrior, { measured }: WhitenedTerm, k: number, m: number) =>
  ({ z, c }: Rows) =>
    tf.reshape(measured(decodedSlopes(prior, z, c)), [z.shape[0]!, k, m]);

/** ∂G/∂z of every row by central differences, [rows · latent, ...shape]. */
export function decodedSlopes(prior: GeneratorPrior, z: tf.Tensor, c: tf.Tensor): tf.Tensor {
  const [rows, k] = z.shape as [number, number];
  const directions = tf.mul(STEP, tf.eye(k));
  const each = tf.reshape(tf.tile(tf.expandDims(c, 1), [1, k]), [-1]);
  const decoded = (sign: 1 | -1) =>
    decodeRows(prior, tf.reshape(tf.add(tf.expandDims(z, 1), tf.mul(sign, directions)), [-1, k]), each);
  const slopes = tf.div(tf.sub(decoded(1), decoded(-1)), 2 * STEP);
  return tf.reshape(slopes, [rows * k, ...prior.shape]);
}

interface GaussNewton {
  readonly z: Float64Array;
  readonly logDeterminant: number;
  /** By how much the objective falls if G is linear. */
  readonly promised: number;
}

/** z + H⁻¹g with g = Jᵀ misfit − z, log det H and gᵀH⁻¹g, H = I + JᵀJ, in float64; Jᵀ [k, m]. Undefined if J or the misfit is not finite. */
function gaussNewton(slopes: Float32Array, misfit: Float32Array, z: Float32Array): GaussNewton | undefined {
  if (!slopes.every(Number.isFinite) || !misfit.every(Number.isFinite)) return undefined;
  const [k, m] = [z.length, misfit.length];
  const h = new Float64Array(k * k);
  const gradient = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) h[i * k + j] = dot(slopes, i * m, slopes, j * m, m) + Number(i === j);
    gradient[i] = dot(slopes, i * m, misfit, 0, m) - z[i]!;
  }
  const factor = cholesky(h, k);
  const half = solveLower(factor, k, gradient);
  const promised = squaredNorm(half);
  const step = solveLowerTransposed(factor, k, half);
  return { z: step.map((v, i) => v + z[i]!), logDeterminant: logDeterminant(factor, k), promised };
}

const energy = (values: Float32Array, row: number, width: number): number => squaredNorm(values, row * width, width);

const conditionsAt = (c: NdArray<Int32Array>, rows: readonly number[]): NdArray<Int32Array> =>
  fromHost(
    Int32Array.from(rows, (row) => c.data[row]!),
    [rows.length],
  );
