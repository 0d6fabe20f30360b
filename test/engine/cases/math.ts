import * as tf from "#tf";
import type { HostArray } from "../../../src/data/array.ts";
import { bools, floats, ints, listed, listedInts, special } from "../support.ts";
import { type Case, type Cases, on, valueOnly } from "./case.ts";

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** A real function that tfjs takes of float32 alone: values and gradients between two bounds, special values. */
const float = (fn: Unary, low = -2, high = 2): Case[] => [
  on(fn, floats([7], low, high)),
  on(fn, floats([2, 1, 3], low, high)),
  valueOnly(fn, special),
];
/** A real function of any numbers: as above, and integers within the bounds. */
const real = (
  fn: Unary,
  low = -2,
  high = 2,
  whole: HostArray = ints([5], Math.ceil(low), Math.floor(high)),
): Case[] => [...float(fn, low, high), valueOnly(fn, whole)];

/** An operation of two numbers: equal shapes, broadcasting in both directions, scalars, integers. */
const pair = (fn: Binary, low = -2, high = 2): Case[] => [
  on(fn, floats([2, 3], low, high), floats([2, 3], low, high, "b")),
  on(fn, floats([2, 3], low, high), floats([3], low, high, "b")),
  on(fn, floats([2, 1, 4], low, high), floats([3, 1], low, high, "b")),
  on(fn, floats([], low, high), floats([2, 2], low, high, "b")),
  valueOnly(fn, ints([4, 3], 1, 9), ints([3], 1, 4, "b")),
];
/** The same where tfjs's gradient does not sum over broadcast axes: gradients of equal shapes only. */
const pairWithoutBroadcastGradient = (fn: Binary): Case[] =>
  pair(fn).map((one, i) => (i === 0 ? one : { ...one, by: [] }));

const wholePairs = [listedInts([7, -7, 7, -7, 0, 5, 2147483647]), listedInts([3, 3, -3, -3, 4, 0, -5])] as const;
const floatPairs = [listed([7, -7, 7, -7, 0, 5.5, -5.5]), listed([3, 3, -3, -3, 4, 2, 2])] as const;

