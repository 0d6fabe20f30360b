import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LinearOperator } from "../../../operators/operator.ts";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { rootOf } from "../../../priors/residual-root.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { cholesky, solveLower, solveLowerTransposed } from "../../data/cholesky.ts";
import { once } from "../../data/once.ts";
import { stream } from "../../data/random.ts";
import { dot } from "../../data/vector.ts";
import { product } from "../../engine/float64.ts";
import { compile } from "../../engine/index.ts";
import { drawRest } from "../gaussian/draw-posterior.ts";
import {
  conditionalVariances,
  type MeasurementCovariance,
  ofWhitened,
  whitenedCross,
} from "../gaussian/measurement-covariance.ts";
import { transposedMatrix } from "../operator-matrix.ts";
import { takeRows } from "../rows.ts";
import type { Marginals } from "../uncertainty/marginals.ts";
import { generate } from "./csgm.ts";
import type { WhitenedTerm } from "./data-term.ts";
import { decodedSlopes, type Laplace } from "./laplace.ts";
import type { Starts } from "./starts.ts";

/** Modes of a problem and what they weigh. */
export interface Modes {
  readonly prior: GeneratorPrior;
  readonly operator: LinearOperator;
  readonly y: NdArray<Float32Array>;
  readonly term: WhitenedTerm;
  readonly measurements: MeasurementCovariance;
  readonly found: Laplace;
  readonly starts: Starts;
  /** By evidence, 1 in sum over the restarts of a signal, [rows]. */
  readonly weights: Float64Array;
}

export interface LaplacePosterior {
  /** The posterior of every number of a signal. */
  marginals(signal: number): Promise<Marginals>;
  /** Draws, [batch, count, ...shape]. */
  draw(count: number, seed: number): Promise<NdArray<Float32Array>>;
}

/** Modes that weigh less are left out: without them a deviation changes by less than Laplace's approximation is off. */
const NEGLIGIBLE = 1e-4;

/** What is known around one mode. */
export interface Around {
  readonly row: number;
  /** F, Cholesky factor of H = I + JᵀJ, [latent, latent]; z | y is about N(ẑ, H⁻¹). */
  readonly factor: Float64Array;
  /** [n] */
  readonly mean: Float64Array;
  /** [n] */
  readonly variance: Float64Array;
  /** EF⁻ᵀ, [n, latent], whose square is E H⁻¹ Eᵀ. */
  readonly spread: Float64Array;
}

/** What marginals and draws need of it. */
type Known = Omit<Around, "row" | "spread">;

/**
 * Laplace's approximation of the posterior of x = G(z, c) + r, a mixture over the modes ẑ by their evidence. Around a mode
 *
 *     z ~ N(ẑ, H⁻¹), H = I + JᵀJ,   x = G(z, c) + CΦᵀS⁻¹(y − ΦG(z, c)) + N(0, C − CΦᵀS⁻¹ΦC),
 *
 * J the Jacobian of the whitened measurements. Marginals take G to be linear around ẑ, with the Jacobian K: the variance is
 * diag(E H⁻¹ Eᵀ) + diag(C − CΦᵀS⁻¹ΦC), E = K − CΦᵀS⁻¹ΦK. Draws decode the drawn z. Exact for G linear in z.
 */
export function laplacePosterior(modes: Modes): LaplacePosterior {
  const { starts, weights } = modes;
  const kept = likelyModes(modes);
  const around = once(async () => {
    const known = new Map<number, Known>();
    for await (const { row, factor, mean, variance } of aroundModes(modes, kept))
      known.set(row, { factor, mean, variance });
    return known;
  });
  const rowsOf = (signal: number) => kept.filter((row) => Math.floor(row / starts.perSignal) === signal);
  return {
    marginals: async (signal) => {
      const rows = rowsOf(signal);
      if (rows.length === 0) return [noPosterior(sizeOf(modes.prior.shape))];
      const total = rows.reduce((sum, row) => sum + weights[row]!, 0);
      const known = await around();
      return rows.map((row) => {
        const { mean, variance } = known.get(row)!;
        return { probability: weights[row]! / total, mean, variance };
      });
    },
    draw: async (count, seed) => drawLaplace(modes, await around(), rowsOf, count, seed),
  };
}

/** A signal for which every descent became non-finite. */
const noPosterior = (n: number) => ({
  probability: 1,
  mean: new Float64Array(n).fill(Number.NaN),
  variance: new Float64Array(n).fill(Number.NaN),
});

