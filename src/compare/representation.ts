import type { NdArray } from "ndarray";
import { identity } from "../../operators/identity.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { clipped, type ValueRange } from "../data/range.ts";
import { gaussianNoise } from "../measure/noise/gaussian.ts";
import { csgm } from "../solve/index.ts";
import type { SolveOptions } from "../solve/solver.ts";
import { meanSquaredErrors } from "./metrics.ts";

export interface RepresentationOptions extends Pick<SolveOptions, "seed" | "signal" | "onProgress"> {
  /** Range of the signals, if it is known; G(z) is cut to it. */
  readonly range?: ValueRange;
}

/**
 * The representation error of a generator, min over z (and conditions c) of ‖x − G(z, c)‖²/n, of every signal of truth [batch, ...shape]: no
 * recovery that stays in the range of G is nearer, however much is measured (Bora et al. 2017). The minimum is searched by descent from
 * several starts (`csgm` with Φ = I, λ = 0), so what it finds may lie above it. The prior's residual is left aside.
 */
export async function representationErrors(
  prior: GeneratorPrior,
  truth: NdArray<Float32Array>,
  { range, ...options }: RepresentationOptions = {},
): Promise<Float64Array> {
  const problem = {
    operator: identity({ inShape: prior.shape }),
    y: truth,
    noise: gaussianNoise(0),
    ...(range && { range }),
  };
  const { estimate } = await csgm(problem, prior, { ...options, lambda: 0 });
  return meanSquaredErrors(truth, range ? clipped(estimate, range) : estimate);
}
