import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../operators/operator.ts";
import type { GaussianPrior } from "../../priors/prior.ts";
import { contiguous, fromHost } from "../data/array.ts";
import { multiply } from "../data/matmul.ts";
import { transposedMatrix } from "./operator-matrix.ts";
import type { Recovery } from "./recovery.ts";
import { conditionalMeans, seenCovariance } from "./seen-covariance.ts";
import { checkedSignals } from "./signals.ts";

/**
 * Posterior mean of a Gaussian prior, the linear estimator of least mean squared error:
 * x̂ = μ + ΣΦᵀ S⁻¹ (y − Φμ), S = ΦΣΦᵀ + σ²I, in float64 (`seenCovariance` says what stands for σ where there is no noise).
 *
 * y: [batch, ...outShape], noise: σ, the standard deviation of each measurement. Pixels are not confined to [0, 1].
 * Errors: shapes that do not fit each other, measurements that are not finite.
 */
export async function recoverGaussian(
  operator: LinearOperator,
  prior: GaussianPrior,
  y: NdArray<Float32Array>,
  noise: number,
): Promise<Recovery> {
  const batch = checkedSignals("recovery with a Gaussian", operator, prior, y);
  const started = performance.now();
  const seen = await seenCovariance(operator, prior.covariance, noise);
  const seenMean = multiply(prior.mean, (await transposedMatrix(operator)).data, 1, seen.n, seen.m);
  const centred = Float64Array.from(contiguous(y), (v, i) => v - seenMean[i % seen.m]!);
  const estimate = Float32Array.from(conditionalMeans(seen, centred), (v, i) => v + prior.mean[i % seen.n]!);
  const seconds = (performance.now() - started) / 1000;
  return { estimate: fromHost(estimate, [batch, ...prior.shape]), code: "converged", steps: 1, history: [], seconds };
}
