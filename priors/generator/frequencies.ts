import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { isProduct, type ProductFactors } from "../../src/sketch/product.ts";
import { constant } from "../signals.ts";
import type { TrainSettings } from "./options.ts";
import type { Target } from "./target.ts";

/**
 * The frequencies of a target come in units that are held out, or drawn for a step, together: one by one; or, of product frequencies, in
 * rows: the 2Q frequencies with one a_i, of each block. The units are consecutive parts of the moments, of which the last may be cut.
 */
const unitSize = ({ frequencies }: Target): number =>
  isProduct(frequencies) ? 2 * frequencies.columns.shape[0]! * frequencies.columns.shape[1]! : 1;

const momentCount = ({ cos }: Target): number => cos.shape.at(-1)!;

/** A target cut in two: the frequencies to train on, and those held out. None are held out where the fraction is 0 or there is one unit. */
export function holdOut(
  target: Target,
  { validation, seed }: Pick<TrainSettings, "validation" | "seed">,
): { training: Target; held?: Target } {
  const units = Math.ceil(momentCount(target) / unitSize(target));
  const count = validation === 0 ? 0 : Math.min(units - 1, Math.max(1, Math.round(validation * units)));
  if (count === 0) return { training: target };
  if (isProduct(target.frequencies)) {
    const all = [...Array(units).keys()]; // each row is spread over the law, so that the last ones do, and a cut one is with them
    return { training: ofUnits(target, all.slice(0, -count)), held: ofUnits(target, all.slice(-count)) };
  }
  const order = stream(seed, "validation frequencies").permutation(units);
  const sorted = (part: Int32Array) => [...part.slice().sort()];
  return {
    training: ofUnits(target, sorted(order.subarray(count))),
    held: ofUnits(target, sorted(order.subarray(0, count))),
  };
}

/** A target with these units of frequencies only. Of product frequencies they are consecutive. */
function ofUnits(target: Target, units: readonly number[]): Target {
  const { frequencies, cos, sin } = target;
  const [m, size] = [momentCount(target), unitSize(target)];
  const kept = units.flatMap((unit) =>
    Array.from({ length: Math.min(size, m - unit * size) }, (_, i) => unit * size + i),
  );
  const moments = (array: NdArray<Float32Array>) => columnsOf(array, kept);
  if (!isProduct(frequencies))
    return { ...target, frequencies: moments(frequencies), cos: moments(cos), sin: moments(sin) };
  const [blocks, , k] = frequencies.rows.shape as [number, number, number];
  const rows = new Float32Array(blocks * units.length * k);
  for (let block = 0; block < blocks; block++) {
    for (const [to, from] of units.entries()) {
      const at = (block * frequencies.rows.shape[1]! + from) * k;
      rows.set(frequencies.rows.data.subarray(at, at + k), (block * units.length + to) * k);
    }
  }
  const own = { ...frequencies, rows: fromHost(rows, [blocks, units.length, k]) };
  return { ...target, frequencies: own, cos: moments(cos), sin: moments(sin) };
}

/** Columns of a matrix, or entries of a vector. */
function columnsOf({ data, shape }: NdArray<Float32Array>, columns: readonly number[]): NdArray<Float32Array> {
  const m = shape.at(-1)!;
  const rows = data.length / m;
  const out = new Float32Array(rows * columns.length);
  for (let row = 0; row < rows; row++) {
    for (const [i, j] of columns.entries()) out[row * columns.length + i] = data[row * m + j]!;
  }
  return fromHost(out, [...shape.slice(0, -1), columns.length]);
}

/**
 * The units that a step takes: none, for all frequencies, or one list of as many as hold `frequencyBatch` frequencies, drawn without
 * repetition. A cut unit is never drawn.
 */
export function pickUnits(
  target: Target,
  { frequencyBatch, seed }: TrainSettings,
  index: number,
): NdArray<Int32Array>[] {
  const whole = Math.floor(momentCount(target) / unitSize(target));
  const count = Math.min(whole, Math.ceil(frequencyBatch / unitSize(target)));
  if (count === 0) return [];
  const picked = stream(seed, "frequency batch", index).permutation(whole).slice(0, count);
  return [fromHost(picked.sort(), [count])];
}

/** The frequencies and means of a target, or of the `picked` units [count] of it, as constants of a compiled function. */
export function momentsOf(target: Target, picked?: tf.Tensor) {
  const { frequencies } = target;
  const [m, size] = [momentCount(target), unitSize(target)];
  const unitsAt = (axis: number, array: NdArray<Float32Array>) => {
    const all = constant(array);
    return picked ? tf.gather(all, picked as tf.Tensor1D, axis < 0 ? axis + all.rank : axis) : all;
  };
  const means = (array: NdArray<Float32Array>) => {
    if (!picked || size === 1) return unitsAt(-1, array);
    const before = array.shape.slice(0, -1);
    const whole = Math.floor(m / size);
    const all = tf.reshape(tf.slice(constant(array), 0, [...before, whole * size]), [...before, whole, size]);
    const own = tf.gather(all, picked as tf.Tensor1D, before.length);
    return tf.reshape(own, [...before, picked.shape[0]! * size]);
  };
  const own: tf.Tensor | ProductFactors<tf.Tensor> = isProduct(frequencies)
    ? { rows: unitsAt(1, frequencies.rows), columns: constant(frequencies.columns) }
    : unitsAt(-1, frequencies);
  return { frequencies: own, means: { cos: means(target.cos), sin: means(target.sin) } };
}