/** The rows of the modes that are not left out, in order. */
export const likelyModes = ({ weights }: Modes): number[] =>
  [...weights.keys()].filter((row) => weights[row]! > NEGLIGIBLE);

/** H, the mean and the variances around the modes of the given rows, one after the other. Each row costs 2 · latent decodes. */
export async function* aroundModes(
  { prior, term, measurements, found, starts }: Modes,
  rows: readonly number[],
): AsyncGenerator<Around> {
  const [k, n, m] = [prior.latent, sizeOf(prior.shape), measurements.m];
  const at = (row: number) => ({
    z: takeRows(found.z, [row]),
    c: fromHost(Int32Array.of(starts.c.data[row]!), [1]),
  });
  const differentiate = await compile(
    ({ z, c }: { z: tf.Tensor; c: tf.Tensor }) => {
      const slopes = decodedSlopes(prior, z, c);
      return { slopes: tf.reshape(slopes, [k, n]), measured: term.measured(slopes) };
    },
    at(rows[0] ?? 0),
  );
  const left = conditionalVariances(measurements, contiguous(prior.residual!), await whitenedCross(measurements));
  try {
    for (const row of rows) {
      const { slopes, measured } = await differentiate.run(at(row));
      const J = Float64Array.from(measured.data); // Jᵀ, [k, m]
      const h = new Float64Array(k * k);
      for (let a = 0; a < k; a++) {
        for (let b = 0; b <= a; b++) h[a * k + b] = dot(J, a * m, J, b * m, m) + Number(a === b);
      }
      const factor = cholesky(h, k);
      const explained = await ofWhitened(measurements, J);
      const E = new Float64Array(n * k);
      for (let a = 0; a < k; a++)
        for (let p = 0; p < n; p++) E[p * k + a] = slopes.data[a * n + p]! - explained[a * n + p]!;
      solveLower(factor, k, E);
      const rest = await ofWhitened(measurements, Float64Array.from(found.misfits.subarray(row * m, (row + 1) * m)));
      yield {
        ...{ row, factor, spread: E },
        mean: rest.map((v, p) => v + found.signals[row * n + p]!),
        variance: left.map((v, p) => v + dot(E, p * k, E, p * k, k)),
      };
    }
  } finally {
    await differentiate.dispose();
  }
}

async function drawLaplace(
  { prior, operator, y, measurements, found, starts, weights }: Modes,
  around: ReadonlyMap<number, Known>,
  rowsOf: (signal: number) => readonly number[],
  count: number,
  seed: number,
): Promise<NdArray<Float32Array>> {
  const [k, n, m] = [prior.latent, sizeOf(prior.shape), measurements.m];
  const batch = y.shape[0]!;
  const random = stream(seed, "latent posterior draws");
  const z = new Float32Array(batch * count * k);
  const c = new Int32Array(batch * count);
  for (let signal = 0; signal < batch; signal++) {
    const rows = rowsOf(signal);
    if (rows.length === 0) {
      z.fill(Number.NaN, signal * count * k, (signal + 1) * count * k);
      continue;
    }
    const own = Float64Array.from(rows, (row) => weights[row]!);
    const total = own.reduce((sum, v) => sum + v, 0);
    for (const [s, part] of drawComponents(
      own.map((v) => v / total),
      random,
      count,
    ).entries()) {
      const row = rows[part]!;
      const e = solveLowerTransposed(around.get(row)!.factor, k, random.fillNormal(new Float64Array(k)));
      const to = signal * count + s;
      z.set(
        e.map((v, a) => v + found.z.data[row * k + a]!),
        to * k,
      );
      c[to] = starts.c.data[row]!;
    }
  }
  const signals = await generate(prior, fromHost(z, [batch * count, k]), c);
  const { data: transposed } = await transposedMatrix(operator);
  const given = contiguous(y);
  const innovations = (await product(signals.data, transposed, batch * count, n, m)).map(
    (v, at) => given[Math.floor(at / m / count) * m + (at % m)]! - v,
  );
  const root = await rootOf(prior.residual!, prior.residualRoot);
  const rest = await drawRest(operator, measurements, root, innovations, random);
  return fromHost(
    Float32Array.from(rest, (v, at) => v + signals.data[at]!),
    [batch, count, ...prior.shape],
  );
}
