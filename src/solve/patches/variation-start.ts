import type { NdArray } from "ndarray";
import { tv } from "../../../priors/penalties/tv.ts";
import { primalDual } from "../penalised/solvers.ts";
import type { Problem } from "../problem.ts";
import type { SolveOptions } from "../solver.ts";

/** Part of the default λ. What noise is left goes in the first patch step; detail that is smoothed away does not come back. */
const PART = 1 / 16;
/** Compiled steps of 20 iterations. More change nothing after the patch steps. */
const STEPS = 5;

/**
 * The signals of a convolution that half-quadratic splitting begins with: those of little total variation, argmin_x −log p(y | Φx) + λ Σ|∇x|, roughly. A quadratic start rings at strong edges, and along the
 * border where the ends of an image meet; four patch steps do not undo that.
 */
export async function variationStart(
  problem: Problem,
  { signal, onProgress }: Pick<SolveOptions, "signal" | "onProgress">,
): Promise<NdArray<Float32Array>> {
  const prior = tv(problem.shape);
  const lambda = PART * (await primalDual.lambda!.default(problem, prior));
  const { estimate } = await primalDual.solve(problem, prior, {
    ...{ lambda, own: { steps: STEPS } },
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, task: "start" }) }),
  });
  return estimate;
}
