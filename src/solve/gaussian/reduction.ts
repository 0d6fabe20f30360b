import type { LinearOperator } from "../../../operators/operator.ts";
import { type Chart, chartsOf, sharesOf } from "../../../priors/mixture/charts.ts";
import { sizeOf } from "../../data/array.ts";
import { logDeterminant } from "../../data/cholesky.ts";
import { triangularise } from "../../data/householder.ts";
import { multiply } from "../../data/matmul.ts";
import { once } from "../../data/once.ts";
import { squaredNorm } from "../../data/vector.ts";
import { product, productTransposed, solveLowerBlocked } from "../../engine/float64.ts";
import type { NoiseModel } from "../../measure/noise/noise.ts";
import { transposedMatrix } from "../operator-matrix.ts";
import type { Mixture } from "./as-mixture.ts";
import {
  conditionalMeans,
  conditionalVariances,
  measurementCovariance,
  NOISE_FLOOR,
  whitenedCross,
} from "./measurement-covariance.ts";

export type Reduced = Awaited<ReturnType<typeof reduceMeasurements>>;

/** Measurements through one chart, whitened and rotated so that only u = Bv + e, e ~ N(0, I), depends on v. */
export interface ReducedChart {
  /** B [r, k], r = min(m, k). */
  readonly B: Float64Array;
  /** u of every signal, [batch, r]. */
  readonly u: Float64Array;
  /** log p(y) − log p(u) of every signal, [batch]. */
  readonly constants: Float64Array;
}

/**
 * Measurements y = Φ(centre + Dv) + (Φr + w) of a mixture: R = ΦCΦᵀ + W is factored once for all charts, and whitens y. Given y and v,
 * x is a mean plus a Gaussian of the same covariance for all.
 */
export async function reduceMeasurements(
  operator: LinearOperator,
  prior: Mixture,
  y: Float32Array,
  noise: NoiseModel,
  signal?: AbortSignal,
) {
  const charts = chartsOf(prior);
  const n = prior.centre.size;
  const m = sizeOf(operator.outShape);
  const k = prior.means.shape[1]!;
  const r = Math.min(m, k);
  const batch = y.length / m;
  const { data: transposed } = await transposedMatrix(operator);
  const seen: Measured[] = [];
  for (const { centre, decoder } of charts) {
    seen.push({
      centre: multiply(centre, transposed, 1, n, m),
      decoder: await product(decoder, transposed, k, n, m),
    });
  }
  const shares = sharesOf(prior);
  const variances = featureVariances(prior);
  let energy = 0; // of the features
  for (const [p, { decoder }] of seen.entries()) {
    for (const [a, v] of variances.entries()) energy += shares[p]! * v * squaredNorm(decoder, a * m, m);
  }
  const residual = await measurementCovariance(
    operator,
    prior.residual.data,
    noise,
    (NOISE_FLOOR * energy) / m,
    signal,
  );
  const { factor } = residual;
  const volume = logDeterminant(factor, m) + m * Math.log(2 * Math.PI);
  const half = once(() => whitenedCross(residual, signal));

  /** L⁻¹(ΦD) of every chart as rows [k, m], as they were before the rotation. */
  const whitened = await Promise.all(seen.map(({ decoder }) => solveLowerBlocked(factor, m, decoder.slice(), signal)));
  const reduce = async (p: number, rows: Float32Array | Float64Array): Promise<ReducedChart> => {
    const count = rows.length / m;
    const { centre } = seen[p]!;
    const gaps = Float64Array.from(rows, (v, at) => v - centre[at % m]!);
    await solveLowerBlocked(factor, m, gaps, signal);
    const columns = new Float64Array((k + count) * m);
    columns.set(whitened[p]!);
    columns.set(gaps, k * m);
    if (m > k) triangularise(columns, m, k);
    const B = new Float64Array(r * k);
    for (let a = 0; a < k; a++) for (let q = 0; q < r; q++) B[q * k + a] = columns[a * m + q]!;
    const u = new Float64Array(count * r);
    for (let i = 0; i < count; i++) u.set(columns.subarray((k + i) * m, (k + i) * m + r), i * r);
    const constants = Float64Array.from(
      { length: count },
      (_, i) => -0.5 * (squaredNorm(gaps, i * m, m) - squaredNorm(u, i * r, r) + volume),
    );
    return { B, u, constants };
  };
  const reduceAll = async (rows: Float32Array | Float64Array): Promise<ReducedChart[]> => {
    const all: ReducedChart[] = [];
    for (const p of seen.keys()) {
      all.push(await reduce(p, rows));
      signal?.throwIfAborted();
    }
    return all;
  };
  const dependences = charts.map(({ decoder }, p) =>
    once(async () => {
      const known = await productTransposed(await half(), whitened[p]!, m);
      return known.map((v, at) => decoder[(at % k) * n + Math.floor(at / k)]! - v);
    }),
  );
  const through = { charts, seen, n, m, k };
  return {
    ...{ r, residual, volume, charts: await reduceAll(y) },
    /** The same for other measurements [count, m]. */
    reduce: reduceAll,
    /** E‖y‖², without the correlations of v. */
    energy:
      energy + squaredNorm(factor) + seen.reduce((sum, { centre }, p) => sum + shares[p]! * squaredNorm(centre), 0),
    /** x̄ = Σ_p (w_p centre_p + D_p v_p) of rows of weighed features, `count` rows for every signal, and y − Φx̄. */
    known: async (weighed: readonly Weighed[], count: number) => {
      const { known, measured } = await decoded(weighed, batch * count, through);
      return { known, innovations: measured.map((v, at) => y[Math.floor(at / m / count) * m + (at % m)]! - v) };
    },
    /** Φx̄ of the same, for any number of rows. */
    measured: async (weighed: readonly Weighed[], rows: number) => (await decoded(weighed, rows, through)).measured,
    /** E[x | y, v = 0] of signal i in chart p, [n]: centre + CΦᵀR⁻¹(y − Φ·centre). */
    origin: async (i: number, p: number): Promise<Float64Array> => {
      const { centre } = seen[p]!;
      const gap = Float64Array.from(y.subarray(i * m, (i + 1) * m), (v, q) => v - centre[q]!);
      const moved = await conditionalMeans(residual, gap);
      return moved.map((v, at) => v + charts[p]!.centre[at]!);
    },
    /** E = D − CΦᵀR⁻¹ΦD of chart p, [n, k]: how x depends on v when y is known. */
    dependence: (p: number) => dependences[p]!(),
    /** diag(C − CΦᵀR⁻¹ΦC), [n]. */
    variances: once(async () => conditionalVariances(residual, prior.residual.data, await half())),
    /** C − CΦᵀR⁻¹ΦC [n, n], the covariance of x given y and v. */
    unexplained: once(async (): Promise<Float64Array> => {
      const determined = await productTransposed(await half(), await half(), m); // CΦᵀR⁻¹ΦC, [n, n]
      return determined.map((v, at) => prior.residual.data[at]! - v);
    }),
  };
}

