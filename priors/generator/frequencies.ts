import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { isProduct } from "../../src/sketch/product.ts";
import { asProducts } from "../../src/sketch/product-means.ts";
import { constant } from "../signals.ts";
import type { LossFrequencies, LossTarget } from "./loss.ts";
import type { TrainSettings } from "./options.ts";
import type { Target } from "./target.ts";

/**
 * The frequencies of a target come in units that are held out, or drawn for a step, together: one by one; or, of product frequencies, in
 * rows: the 2Q frequencies with one a_i, of each block. The units are consecutive parts of the moments, of which the last may be cut.
 */
const unitSize = ({ frequencies }: Target): number =>
  isProduct(frequencies) ? 2 * frequencies.columns.shape[0]! * frequencies.columns.shape[1]! : 1;

const momentCount = ({ cos }: Target): number => cos.shape.at(-1)!;

/** A target cut in two: the frequencies to train on, and those held out. None are held out where the fraction is 0 or there is one whole unit. */
export function holdOut(
  target: Target,
  { validation, seed }: Pick<TrainSettings, "validation" | "seed">,
): { training: Target; held?: Target } {
  const units = Math.floor(momentCount(target) / unitSize(target));
  const count = validation === 0 ? 0 : Math.min(units - 1, Math.max(1, Math.round(validation * units)));
  if (count <= 0) return { training: target };
  if (isProduct(target.frequencies)) {
    // Each row is spread over the law, so that the last ones do. A cut row goes with them: alone it may have no whole pair a ± b, and no loss.
    const all = [...Array(target.frequencies.rows.shape[1]!).keys()];
    const kept = units - count;
    return { training: ofUnits(target, all.slice(0, kept)), held: ofUnits(target, all.slice(kept)) };
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
 * What a step takes of the frequencies: nothing, for all of them; or lists of as many units as hold `frequencyBatch` of them, drawn without repetition. A
 * cut unit is never drawn. Of product frequencies a step takes a sub-block of every block: some rows, and some columns of these, about the same part of
 * both, which has the fewest waves.
 */
export function pickUnits(
  target: Target,
  { frequencyBatch, seed }: TrainSettings,
  index: number,
): NdArray<Int32Array>[] {
  const whole = Math.floor(momentCount(target) / unitSize(target));
  if (Math.min(whole, frequencyBatch) === 0) return [];
  const draw = (name: string, of: number, count: number) => {
    const picked = stream(seed, name, index).permutation(of).slice(0, count);
    return fromHost(picked.sort(), [count]);
  };
  const { frequencies } = target;
  if (!isProduct(frequencies)) return [draw("frequency batch", whole, Math.min(whole, frequencyBatch))];
  const [blocks, columns] = [frequencies.rows.shape[0]!, frequencies.columns.shape[1]!];
  const pairs = frequencyBatch / (2 * blocks);
  const rows = Math.min(whole, Math.ceil(Math.sqrt((pairs * whole) / columns)));
  return [
    draw("frequency batch", whole, rows),
    draw("frequency batch, columns", columns, Math.min(columns, Math.ceil(pairs / rows))),
  ];
}

/** The frequencies of a target, or those that are picked (`pickUnits`), and the means to reach, as constants of a compiled function. */
export function momentsOf(target: Target, picked: readonly tf.Tensor[] = []): MomentsOf {
  const { frequencies, cos, sin } = target;
  const some = (of: tf.Tensor, list: tf.Tensor | undefined, axis: number) =>
    list ? tf.gather(of, list as tf.Tensor1D, axis < 0 ? axis + of.rank : axis) : of;
  if (!isProduct(frequencies)) {
    const of = (array: NdArray<Float32Array>) => some(constant(array), picked[0], -1);
    return { frequencies: of(frequencies), means: { cos: of(cos), sin: of(sin) } };
  }
  const [rows, columns] = picked;
  const { products, whole } = asProducts(target, frequencies);
  const sub = (array: NdArray<Float32Array>) => some(some(constant(array), rows, -3), columns, -1);
  return {
    frequencies: {
      rows: some(constant(frequencies.rows), rows, 1),
      columns: some(constant(frequencies.columns), columns, 1),
    },
    means: { products: sub(products), ...(whole && !rows && { whole: constant(whole) }) },
  };
}

interface MomentsOf {
  readonly frequencies: LossFrequencies;
  readonly means: LossTarget;
}
