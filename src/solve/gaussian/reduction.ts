import type { LinearOperator } from "../../../operators/operator.ts";
import { sizeOf } from "../../data/array.ts";
import { logDeterminant } from "../../data/cholesky.ts";
import { triangularise } from "../../data/householder.ts";
import { multiply, transpose } from "../../data/matmul.ts";
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

/** x given y and v is a mean plus N(0, residual); the mean depends on v through `matrix`. */
export interface Unexplained {
  readonly matrix: Float64Array;
  readonly residual: Float64Array;
}

export type Reduced = Awaited<ReturnType<typeof reduceMeasurements>>;

/** Measurements y − Φ·centre = ΦDv + (Φr + w), whitened and rotated so that only u = Bv + e depends on v. */
export async function reduceMeasurements(
  operator: LinearOperator,
  prior: Mixture,
  y: Float32Array,
  noise: NoiseModel,
  signal?: AbortSignal,
) {
  const { centre, matrix } = prior;
  const n = centre.size;
  const m = sizeOf(operator.outShape);
  const k = prior.means.shape[1]!;
  const batch = y.length / m;
  const { data: transposed } = await transposedMatrix(operator);
  const measuredCentre = multiply(centre.data, transposed, 1, n, m);
  const decoder = transpose(matrix.data, n, k); // rows of Dᵀ, [k, n]
  const measuredDecoder = await product(decoder, transposed, k, n, m); // rows of (ΦD)ᵀ, [k, m]
  const variances = featureVariances(prior);
  const energy = variances.reduce(
    (sum, v, a) => sum + v * squaredNorm(measuredDecoder.subarray(a * m, (a + 1) * m)),
    0,
  );
  const residual = await measurementCovariance(
    operator,
    prior.residual.data,
    noise,
    (NOISE_FLOOR * energy) / m,
    signal,
  );
  const { factor } = residual;

  const columns = new Float64Array((k + batch) * m);
  columns.set(measuredDecoder);
  for (let i = 0; i < y.length; i++) columns[k * m + i] = y[i]! - measuredCentre[i % m]!;
  const innovations = columns.slice(k * m);
  await solveLowerBlocked(factor, m, columns, signal);
  const whitened = columns.slice(0, k * m);
  const totals = Float64Array.from({ length: batch }, (_, i) =>
    squaredNorm(columns.subarray((k + i) * m, (k + i + 1) * m)),
  );
  if (m > k) triangularise(columns, m, k);
  const r = Math.min(m, k);
  const B = new Float64Array(r * k);
  for (let a = 0; a < k; a++) for (let q = 0; q < r; q++) B[q * k + a] = columns[a * m + q]!;
  const u = new Float64Array(batch * r);
  for (let i = 0; i < batch; i++) u.set(columns.subarray((k + i) * m, (k + i) * m + r), i * r);
  const volume = logDeterminant(factor, m) + m * Math.log(2 * Math.PI);
  const constants = totals.map((total, i) => -0.5 * (total - squaredNorm(u.subarray(i * r, (i + 1) * r)) + volume));
  const half = once(() => whitenedCross(residual, signal));
  /** D − CΦᵀR⁻¹ΦD [n, k]: how x depends on v when y is known. */
  const dependence = once(async () =>
    (await productTransposed(await half(), whitened, m)).map((v, at) => matrix.data[at]! - v),
  );
  return {
    ...{ r, B, u, constants, residual, decoder, volume },
    /** E‖y‖², without the correlations of v. */
    energy: energy + squaredNorm(factor) + squaredNorm(measuredCentre),
    /** y − Φ(centre + Dv) of features v [batch · count, k], `count` rows for every signal. */
    innovationsOf: async (features: Float64Array, count: number): Promise<Float64Array> => {
      const rows = features.length / k;
      const measured = await product(features, measuredDecoder, rows, k, m);
      return measured.map((v, at) => innovations[Math.floor(at / m / count) * m + (at % m)]! - v);
    },
    /** centre + Dv + CΦᵀR⁻¹(y − Φ(centre + Dv)) of features v [batch, k]. */
    signals: async (features: Float64Array): Promise<Float32Array> => {
      const measured = await product(features, measuredDecoder, batch, k, m);
      const known = await product(features, decoder, batch, k, n);
      const rest = await conditionalMeans(
        residual,
        innovations.map((v, at) => v - measured[at]!),
      );
      return Float32Array.from(known, (v, at) => v + rest[at]! + centre.data[at % n]!);
    },
    dependence,
    /** diag(C − CΦᵀR⁻¹ΦC), [n]. */
    variances: once(async () => conditionalVariances(residual, prior.residual.data, await half())),
    /** The full matrices D − CΦᵀR⁻¹ΦD and C − CΦᵀR⁻¹ΦC. */
    unexplained: once(async (): Promise<Unexplained> => {
      const determined = await productTransposed(await half(), await half(), m); // CΦᵀR⁻¹ΦC, [n, n]
      return { matrix: await dependence(), residual: determined.map((v, at) => prior.residual.data[at]! - v) };
    }),
  };
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
