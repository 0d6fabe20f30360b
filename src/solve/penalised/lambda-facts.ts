import { typicalGain } from "../../../operators/norms.ts";
import type { ForwardOperator } from "../../../operators/operator.ts";
import type { LambdaFacts } from "../../../priors/prior.ts";
import { sizeOf } from "../../data/array.ts";
import { median } from "../../data/vector.ts";
import type { Problem } from "../problem.ts";
import { rowEnergies } from "../rows.ts";

const gains = new WeakMap<ForwardOperator, Promise<number>>();

/**
 * What the rules for the default λ need to know about measurements y [batch, ...outShape]. The signals' amplitude a follows from
 * ‖y‖² = g²a²n + mσ². Here g is the typical gain of Φ, and ‖y‖² is the median of the batch. If y looks like noise alone, a is set to
 * 0.1·√(‖y‖²/(g²n)).
 */
export async function lambdaFacts({ operator, y, noise: { sigma } }: Problem): Promise<LambdaFacts> {
  const known = gains.get(operator) ?? typicalGain(operator);
  gains.set(operator, known);
  const gain = (await known) || 1; // an operator that measures nothing: any will do
  const energy = median(rowEnergies(y));
  const noise = sizeOf(operator.outShape) * sigma ** 2;
  const signal = Math.max(energy - noise, energy / 100) / (gain ** 2 * sizeOf(operator.inShape));
  return { sigma, gain, amplitude: Math.sqrt(signal) || 1 }; // silent measurements: any will do
}
