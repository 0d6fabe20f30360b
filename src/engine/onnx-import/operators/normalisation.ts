import * as tf from "#tf";
import { sizeOf } from "../../../data/array.ts";
import { InputError } from "../../../data/errors.ts";
import { axisOf, input, numberAttribute, type Operator, type OperatorCall, type Operators } from "../call.ts";

/** One number a channel, shaped to multiply [batch, channels, …]. */
const perChannel = (v: tf.Tensor, rank: number): tf.Tensor =>
  tf.reshape(v, [-1, ...new Array<number>(Math.max(0, rank - 2)).fill(1)]);

/** (x − mean)/√(variance + ε) over some axes. */
function standardised(x: tf.Tensor, axes: number[], epsilon: number): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, axes, true));
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon)));
}

const from = (first: number, rank: number): number[] => Array.from({ length: rank - first }, (_, i) => first + i);

const epsilonOf = (call: OperatorCall): number => numberAttribute(call, "epsilon", 1e-5);

/** Statistics as they were after training. Those of the batch would make its rows depend on each other. */
const batchNormalization: Operator = (call) => {
  if (numberAttribute(call, "training_mode", 0) !== 0) {
    throw new InputError(`${call.who}: normalises by the batch, as in training; call eval() before the export`);
  }
  const x = input(call, 0);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) => perChannel(input(call, i), x.rank));
  const gain = tf.div(scale!, tf.sqrt(tf.add(variance!, epsilonOf(call))));
  return tf.add(tf.mul(tf.sub(x, mean!), gain), shift!);
};

const instanceNormalization: Operator = (call) => {
  const x = input(call, 0);
  const [scale, shift] = [1, 2].map((i) => perChannel(input(call, i), x.rank));
  return tf.add(tf.mul(standardised(x, from(2, x.rank), epsilonOf(call)), scale!), shift!);
};

const layerNormalization: Operator = (call) => {
  const [x, scale, shift] = [input(call, 0), input(call, 1), call.inputs[2]?.tensor];
  const axes = from(axisOf(numberAttribute(call, "axis", -1), x.rank), x.rank);
  const scaled = tf.mul(standardised(x, axes, epsilonOf(call)), scale);
  return shift ? tf.add(scaled, shift) : scaled;
};

/** Over groups of channels. Its gains were one a group before version 21 of the operators. */
const groupNormalization: Operator = (call) => {
  const [x, scale, shift] = [input(call, 0), input(call, 1), input(call, 2)];
  const [batch, channels, ...rest] = x.shape as [number, number, ...number[]];
  const groups = numberAttribute(call, "num_groups", 1);
  const grouped = tf.reshape(x, [batch, groups, (channels / groups) * sizeOf(rest)]);
  const y = standardised(grouped, [2], epsilonOf(call));
  const scaled = (v: tf.Tensor, t: tf.Tensor, by: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
    v.size === channels
      ? by(tf.reshape(t, x.shape), perChannel(v, x.rank))
      : by(tf.reshape(t, grouped.shape), tf.reshape(v, [groups, 1]));
  return tf.reshape(scaled(shift, scaled(scale, y, tf.mul), tf.add), x.shape);
};

export const normalisations: Operators = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
};
