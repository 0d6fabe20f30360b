import { typicalGain } from "../../../operators/norms.ts";
import type { ForwardOperator } from "../../../operators/operator.ts";
import type { LambdaFacts } from "../../../priors/prior.ts";
import { contiguous, sizeOf } from "../../data/array.ts";
import { squaredNorm } from "../../data/vector.ts";
import type { Problem } from "../problem.ts";

const gains = new WeakMap<ForwardOperator, Promise<number>>();

/**
 * What default λ need to know of measurements y [batch, ...outShape]. The signals' amplitude a follows from
 * E‖y‖² = g²a²n + mσ², g the typical gain of Φ; measurements of noise alone are taken to have a of a tenth of √(E‖y‖²/g²n).
 */
export async function lambdaFacts({ operator, y, noise: { sigma } }: Problem): Promise<LambdaFacts> {
  const known = gains.get(operator) ?? typicalGain(operator);
  gains.set(operator, known);
  const gain = (await known) || 1; // an operator that measures nothing: any will do
  const energy = squaredNorm(contiguous(y) as Float32Array) / y.shape[0]!;
  const noise = sizeOf(operator.outShape) * sigma ** 2;
  const signal = Math.max(energy - noise, energy / 100) / (gain ** 2 * sizeOf(operator.inShape));
  return { sigma, gain, amplitude: Math.sqrt(signal) || 1 }; // silent measurements: any will do
}
