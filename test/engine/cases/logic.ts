import * as tf from "#tf";
import { bools, floats, ints, listed, special } from "../support.ts";
import { type Case, type Cases, on, valueOnly } from "./case.ts";

type T = tf.Tensor;

const comparison = (fn: (a: T, b: T) => T): Case[] => [
  valueOnly(fn, ints([3, 4], 0, 2), ints([4], 0, 2, "b")),
  valueOnly(fn, special, listed([0.5])),
  valueOnly(fn, floats([2, 3]), floats([2, 3], -2, 2, "b")),
  valueOnly(fn, bools([6]), bools([6], "b")),
];
const logical = (fn: (a: T, b: T) => T): Case[] => [
  valueOnly(fn, bools([6]), bools([6], "b")),
  valueOnly(fn, bools([2, 3]), bools([3], "b")),
];

export const logicCases = {
  Equal: comparison(tf.equal),
  Greater: comparison(tf.greater),
  GreaterEqual: comparison(tf.greaterEqual),
  Less: comparison(tf.less),
  LessEqual: comparison(tf.lessEqual),
  LogicalAnd: [...logical(tf.logicalAnd), ...logical(tf.logicalXor)],
  LogicalNot: [valueOnly(tf.logicalNot, bools([6]))],
  LogicalOr: logical(tf.logicalOr),
  NotEqual: comparison(tf.notEqual),
  Select: [
    on((c: T, a: T, b: T) => tf.where(c, a, b), bools([2, 3]), floats([2, 3]), floats([2, 3], -2, 2, "b")),
    valueOnly((a: T, b: T) => tf.where(tf.greater(a, b), a, tf.mul(b, 2)), floats([2, 3]), floats([2, 3], -2, 2, "b")),
    valueOnly((c: T, a: T, b: T) => tf.where(c, a, b), bools([3]), floats([2, 3]), floats([1])),
    valueOnly((c: T, a: T, b: T) => tf.where(c, a, b), bools([3]), ints([3]), ints([3], 6, 9)),
    valueOnly((c: T, a: T, b: T) => tf.where(c, a, b), bools([3]), bools([3], "a"), bools([3], "b")),
  ],
} satisfies Cases;
