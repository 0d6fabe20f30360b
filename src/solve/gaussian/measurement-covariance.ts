import type { LinearOperator } from "../../../operators/operator.ts";
import { sizeOf } from "../../data/array.ts";
import { solveLowerTransposed } from "../../data/cholesky.ts";
import { transpose } from "../../data/matmul.ts";
import { squaredNorm } from "../../data/vector.ts";
import { choleskyBlocked, product, solveLowerBlocked } from "../../engine/float64.ts";
import type { NoiseModel } from "../../measure/noise/noise.ts";
import { transposedMatrix } from "../operator-matrix.ts";
import type { Chosen } from "../recovery.ts";

/** Measurements of x ~ N(0, C), C [n, n], through a linear Φ with Gaussian noise: all that the posterior needs, except y. */
export interface MeasurementCovariance {
  readonly n: number;
  readonly m: number;
  /** L [m, m] with S = ΦCΦᵀ + diag(σᵢ²) = LLᵀ. */
  readonly factor: Float64Array;
  /** ΦC [m, n]. */
  readonly cross: Float64Array;
  /** Variance of the noise of every measurement as it is in S, [m]: raised to the floor if it was below it. */
  readonly variances: Float64Array;
  /** The variances as they were given, [m]. */
  readonly given: Float64Array;
}

/** Least noise variance, as a fraction of the mean variance tr(ΦCΦᵀ)/m of a measurement: a deviation of 1e-5 of a measurement's. */
export const NOISE_FLOOR = 1e-10;
/** The floors that are tried next if S is not definite: rounding to float32 makes C indefinite by about 1e-7 of its largest entry. */
const HIGHER_FLOORS = [1e-8, 1e-7, 1e-6, 1e-5];

/**
 * Factors S = ΦCΦᵀ + diag(σᵢ²) in float64; C is row-major.
 *
 * σᵢ² is at least 1e-10 tr(ΦCΦᵀ)/m, and at least `least`. Without noise, S is singular wherever Φ measures numbers that never vary
 * under C, such as black borders. Float32 measurements carry rounding errors of about 1e-6 of their size, which a singular S would blow
 * up. If the rounding of C itself leaves S indefinite, the floor is raised to at most 1e-5 of that mean.
 * Errors (RangeError): C is no covariance.
 */
export async function measurementCovariance(
  operator: LinearOperator,
  covariance: ArrayLike<number>,
  noise: NoiseModel,
  least = 0,
  signal?: AbortSignal,
): Promise<MeasurementCovariance> {
  const [n, m] = [sizeOf(operator.inShape), sizeOf(operator.outShape)];
  const { data: transposed } = await transposedMatrix(operator);
  const cross = await product(transpose(transposed, n, m), covariance, m, n, n);
  signal?.throwIfAborted();
  const inMeasurements = await product(cross, transposed, m, n, m);
  let trace = 0;
  for (let i = 0; i < m; i++) trace += inMeasurements[i * m + i]!;
  const sigmas = noise.gaussian?.sigmas;
  const given = Float64Array.from({ length: m }, (_, i) => (sigmas ? sigmas[i]! : noise.sigma) ** 2);
  for (const fraction of [NOISE_FLOOR, ...HIGHER_FLOORS]) {
    const floor = Math.max(least, (fraction * trace) / m);
    const variances = given.map((v) => Math.max(v, floor) || 1); // C = 0 without noise: any S will do
    const S = inMeasurements.map((v, at) => (at % (m + 1) === 0 ? v + variances[at / (m + 1)]! : v));
    try {
      return { n, m, factor: await choleskyBlocked(S, m, signal), cross, variances, given };
    } catch (error) {
      if (!(error instanceof RangeError) || fraction === HIGHER_FLOORS.at(-1)) throw error;
    }
  }
  throw new RangeError("measurement covariance: no factor"); // not reached
}

/** E[x | Φx + w = d] = CΦᵀS⁻¹d, x ~ N(0, C), for every row d of d [rows, m]: [rows, n]. */
export const conditionalMeans = async (of: MeasurementCovariance, d: Float64Array): Promise<Float64Array> =>
  ofWhitened(of, await solveLowerBlocked(of.factor, of.m, d.slice()));

/** The same conditional means, computed from L⁻¹d: CΦᵀL⁻ᵀ(L⁻¹d). */
export function ofWhitened(
  { n, m, factor, cross }: MeasurementCovariance,
  whitened: Float64Array,
): Promise<Float64Array> {
  const weights = solveLowerTransposed(factor, m, whitened.slice());
  return product(weights, cross, whitened.length / m, m, n);
}

/** Rows of (L⁻¹ΦC)ᵀ, [n, m]. */
export const whitenedCross = (
  { n, m, factor, cross }: MeasurementCovariance,
  signal?: AbortSignal,
): Promise<Float64Array> => solveLowerBlocked(factor, m, transpose(cross, m, n), signal);

/** Var[x | Φx + w] of every number, diag(C − CΦᵀS⁻¹ΦC), [n], from the rows of `whitenedCross`. */
export function conditionalVariances(
  of: MeasurementCovariance,
  covariance: ArrayLike<number>,
  rows: Float64Array,
): Float64Array {
  const { n, m } = of;
  return Float64Array.from({ length: n }, (_, p) =>
    Math.max(0, covariance[p * (n + 1)]! - squaredNorm(rows, p * m, m)),
  );
}

const rootMean = (variances: Float64Array): number =>
  Math.sqrt(variances.reduce((sum, v) => sum + v / variances.length, 0));

/** One σ for the noise of all measurements, the root mean square, and whether it was raised: for `chosen`. */
export function usedSigma({ variances, given }: MeasurementCovariance): Pick<Chosen, "sigma" | "raised"> {
  const [from, to] = [rootMean(given), rootMean(variances)];
  const measurements = variances.filter((v, i) => v > given[i]!).length;
  return { sigma: to, ...(measurements > 0 && { raised: { from, to, measurements } }) };
}
