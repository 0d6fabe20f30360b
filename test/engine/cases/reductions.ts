import * as tf from "#tf";
import { bools, floats, ints, listed } from "../support.ts";
import { type Case, type Cases, on, valueOnly } from "./case.ts";

type T = tf.Tensor;
type Reduction = (x: T, axis?: number | number[], keepDims?: boolean) => T;

const shapes = (fn: Reduction): Case[] => [
  on((x: T) => fn(x), floats([2, 3])),
  on((x: T) => fn(x, 0), floats([3, 4])),
  on((x: T) => fn(x, [0, 2]), floats([2, 3, 4])),
  valueOnly((x: T) => fn(x, [0, -1]), floats([2, 3, 4])),
  on((x: T) => fn(x, 1, true), floats([2, 3, 4])),
  on((x: T) => fn(x), floats([])),
];
const wholes = (fn: Reduction): Case[] => [
  valueOnly((x: T) => fn(x, 0), ints([3, 4])),
  valueOnly((x: T) => fn(x.toInt()), bools([5])),
];
/** NaN is left out: ONNX Runtime's extremes pass over it, tfjs's give it back (docs/engine.md). */
const extreme = (fn: Reduction): Case[] => [
  ...shapes(fn),
  ...wholes(fn),
  valueOnly((x: T) => fn(x), listed([1, -Infinity, Infinity])),
];
const arg = (fn: (x: T, axis?: number) => T): Case[] => [
  valueOnly((x: T) => fn(x, 1), floats([3, 5])),
  valueOnly((x: T) => fn(x), floats([3, 5])),
  valueOnly((x: T) => fn(x), listed([1, 3, 3, 0, 0])),
  valueOnly((x: T) => fn(x, -1), ints([2, 6])),
  valueOnly((x: T) => fn(x), bools([5])),
];
const boolean = (fn: Reduction): Case[] => [
  valueOnly((x: T) => fn(x), bools([5])),
  valueOnly((x: T) => fn(x, 1), bools([3, 2])),
  valueOnly((x: T) => fn(x, [0], true), bools([2, 4])),
];
const cumulative = (fn: typeof tf.cumsum): Case[] => [
  on((x: T) => fn(x, 0), floats([5])),
  on((x: T) => fn(x, 1, true), floats([2, 4])),
  on((x: T) => fn(x, 1, false, true), floats([2, 4])),
  valueOnly((x: T) => fn(x, 1, true, true), floats([2, 4, 3])), // tfjs's gradient forgets to turn the axes back
  valueOnly((x: T) => fn(x, 1), ints([2, 7])), // tfjs's cpu backend gives nothing for axis -1
  valueOnly((x: T) => fn(x), bools([5])),
];
const withoutGradient = (cases: Case[]): Case[] => cases.map((c) => ({ ...c, by: [] }));

export const reductionCases = {
  All: boolean(tf.all),
  Any: boolean(tf.any),
  ArgMax: arg(tf.argMax),
  ArgMin: arg(tf.argMin),
  Cumprod: withoutGradient(cumulative(tf.cumprod)),
  Cumsum: cumulative(tf.cumsum),
  Max: extreme(tf.max),
  Mean: [...shapes(tf.mean), ...wholes(tf.mean)],
  Min: extreme(tf.min),
  Prod: [...shapes(tf.prod), ...wholes(tf.prod)],
  Softmax: [
    on((x: T) => tf.softmax(x), floats([3, 5])),
    on((x: T) => tf.softmax(x), floats([4], 80, 100)),
    on((x: T) => tf.softmax(x), floats([2, 2, 3])),
  ],
  Sum: [
    ...shapes(tf.sum),
    ...wholes(tf.sum),
    on((x: T) => tf.logSoftmax(x), floats([3, 5])),
    on((x: T) => tf.logSumExp(x, 1), floats([3, 5], 80, 100)),
    on((x: T) => tf.norm(x), floats([3, 5])),
    on((x: T) => tf.moments(x, [0]).variance, floats([3, 5])),
  ],
  TopK: [
    valueOnly((x: T) => Object.values(tf.topk(x, 3)), floats([2, 6])),
    valueOnly((x: T) => Object.values(tf.topk(x, 2)), listed([1, 3, 3, 3])),
    valueOnly((x: T) => Object.values(tf.topk(x, 1)), ints([5])),
  ],
} satisfies Cases;
