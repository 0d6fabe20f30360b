import type { Prior } from "../../../priors/prior.ts";
import type { Problem } from "../problem.ts";
import type { Solved } from "../recovery.ts";
import { measurementWarnings } from "./measurements.ts";
import { misfitWarnings } from "./misfit.ts";

/** The recovery with the warnings that no solver gives by itself. If a signal is not finite, the residual is not judged. */
export async function diagnosed(problem: Problem, prior: Prior, found: Solved): Promise<Solved> {
  const weighed = found.chosen.lambda !== undefined && !found.outcomes.includes("non-finite");
  const misfits = weighed ? await misfitWarnings(problem, prior, found.estimate) : [];
  const warnings = [...measurementWarnings(problem), ...found.warnings, ...misfits];
  return { ...found, warnings };
}
