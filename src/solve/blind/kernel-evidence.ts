import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import { identity } from "../../../operators/identity.ts";
import type { Boundary } from "../../../operators/operator.ts";
import type { Prior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { solveLower } from "../../data/cholesky.ts";
import { squaredNorm } from "../../data/vector.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import { asMixture } from "../gaussian/as-mixture.ts";
import { boxConstrainedMode } from "../gaussian/box-constrained-mode.ts";
import { type MixturePosterior, mixturePosterior } from "../gaussian/mixture-posterior.ts";
import { definite } from "./definite.ts";
import type { Blurred } from "./joint-search.ts";

type Floats = NdArray<Float32Array>;
type Size = readonly [number, number];

/**
 * σ to which the weights of a kernel count as known in p(k), as a part of the root mean square of the weights of all: kernels lie in a subspace (their sum is 1), where
 * p(k) has no density.
 */
const KNOWN = 0.1;

export interface EvidenceOptions {
  readonly boundary: Boundary;
  /** Count the range of images in: a second of a processor more for each kernel of images of 28 × 28. */
  readonly range: boolean;
}

/**
 * log p(y | k) + log p(k) of some kernels [kernels, rows, columns] of one y [1, h, w] = k ∗ x + w with Gaussian noise, both priors mixtures, up to a constant: x is
 * integrated out over the whole mixture. A short kernel with a double image can have a lower joint objective than the true pair, but few images are double, and this
 * evidence sees that (Levin et al. 2009 on the likeliest pair and the likeliest kernel).
 *
 * With `range` x is restricted to the range of the problem: p(x in the range | y, k)/p(x in the range) times p(y | k), of which the second is one constant and the first
 * is taken for exp(−d²/2), d the distance of the posterior from the range: min (x − x̄)ᵀP⁻¹(x − x̄) over the range, x̄ and P the moments of x given y and k
 * (`boxConstrainedMode`). Ends with the signal's reason.
 */
export async function kernelEvidence(
  problem: Blurred,
  kernels: Floats,
  { image, kernel }: { readonly image: Prior; readonly kernel: Prior },
  { boundary, range }: EvidenceOptions,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const [count, ...kernelSize] = kernels.shape as [number, number, number];
  const [inShape, watched] = [problem.y.shape.slice(1) as unknown as Size, signal && { signal }];
  const [images, blurs] = [await asMixture(image), await asMixture(kernel)];
  const known = gaussianNoise(KNOWN * Math.sqrt(squaredNorm(kernels.data) / kernels.size));
  const ofKernels = { operator: identity({ inShape: kernelSize }), y: kernels, noise: known };
  const { evidence } = await mixturePosterior(ofKernels, blurs, { ...watched });
  for (let at = 0; at < count; at++) {
    const operator = convolution({ inShape, kernel: kernelAt(kernels, at), boundary });
    const posterior = await mixturePosterior({ ...problem, operator }, images, { ...watched });
    evidence[at]! += posterior.evidence[0]!;
    if (range && problem.range) evidence[at]! -= (await squaredDistance(posterior, problem.range, signal)) / 2;
    if (Number.isNaN(evidence[at]!)) evidence[at] = Number.NEGATIVE_INFINITY; // a kernel of zeros
  }
  return evidence;
}

/** The numbers of kernels [kernels, rows, columns] in the order of `kernelEvidence`, the likeliest first. */
export async function byEvidence(...given: Parameters<typeof kernelEvidence>): Promise<number[]> {
  const count = given[1].shape[0]!;
  if (count === 1) return [0];
  const evidence = await kernelEvidence(...given);
  return Array.from({ length: count }, (_, at) => at).sort((a, b) => evidence[b]! - evidence[a]!);
}

/** d², the least (x − x̄)ᵀP⁻¹(x − x̄) of the range, x̄ and P the moments of the posterior of one signal. */
async function squaredDistance(
  posterior: MixturePosterior,
  range: NonNullable<Blurred["range"]>,
  signal?: AbortSignal,
): Promise<number> {
  const { estimate } = await boxConstrainedMode(posterior, range, signal);
  const n = estimate.size;
  const factor = await definite(await posterior.covariance(0), n, signal);
  const gap = Float64Array.from(estimate.data, (v, p) => v - posterior.mean.data[p]!);
  return squaredNorm(solveLower(factor, n, gap));
}

/** One kernel [rows, columns] of a batch. */
export function kernelAt(kernels: Floats, at: number): Floats {
  const shape = kernels.shape.slice(1);
  const l = sizeOf(shape);
  return fromHost(kernels.data.slice(at * l, (at + 1) * l), shape);
}
