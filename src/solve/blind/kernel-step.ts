import type { NdArray } from "ndarray";
import type { Continuation } from "../../../operators/operator.ts";
import type { Prior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { isMixture } from "../gaussian/as-mixture.ts";
import { type RecoverOptions, recover } from "../recover.ts";
import { kernelProblem } from "./kernel-problem.ts";
import { blursOf } from "./kernels.ts";

type Floats = NdArray<Float32Array>;

/** σ of a kernel's problem, as a multiple of the misfit of the kernel before: the image that it takes for true is not. */
const DOUBT = 2;

/** The kernel [rows, columns] of y = k ∗ x + w for the image x, [1, …] as y, by `recover` with the kernel's prior. */
export async function kernelStep(
  { image, y, kernel }: { readonly image: Floats; readonly y: Floats; readonly kernel: Floats },
  prior: Prior,
  { boundary, ...options }: Pick<RecoverOptions, "seed" | "signal"> & { readonly boundary: Continuation },
): Promise<Floats> {
  const [rows, columns] = kernel.shape as [number, number];
  const { operator, y: reduced, misfit } = kernelProblem(image, y, [rows, columns], boundary);
  const found = await recover({ operator, y: reduced, noise: DOUBT * misfit(kernel.data) }, prior, {
    ...options,
    ...(isMixture(prior) && { own: { coarsening: 0 } }), // l measurements stand for many more, and say much of the component
  });
  return fromHost(blursOf(found.estimate).data, kernel.shape);
}
