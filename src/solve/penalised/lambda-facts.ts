import type { LambdaFacts } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import { median } from "../../data/vector.ts";
import type { Problem } from "../problem.ts";
import { rowEnergies } from "../rows.ts";
import { gainOf } from "./size.ts";

/**
 * What the rules for the default λ need to know about measurements y [batch, ...outShape]. The signals' amplitude a follows from
 * ‖y‖² = g²a²n + mσ². Here g is the typical gain of Φ, and ‖y‖² is the median of the batch. If y looks like noise alone, a is set to
 * 0.1·√(‖y‖²/(g²n)).
 */
export async function lambdaFacts({ operator, y, noise: { sigma } }: Problem): Promise<LambdaFacts> {
  const gain = await gainOf(operator);
  const energy = median(rowEnergies(y));
  const noise = sizeOf(operator.outShape) * sigma ** 2;
  const signal = Math.max(energy - noise, energy / 100) / (gain ** 2 * sizeOf(operator.inShape));
  return { sigma, gain, amplitude: Math.sqrt(signal) || 1 }; // silent measurements: any will do
}
