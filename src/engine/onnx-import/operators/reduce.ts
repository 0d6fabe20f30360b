import * as tf from "#tf";
import { sizeOf } from "../../../data/array.ts";
import {
  axesOf,
  axisOf,
  input,
  numberAttribute,
  numbersOr,
  type Operator,
  type Operators,
  swappedWithLast,
} from "../call.ts";

/** Along the axes that an attribute or, in newer versions, an input names; all axes where none does. */
const reduce =
  (compute: (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor): Operator =>
  (call) => {
    const x = input(call, 0);
    const axes = numbersOr(call, 1, "axes") ?? [];
    if (axes.length === 0 && numberAttribute(call, "noop_with_empty_axes", 0) !== 0) return x;
    const all = [...x.shape.keys()];
    return compute(x, axes.length ? axesOf(axes, x.rank) : all, numberAttribute(call, "keepdims", 1) !== 0);
  };

/** One number a channel: over all axes after the second. */
const overSpace =
  (compute: (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor): Operator =>
  (call) => {
    const x = input(call, 0);
    return compute(x, [...x.shape.keys()].slice(2), true);
  };

/** tfjs knows it along the last axis alone. Before version 13 of the operators it was along all axes from `axis` on. */
const along =
  (compute: (x: tf.Tensor) => tf.Tensor): Operator =>
  (call) => {
    const x = input(call, 0);
    const axis = axisOf(numberAttribute(call, "axis", call.opset < 13 ? 1 : -1), x.rank);
    if (call.opset < 13) {
      const rows = sizeOf(x.shape.slice(0, axis));
      return tf.reshape(compute(tf.reshape(x, [rows, -1])), x.shape);
    }
    const order = swappedWithLast(axis, x.rank);
    return tf.transpose(compute(tf.transpose(x, order)), order);
  };

export const reductions: Operators = {
  ReduceSum: reduce(tf.sum),
  ReduceMean: reduce(tf.mean),
  ReduceMax: reduce(tf.max),
  ReduceMin: reduce(tf.min),
  ReduceProd: reduce(tf.prod),
  ReduceSumSquare: reduce((x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  ReduceL1: reduce((x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  ReduceL2: reduce((x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep))),
  GlobalAveragePool: overSpace(tf.mean),
  GlobalMaxPool: overSpace(tf.max),
  Softmax: along((x) => tf.softmax(x)),
  LogSoftmax: along((x) => tf.logSoftmax(x)),
};
