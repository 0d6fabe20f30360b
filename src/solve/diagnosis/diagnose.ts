import type { Prior } from "../../../priors/prior.ts";
import type { Problem } from "../problem.ts";
import type { Recovery } from "../recovery.ts";
import { measurementWarnings } from "./measurements.ts";
import { misfitWarnings } from "./misfit.ts";

/** The recovery with what else speaks against it: what its solver does not know of. Signals that are not finite are left alone. */
export async function diagnosed(problem: Problem, prior: Prior, found: Recovery): Promise<Recovery> {
  const weighed = found.chosen.lambda !== undefined && !found.outcomes.includes("non-finite");
  const misfits = weighed ? await misfitWarnings(problem, prior, found.estimate) : [];
  const warnings = [...measurementWarnings(problem), ...found.warnings, ...misfits];
  return { ...found, warnings };
}
