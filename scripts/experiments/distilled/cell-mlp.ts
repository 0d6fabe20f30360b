import * as tf from "#tf";
import { cellNetwork, groupCount } from "../../../priors/cell-linear/network.ts";
import { alignedRoots, matrixPower } from "../../../priors/cell-linear/roots.ts";
import { applyNetwork, initialWeights, type NetworkSpec } from "../../../priors/generator/network.ts";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import { entryOf } from "../../../priors/signals.ts";
import { fromHost } from "../../../src/data/array.ts";
import { multiply, multiplyTransposed } from "../../../src/data/matmul.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import type { DistilledNetwork, Kind } from "./kind.ts";
import { minimise } from "./minimise.ts";
import { deviations, scaledInput, turnedOutput } from "./units.ts";

/** Draws that measure what the fit leaves out. */
const MEASURED = 4096;

/**
 * v = μ_c + MLP(z, μ_c, label). The network learns zR_c, where R_c is the low-rank root of a cell (`alignedRoots`), by regression on
 * z ~ N(0, I) and components drawn by their probability. Errors are measured in units of the covariance that the roots leave out.
 */
export const cellMlp: Kind = {
  summary: "network of z, the mean of a cell of the mixture and its label",
  defaults: { latent: 40, hidden: [400, 400], steps: 1500, batch: 1000, learningRate: 3e-3 },

  fit: async (mixture, settings, watched) => {
    const network = { ...cellNetwork(mixture, settings.latent), hidden: settings.hidden };
    const { latent, features: k } = network;
    const { batch, seed, steps, learningRate } = settings;
    const { roots, rest, units: errorUnits } = alignedRoots(mixture, latent);
    const whiten = matrixPower(errorUnits, k, -0.5);
    const table = new Float32Array(roots.length * latent * k);
    for (const [c, root] of roots.entries()) table.set(multiply(root, whiten, latent, k, k), c * latent * k);
    const units = deviations(mixture);
    const inUnits = mixture.means.data.map((v, at) => v / units[at % k]!);

    const drawn = (count: number, name: string, index: number) => {
      const random = stream(seed, name, index);
      return [
        fromHost(random.fillNormal(new Float32Array(count * latent)), [count, latent]),
        fromHost(drawComponents(mixture.weights, random, count), [count]),
      ] as const;
    };
    const errors = (weights: readonly tf.Tensor[], [z, c]: readonly tf.Tensor[]) => {
      const root = tf.gather(tf.tensor3d(table, [roots.length, latent, k]), entryOf(network.cellOf, c!));
      const goal = tf.squeeze(tf.matMul(tf.expandDims(z!, 1), root), [1]);
      const middle = tf.gather(tf.tensor2d(inUnits, [inUnits.length / k, k]), c as tf.Tensor1D);
      return tf.sub(goal, deviation(network, weights, z!, middle, c!));
    };
    const fitted = await minimise(
      initialWeights(mlp(network), seed),
      (weights, draws) => tf.div(tf.sum(tf.square(errors(weights, draws))), batch * k),
      (index) => drawn(batch, "cell-mlp", index),
      { steps, learningRate, ...watched },
    );
    const measuring = { weights: [...fitted.weights], draws: drawn(MEASURED, "cell-mlp rest", 0) };
    const measure = await compile(
      ({ weights, draws }: { weights: readonly tf.Tensor[]; draws: readonly tf.Tensor[] }) => {
        const error = errors(weights, draws);
        return tf.div(tf.matMul(error, error, true, false), MEASURED);
      },
      measuring,
    );
    const { data: left } = await measure.run(measuring);
    await measure.dispose();
    const back = matrixPower(errorUnits, k, 0.5);
    const extra = multiplyTransposed(multiply(back, left, k, k, k), back, k);
    return {
      ...{ network, conditions: mixture.weights, history: fitted.history, code: fitted.code },
      weights: [mixture.means, ...scaledInput(turnedOutput(mlp(network), fitted.weights, back), latent, units)],
      rest: rest.map((v, i) => v + extra[i]!),
    };
  },

  features: (network, [means, ...weights], z, c) => {
    const middle = tf.reshape(tf.gather(means!, c as tf.Tensor1D), [-1, network.features]);
    return tf.add(middle, deviation(network, weights, z, middle, c));
  },
};

/** MLP(z, middle, label), [batch, k]. */
function deviation(
  network: DistilledNetwork,
  weights: readonly tf.Tensor[],
  z: tf.Tensor,
  middle: tf.Tensor,
  c: tf.Tensor,
): tf.Tensor {
  const label = groupCount(network) > 1 ? entryOf(network.groupOf, c) : undefined;
  return applyNetwork(mlp(network), weights, tf.concat([z, middle], 1), label);
}

function mlp(network: DistilledNetwork): NetworkSpec {
  const { latent, hidden, features } = network;
  const labels = groupCount(network);
  return {
    ...{ latent: latent + features, hidden, activation: "tanh", output: features, linear: false },
    ...(labels > 1 && { labels }),
  };
}
