import ndarray from "ndarray";
import { generatorPrior } from "../../../priors/generator/index.ts";
import { initialWeights, type NetworkSpec, type Weights } from "../../../priors/generator/network.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";

/** A network of relu layers without biases, weights N(0, 2/fan-in), the last layer N(0, 1/fan-in): G of the theory, k → hidden… → n. */
export function randomNetwork(latent: number, hidden: readonly number[], n: number, seed: number): GeneratorPrior {
  const network: NetworkSpec = { latent, hidden, activation: "relu", output: n, linear: false };
  return plainPrior(network, initialWeights(network, seed));
}

/** A network whose output is the signal itself. */
export function plainPrior(network: NetworkSpec, weights: Weights): GeneratorPrior {
  const filled = (value: number) => ndarray(new Float32Array(network.output).fill(value), [network.output]);
  const decoder = { centre: filled(0), scale: filled(1) };
  return generatorPrior("network", { network, weights, decoder, shape: [network.output] });
}
