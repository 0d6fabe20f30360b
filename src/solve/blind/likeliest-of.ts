import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import { identity } from "../../../operators/identity.ts";
import type { Continuation } from "../../../operators/operator.ts";
import type { Prior } from "../../../priors/prior.ts";
import { squaredNorm } from "../../data/vector.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import { asMixture } from "../gaussian/as-mixture.ts";
import { mixturePosterior } from "../gaussian/mixture-posterior.ts";
import { flooredNoise } from "./floored-noise.ts";
import type { Blurred } from "./joint-search.ts";
import { kernelAt } from "./kernels.ts";

type Floats = NdArray<Float32Array>;
type Size = readonly [number, number];

/** σ_k of p(k), as a part of the root mean square of all weights that are compared. */
const KNOWN = 0.1;

/**
 * The likeliest of some kernels [kernels, rows, columns] of one y [1, h, w] = k ∗ x + w with Gaussian noise, both priors mixtures: that of the highest
 *
 *     log p(y | k) + log p(k + e),   e ~ N(0, σ_k²I).
 *
 * x is integrated out over the whole mixture of images, their range left aside. A short kernel with a double image can have a lower objective than the true pair, but few
 * images are double, and this evidence sees that (Levin et al. 2009 on the likeliest pair and the likeliest kernel). Kernels lie in a subspace, for their sum is 1, where
 * p(k) has no density: hence σ_k, a tenth of the root mean square of all weights given. The noise is that of `flooredNoise`. A kernel costs as much as a posterior mean, .4 s of a processor for
 * images of 28 × 28 and 60 covariances. Ends with the signal's reason.
 */
export async function likeliestOf(
  problem: Blurred,
  kernels: Floats,
  { image, kernel, boundary }: { readonly image: Prior; readonly kernel: Prior; readonly boundary: Continuation },
  signal?: AbortSignal,
): Promise<Floats> {
  signal?.throwIfAborted();
  const [count, ...kernelSize] = kernels.shape as [number, number, number];
  if (count === 1) return kernelAt(kernels, 0);
  const [inShape, watched] = [problem.y.shape.slice(1) as unknown as Size, signal && { signal }];
  const [images, blurs] = [await asMixture(image), await asMixture(kernel)];
  const known = gaussianNoise(KNOWN * Math.sqrt(squaredNorm(kernels.data) / kernels.size));
  const ofKernels = { operator: identity({ inShape: kernelSize }), y: kernels, noise: known };
  const { evidence: logs } = await mixturePosterior(ofKernels, blurs, { ...watched });
  const noise = flooredNoise(problem);
  for (let at = 0; at < count; at++) {
    const operator = convolution({ inShape, kernel: kernelAt(kernels, at), boundary });
    const { evidence } = await mixturePosterior({ ...problem, noise, operator }, images, { ...watched });
    logs[at]! += evidence[0]!;
  }
  return kernelAt(kernels, logs.indexOf(logs.reduce((a, b) => Math.max(a, b))));
}
