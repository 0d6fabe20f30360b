import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import type { EndCode } from "../../src/engine/iterate.ts";
import type { Weights } from "../generator/network.ts";
import type { Watched } from "../kind.ts";
import type { MixtureModel } from "../mixture/model.ts";
import { constant } from "../signals.ts";
import { minimise } from "./minimise.ts";
import { type CellNetwork, cellNetwork } from "./network.ts";
import type { CellLinearSettings } from "./options.ts";
import { alignedRoots, matrixPower } from "./roots.ts";

/** Features v(z, c) fitted to those of a mixture. */
export interface Fitted {
  readonly network: CellNetwork;
  readonly weights: Weights;
  /** Probability of every condition. */
  readonly conditions: Float64Array;
  /** Covariance [k, k] of the mixture's features about v(z, c). */
  readonly rest: Float64Array;
  /** What was minimised, step by step. */
  readonly history: readonly number[];
  readonly code: EndCode;
}

/**
 * Fits v = μ_c + z(B_g(c) + W diag(γ_c) U): linear in z given the cell. B_g [latent, k] is the mean root of the group, W
 * [latent, H], γ [covariances, H] and U [H, k] minimise
 *
 *   Σ_c π_c ‖(R_c − B_g(c) − W diag(γ_c) U) E^{-1/2}‖²
 *
 * with the roots R_c of `alignedRoots` and E its `units`: errors count in units of what is left out anyway. (FiLM, Perez et al. 2018.)
 */
export async function fitCellLinear(
  mixture: MixtureModel,
  settings: CellLinearSettings,
  watched: Watched,
): Promise<Fitted> {
  const network = cellNetwork(mixture, settings.latent);
  const { latent: rank, features: k } = network;
  const width = settings.directions;
  const { roots, groups, means, weights, rest, units } = alignedRoots(mixture, rank);
  const gaps = roots.map((root, c) => root.map((v, i) => v - means[groups[c]!]![i]!));
  const whiten = matrixPower(units, k, -0.5);
  const target = rows(
    gaps.map((gap) => multiply(gap, whiten, rank, k, k)),
    [roots.length, rank, k],
  );
  const importance = fromHost(Float32Array.from(weights), [roots.length, 1, 1]);
  const scale = rootMeanSquare(target.data, weights);
  const draw = (name: string, shape: [number, number], standardDeviation: number) => {
    const values = stream(settings.seed, "cell-linear", name).fillNormal(new Float32Array(shape[0] * shape[1]));
    return fromHost(
      values.map((v) => v * standardDeviation),
      shape,
    );
  };
  const start = [
    draw("directions", [rank, width], 1),
    draw("cells", [roots.length, width], 1),
    draw("features", [width, k], scale / Math.sqrt(width)),
  ];
  const objective = ([w, gamma, u]: readonly tf.Tensor[]) => {
    const mixed = tf.mul(tf.expandDims(gamma!, 1), tf.expandDims(w!, 0)); // W diag(γ_c), [covariances, rank, H]
    const made = tf.matMul(tf.reshape(mixed, [-1, width]) as tf.Tensor2D, u as tf.Tensor2D);
    const squares = tf.square(tf.sub(tf.reshape(made, target.shape as [number, number, number]), constant(target)));
    return tf.div(tf.sum(tf.mul(constant(importance), squares)), k);
  };
  const { steps, learningRate } = settings;
  const fitted = await minimise(start, objective, { steps, learningRate, ...watched });
  const [w, gamma, u] = fitted.weights as [typeof importance, typeof importance, typeof importance];
  const features = multiply(u.data, matrixPower(units, k, 0.5), width, k, k);
  for (const [c, gap] of gaps.entries()) {
    const mixed = w.data.map((v, at) => v * gamma.data[c * width + (at % width)]!);
    const made = multiply(mixed, features, rank, width, k);
    const error = transpose(
      gap.map((v, i) => v - made[i]!),
      rank,
      k,
    );
    const extra = multiplyTransposed(error, error, rank);
    for (let i = 0; i < rest.length; i++) rest[i]! += weights[c]! * extra[i]!;
  }
  return {
    ...{ network, conditions: mixture.weights, rest, history: fitted.history, code: fitted.code },
    weights: [mixture.means, rows(means, [means.length * rank, k]), w, gamma, rows([features], [width, k])],
  };
}

const rows = (parts: readonly Float64Array[], shape: number[]) => {
  const data = new Float32Array(parts.length * parts[0]!.length);
  for (const [i, part] of parts.entries()) data.set(part, i * part.length);
  return fromHost(data, shape);
};

/** √ of the mean square of a row of arrays, one a weight. */
function rootMeanSquare(values: Float32Array, weights: Float64Array): number {
  const size = values.length / weights.length;
  let sum = 0;
  for (const [i, v] of values.entries()) sum += (weights[Math.floor(i / size)]! * v * v) / size;
  return Math.sqrt(sum);
}
