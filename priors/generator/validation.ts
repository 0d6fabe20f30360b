import type * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import type { NetworkSpec, Weights } from "./network.ts";
import type { TrainSettings } from "./options.ts";
import { lossAt, outputs } from "./sketch-loss.ts";
import type { Target } from "./target.ts";

/** The unbiased loss at the frequencies held out, after a step, and the standard error of that estimate. */
export interface Validated {
  readonly step: number;
  readonly loss: number;
  readonly error: number;
}

/** An estimate is the mean over this many batches. */
const BATCHES = 10;

export interface Validator {
  validate(weights: Weights, step: number): Promise<Validated>;
  dispose(): Promise<void>;
}

/**
 * Compiles the loss at the held-out frequencies, with latents that training does not use. The latents are the same at every
 * validation, so their sampling noise, which is larger than what 50 steps gain, cancels between validations.
 */
export async function validator(
  network: NetworkSpec,
  held: Target,
  { batch, seed }: TrainSettings,
  weights: Weights,
): Promise<Validator> {
  const { latent } = network;
  const latents = Array.from({ length: BATCHES }, (_, i) =>
    fromHost(stream(seed, "validation latents", i).fillNormal(new Float32Array(batch * latent)), [batch, latent]),
  );
  const loss = (inputs: { weights: readonly tf.Tensor[]; z: tf.Tensor }) =>
    lossAt(held, outputs(network, inputs.weights, inputs.z), "unbiased");
  const compiled = await compile(loss, { weights, z: latents[0]! }, { name: "validation" });
  return {
    validate: async (weights, step) => {
      const losses: number[] = [];
      for (const z of latents) {
        const { data } = await compiled.run({ weights, z });
        losses.push(data[0]!);
      }
      const mean = losses.reduce((sum, v) => sum + v, 0) / BATCHES;
      const variance = losses.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (BATCHES - 1);
      return { step, loss: mean, error: Math.sqrt(variance / BATCHES) };
    },
    dispose: compiled.dispose,
  };
}

const lowestOf = (curve: readonly Validated[]): Validated =>
  curve.reduce((lowest, each) => (each.loss < lowest.loss ? each : lowest));

/** Whether the newest weights are the best so far. */
export const isBest = (curve: readonly Validated[]): boolean => lowestOf(curve) === curve.at(-1);

/**
 * Whether a curve says that training is done. Either the loss is below the sketch's own sampling floor by a standard error: going on
 * would fit the noise of the sketch. Or no new lowest loss came for `patience` steps.
 */
export function isSettled(curve: readonly Validated[], floor: number, patience: number): boolean {
  const last = curve.at(-1);
  if (!last) return false;
  return last.loss + last.error <= floor || last.step - lowestOf(curve).step >= patience;
}
