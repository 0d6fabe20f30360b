import { logGamma } from "../../src/data/log-gamma.ts";
import { transpose } from "../../src/data/matmul.ts";
import { choleskyBlocked, solveLowerBlocked, symmetricEigenPausing } from "../../src/engine/float64.ts";
import { LEAST } from "../../src/sketch/index.ts";
import { stationaryCovariance } from "./stationary.ts";

/** With so many samples for each number of an image, its covariance needs no help. */
const ENOUGH = 10;

/** Steps of κ: two for each doubling, from 1 to 100 times the samples. */
const STEP = Math.SQRT2;
const MOST = 100;

export interface ShrunkCovariance {
  /** [n, n] */
  readonly covariance: Float64Array;
  /** κ, how many samples the stationary part counts for. */
  readonly added: number;
}

/**
 * The covariance of images of which there are few, (N C + κT)/(N + κ), with C that of N samples and T its stationary part: for many samples the posterior mean of a covariance that is drawn
 * from an inverse Wishart law of scale κT and κ + n + 1 degrees of freedom. κ is that of most evidence, log p(samples | κ), which is known in closed form (Chen 1979). From ten samples a
 * number on κ = 0. The variance of rounding to 8 bits is added to each number. Ends with the signal's reason.
 */
export async function shrunkCovariance(
  covariance: Float64Array,
  count: number,
  shape: readonly number[],
  signal?: AbortSignal,
): Promise<ShrunkCovariance> {
  const n = Math.round(Math.sqrt(covariance.length));
  const raised = (matrix: Float64Array) => matrix.map((v, at) => (at % (n + 1) === 0 ? v + LEAST : v));
  if (count >= ENOUGH * n) return { covariance: raised(covariance), added: 0 };
  const stationary = raised(stationaryCovariance(covariance, shape));
  const added = mostEvident(await relativeEigenvalues(covariance, stationary, n, signal), count);
  const mixed = covariance.map((v, at) => (count * v + added * stationary[at]!) / (count + added));
  return { covariance: raised(mixed), added };
}

/** Eigenvalues of L⁻¹CL⁻ᵀ, T = LLᵀ. */
async function relativeEigenvalues(
  covariance: Float64Array,
  stationary: Float64Array,
  n: number,
  signal?: AbortSignal,
) {
  const factor = await choleskyBlocked(stationary, n, signal);
  const half = await solveLowerBlocked(factor, n, covariance.slice(), signal); // CL⁻ᵀ, for C is symmetric
  const relative = await solveLowerBlocked(factor, n, transpose(half, n, n), signal);
  return (await symmetricEigenPausing(relative, n, n, signal)).values;
}

/** κ of most evidence, for the eigenvalues of C relative to T. Of N samples with an unknown mean N − 1 tell of the covariance. */
function mostEvident(values: Float64Array, count: number): number {
  let [best, most] = [1, Number.NEGATIVE_INFINITY];
  for (let added = 1; added <= MOST * count; added *= STEP) {
    const evidence = logEvidence(values, count, added);
    if (evidence > most) [best, most] = [added, evidence];
  }
  return best;
}

/** log p(samples | κ) up to a constant: ½ν n log κ − ½(ν + N − 1) Σ log(κ + Nλ) + log Γ_n(½(ν + N − 1)) − log Γ_n(½ν), ν = κ + n + 1. */
function logEvidence(values: Float64Array, count: number, added: number): number {
  const n = values.length;
  const degrees = added + n + 1;
  const after = degrees + count - 1;
  let sum = 0.5 * degrees * n * Math.log(added);
  for (const [j, value] of values.entries()) {
    sum -= 0.5 * after * Math.log(added + count * Math.max(0, value));
    sum += logGamma((after - j) / 2) - logGamma((degrees - j) / 2);
  }
  return sum;
}