/** A chart through Φ: Φ·centre [m] and rows of (ΦD)ᵀ [k, m]. */
type Measured = Chart;

/** Features of some rows in one chart, times the rows' weights: [rows, k] and [rows]. */
export interface Weighed {
  readonly chart: number;
  readonly features: Float64Array;
  readonly weights: Float64Array;
}

interface Through {
  readonly charts: readonly Chart[];
  readonly seen: readonly Measured[];
  readonly n: number;
  readonly m: number;
  readonly k: number;
}

/** Σ_p (w_p centre_p + D_p v_p) of every row, [rows, n], and through Φ, [rows, m]. */
async function decoded(weighed: readonly Weighed[], rows: number, { charts, seen, n, m, k }: Through) {
  const sum = async (width: number, maps: readonly Chart[]): Promise<Float64Array> => {
    const out = new Float64Array(rows * width);
    for (const { chart, features, weights } of weighed) {
      const { centre, decoder } = maps[chart]!;
      const own = await product(features, decoder, rows, k, width);
      for (let at = 0; at < out.length; at++) {
        out[at]! += own[at]! + weights[Math.floor(at / width)]! * centre[at % width]!;
      }
    }
    return out;
  };
  return { known: await sum(n, charts), measured: await sum(m, seen) };
}

/** E vᵢ² of every feature, [k]. */
function featureVariances({ weights, means, covarianceOf, factors }: Mixture): Float64Array {
  const k = means.shape[1]!;
  const out = new Float64Array(k);
  for (const [j, weight] of weights.entries()) {
    for (let a = 0; a < k; a++) {
      const row = (covarianceOf[j]! * k + a) * k;
      out[a]! += weight * (means.data[j * k + a]! ** 2 + squaredNorm(factors.data.subarray(row, row + k)));
    }
  }
  return out;
}