export const mathCases = {
  Abs: [...real(tf.abs), valueOnly(tf.abs, listedInts([-3, 0, 3]))],
  Acos: real(tf.acos, -0.9, 0.9),
  Acosh: real(tf.acosh, 1.1, 4),
  Add: [...pair(tf.add), valueOnly(tf.add, bools([4]), ints([4])), valueOnly(tf.add, ints([3]), floats([3]))],
  AddN: [
    on(
      (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => tf.addN([a, b, c]),
      floats([2, 3]),
      floats([2, 3]),
      floats([2, 3]),
    ),
    valueOnly((a: tf.Tensor) => tf.addN([a, a]), ints([3])),
  ],
  Asin: real(tf.asin, -0.9, 0.9),
  Asinh: real(tf.asinh),
  Atan: real(tf.atan),
  Atan2: [
    on(tf.atan2, floats([3, 4]), floats([3, 4], -2, 2, "b")),
    on(tf.atan2, floats([3, 1]), floats([4], -2, 2, "b")),
    valueOnly(tf.atan2, listed([0, 0, 1, -1, 1, -1]), listed([1, -1, 0, 0, -1, -1])),
  ],
  Atanh: real(tf.atanh, -0.9, 0.9, listedInts([0])),
  Ceil: float(tf.ceil),
  ClipByValue: [
    ...real((x) => tf.clipByValue(x, -1, 1.5)),
    valueOnly((x: tf.Tensor) => tf.clipByValue(x, -1.5, 2.5), ints([9])),
    valueOnly((x: tf.Tensor) => tf.clipByValue(x, -Infinity, 2), ints([9])),
    valueOnly((x: tf.Tensor) => tf.clipByValue(x, 0, Infinity), special),
  ],
  Cos: float(tf.cos, -30, 30),
  Cosh: float(tf.cosh),
  Erf: [
    // tfjs has the approximation 7.1.26 of Abramowitz and Stegun, with an error of 1.5e-7.
    ...real(tf.erf),
  ],
  Exp: real(tf.exp),
  Expm1: [...real(tf.expm1), on(tf.expm1, listed([1e-6, -1e-6, 0.49, 0.51, -0.51]))],
  Floor: float(tf.floor),
  FloorDiv: [
    valueOnly(tf.floorDiv, ...wholePairs),
    valueOnly(tf.floorDiv, ...floatPairs),
    on(tf.div, floats([3]), floats([3], 1, 2)),
    valueOnly(tf.div, ints([4, 3], -9, 9), ints([3], 1, 4, "b")),
    valueOnly(tf.div, listedInts([16777217, -16777217]), listedInts([1, 2])),
  ],
  IsFinite: [valueOnly(tf.isFinite, special), valueOnly(tf.isFinite, ints([3]))],
  IsInf: [valueOnly(tf.isInf, special), valueOnly(tf.isInf, ints([3]))],
  IsNan: [valueOnly(tf.isNaN, special), valueOnly(tf.isNaN, ints([3]))],
  Log: float(tf.log, 0.1, 4),
  Log1p: [...real(tf.log1p, -0.9, 4), on(tf.log1p, listed([1e-6, -1e-6, 1e-20]))],
  Maximum: [
    ...pairWithoutBroadcastGradient(tf.maximum),
    valueOnly(tf.maximum, special, listed([0.25])),
    valueOnly(tf.maximum, bools([3]), bools([3], "b")),
  ],
  Minimum: [
    ...pairWithoutBroadcastGradient(tf.minimum),
    valueOnly(tf.minimum, special, listed([0.25])),
    valueOnly(tf.minimum, bools([3]), bools([3], "b")),
  ],
  Mod: [
    ...pair(tf.mod, 0.5, 5),
    valueOnly(tf.mod, ...floatPairs),
    valueOnly(tf.mod, listedInts([7, -7, 7, -7, 0, 5]), listedInts([3, 3, -3, -3, 4, 0])),
  ],
  Multiply: [
    ...pair(tf.mul),
    valueOnly(tf.mul, special, listed([1])),
    valueOnly((x: tf.Tensor) => tf.mul(tf.ones([2, 3]), x), floats([3])),
  ],
  Neg: [...real(tf.neg), valueOnly(tf.neg, listedInts([-3, 0, 3]))],
  Pow: [
    ...pair(tf.pow, 0.5, 2),
    valueOnly(tf.pow, listed([-2, -2, 0, 2, 2]), listed([2, 3, 0, -1, 0.5])),
    valueOnly(tf.pow, listedInts([2, -2, 3, 0]), listedInts([3, 3, 0, 2])),
    on((x: tf.Tensor) => tf.pow(x, tf.scalar(2, "int32")), floats([4])),
  ],
  RealDiv: [
    on(tf.div, floats([2, 3]), floats([3], 1, 2, "b")),
    on(tf.div, floats([], 1, 2), floats([2, 2], 1, 2, "b")),
    valueOnly(tf.div, special, listed([0])),
    valueOnly(tf.divNoNan, floats([3]), floats([3], 1, 2)),
  ],
  Reciprocal: real(tf.reciprocal, 0.5, 2),
  Round: [...real(tf.round), valueOnly(tf.round, listed([0.5, 1.5, 2.5, -0.5, -1.5, 1.2, -1.7]))],
  Rsqrt: float(tf.rsqrt, 0.5, 2),
  Sign: real(tf.sign),
  Sin: float(tf.sin, -30, 30),
  Sinh: real(tf.sinh),
  Sqrt: float(tf.sqrt, 0.5, 4),
  Square: [...real(tf.square), valueOnly(tf.square, ints([4]))],
  SquaredDifference: pairWithoutBroadcastGradient(tf.squaredDifference),
  Step: [...real(tf.step), ...real((x) => tf.step(x, 0.3))],
  Sub: pair(tf.sub),
  Tan: float(tf.tan, -1, 1),
  Tanh: float(tf.tanh),
} satisfies Cases;
