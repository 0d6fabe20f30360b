import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { adamUpdate } from "../../src/engine/adam.ts";
import { TINY } from "../../src/engine/tiny.ts";
import { perSignal, spread } from "../signals.ts";
import { type ModelTensors, type RegulariserModel, regularise, slope } from "./model.ts";
import type { RegulariserSettings } from "./options.ts";

/** What is learned: filters v [side, side, channels, filters], and a [filters]. */
export type Parameters<T> = { readonly v: T; readonly a: T };

/** What Adam carries from step to step: the parameters and their moments. */
export type TrainState<T> = {
  readonly parameters: Parameters<T>;
  readonly first: Parameters<T>;
  readonly second: Parameters<T>;
};

/** Root mean square response of a filter to the errors of naive reconstructions, if they were white, and logarithm of a weight, before the first step. */
const [RESPONSE, WEIGHT] = [2, -3];

/** Normal filters and small weights. */
export function initialState(
  { side, filters, seed }: RegulariserSettings,
  channels: number,
): TrainState<NdArray<Float32Array>> {
  const shape = [side, side, channels, filters];
  const v = stream(seed, "regulariser filters").fillNormal(new Float32Array(side ** 2 * channels * filters));
  const zeros = () => ({
    v: fromHost(new Float32Array(v.length), shape),
    a: fromHost(new Float32Array(filters), [filters]),
  });
  const scale = RESPONSE / Math.sqrt(side ** 2 * channels);
  const parameters = {
    v: fromHost(
      v.map((w) => scale * w),
      shape,
    ),
    a: fromHost(new Float32Array(filters).fill(WEIGHT), [filters]),
  };
  return { parameters, first: zeros(), second: zeros() };
}

/** w_c = (v_c − its mean)/e and b_c = e log(1 + exp a_c), e the root mean square error of naive reconstructions: so v and a have no units, and flat images have Ψ = 0. */
export function modelTensors({ v, a }: Parameters<tf.Tensor>, error: number): ModelTensors {
  const filters = tf.div(tf.sub(v, tf.mean(v, [0, 1, 2], true)), error);
  return { filters, weights: tf.mul(error, tf.softplus(a)) };
}

/** The model of parameters, on the host. */
export function modelOf({ v, a }: Parameters<NdArray<Float32Array>>, error: number): RegulariserModel {
  const count = a.size;
  const means = new Float64Array(count);
  for (const [at, value] of v.data.entries()) means[at % count]! += (value * count) / v.size;
  return {
    filters: fromHost(
      v.data.map((value, at) => (value - means[at % count]!) / error),
      v.shape,
    ),
    weights: fromHost(
      a.data.map((value) => error * Math.log1p(Math.exp(value))),
      a.shape,
    ),
  };
}

/** `Crops` (pairs.ts) in a graph. */
type CropTensors = { readonly truth: tf.Tensor; readonly naive: tf.Tensor; readonly between: tf.Tensor };

type Given = { readonly state: TrainState<tf.Tensor>; readonly crops: CropTensors; readonly rate: tf.Tensor };

/**
 * One Adam step of a critic (Lunz, Öktem, Schönlieb 2018, eq. 4), x true and x̃ naive, z a random point of the line between them:
 *
 *     mean Ψ(x) − mean Ψ(x̃) + μ mean max(0, ‖∇Ψ(z)‖ − 1)².
 *
 * It tells the loss, the `gap` Ψ(x̃) − Ψ(x), and the `steepness` ‖∇Ψ(z)‖, means over the batch, of the parameters before.
 */
export const criticStep =
  (error: number, penalty: number) =>
  ({ state, crops: { truth, naive, between }, rate }: Given) => {
    const along = spread(between, truth.rank);
    const z = tf.add(tf.mul(along, truth), tf.mul(tf.sub(1, along), naive));
    const told = (parameters: Parameters<tf.Tensor>) => {
      const model = modelTensors(parameters, error);
      const gap = tf.sub(tf.mean(regularise(model, naive)), tf.mean(regularise(model, truth)));
      const slopes = tf.sqrt(tf.add(tf.sum(perSignal(tf.square(slope(model, z))), 1), TINY));
      const loss = tf.sub(tf.mul(penalty, tf.mean(tf.square(tf.relu(tf.sub(slopes, 1))))), gap);
      return { loss: loss as tf.Scalar, gap, steepness: tf.mean(slopes) };
    };
    const list = ({ v, a }: Parameters<tf.Tensor>) => [v, a];
    const named = ([v, a]: readonly tf.Tensor[]): Parameters<tf.Tensor> => ({ v: v!, a: a! });
    const now = list(state.parameters);
    const { grads } = tf.valueAndGrads((...given) => told(named(given)).loss)(now);
    const { parameters, moments } = adamUpdate(
      now,
      grads,
      { first: list(state.first), second: list(state.second) },
      rate,
    );
    return {
      state: { parameters: named(parameters), first: named(moments.first), second: named(moments.second) },
      told: told(state.parameters),
    };
  };
