import type { NdArray } from "ndarray";
import { convolution } from "../../../operators/convolution.ts";
import { identity } from "../../../operators/identity.ts";
import type { Boundary } from "../../../operators/operator.ts";
import type { Prior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { squaredNorm } from "../../data/vector.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import { asMixture } from "../gaussian/as-mixture.ts";
import { mixturePosterior } from "../gaussian/mixture-posterior.ts";
import { takeRows } from "../rows.ts";
import type { Blurred } from "./joint-search.ts";

type Floats = NdArray<Float32Array>;
type Size = readonly [number, number];

/** σ to which the weights of a kernel count as known in p(k), as a part of the root mean square of all weights: kernels lie in a subspace (their sum is 1), where p(k) has no density. */
const KNOWN = 0.1;

/**
 * The likeliest of some kernels [kernels, rows, columns] of one y [1, h, w] = k ∗ x + w with Gaussian noise, both priors mixtures: that of the highest
 * log p(y | k) + log p(k), with x integrated out over the whole mixture of images. A short kernel with a double image can have a lower objective than the true pair, but few
 * images are double: this evidence sees that (Levin et al. 2009 on the likeliest pair and the likeliest kernel). Ends with the signal's reason.
 */
export async function likeliestStart(
  problem: Blurred,
  kernels: Floats,
  { image, kernel, boundary }: { readonly image: Prior; readonly kernel: Prior; readonly boundary: Boundary },
  signal?: AbortSignal,
): Promise<Floats> {
  const [count, ...kernelSize] = kernels.shape as [number, number, number];
  if (count === 1) return kernelAt(kernels, 0);
  const [inShape, watched] = [problem.y.shape.slice(1) as unknown as Size, signal && { signal }];
  const [images, blurs] = [await asMixture(image), await asMixture(kernel)];
  const known = gaussianNoise(KNOWN * Math.sqrt(squaredNorm(kernels.data) / kernels.size));
  const ofKernels = { operator: identity({ inShape: kernelSize }), y: kernels, noise: known };
  const { evidence: logs } = await mixturePosterior(ofKernels, blurs, { ...watched });
  for (let at = 0; at < count; at++) {
    const operator = convolution({ inShape, kernel: kernelAt(kernels, at), boundary });
    const { evidence } = await mixturePosterior({ ...problem, operator }, images, { ...watched });
    logs[at]! += evidence[0]!;
    if (Number.isNaN(logs[at]!)) logs[at] = Number.NEGATIVE_INFINITY; // a kernel of zeros
  }
  return kernelAt(kernels, logs.indexOf(logs.reduce((a, b) => Math.max(a, b))));
}

/** One kernel [rows, columns] of a batch. */
export function kernelAt(kernels: Floats, at: number): Floats {
  const shape = kernels.shape.slice(1);
  const { data } = takeRows(kernels, [at]);
  return fromHost(data.slice(0, sizeOf(shape)), shape);
}
