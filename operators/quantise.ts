import * as tf from "#tf";
import { operatorKind } from "./kind.ts";
import { type ForwardOperator, forwardOperator } from "./operator.ts";

export interface QuantiseOptions {
  readonly inShape: readonly number[];
  /** Distance of neighbouring levels, the multiples of it. */
  readonly step: number;
}

/**
 * Rounds every number to the nearest multiple of a step, ties to the even one: y = step · round(x/step).
 *
 * The gradient of y is 0. So descents ask that x lies in the cell of the level nearest to y: in place of y they compare y + (x − the nearest
 * number of that cell) with y, which is the distance from the cell.
 *
 * Source: Jacques, Hammond, Fadili 2011, "Dequantizing compressed sensing", the consistency principle.
 * Errors (RangeError): a step that is not positive.
 */
export function quantise({ inShape, step }: QuantiseOptions): ForwardOperator {
  if (!(step > 0)) throw new RangeError(`quantise: step: expected a positive number, got ${step}`);
  return rounded(`quantise(step=${step})`, inShape, step, (x) => tf.mul(step, tf.round(tf.div(x, step))));
}

export interface LevelOptions {
  readonly inShape: readonly number[];
  /** Number of levels at equal distances, the first of them `low` and the last `high`. */
  readonly levels: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Rounds every number to the nearest of `levels` from low to high, as `quantise`. What lies beyond them gets the first or the last: their cells
 * have no outer end.
 * Errors (RangeError): fewer than two levels, ends that are not in order.
 */
export function quantiseToLevels({ inShape, levels, low, high }: LevelOptions): ForwardOperator {
  if (!(Number.isInteger(levels) && levels >= 2)) {
    throw new RangeError(`quantise: levels: expected an integer of at least 2, got ${levels}`);
  }
  if (!(low < high)) throw new RangeError(`quantise: expected low below high, got ${low} and ${high}`);
  const step = (high - low) / (levels - 1);
  const round = (x: tf.Tensor) =>
    tf.add(low, tf.mul(step, tf.clipByValue(tf.round(tf.div(tf.sub(x, low), step)), 0, levels - 1)));
  const name = `quantise(levels=${levels},low=${low},high=${high})`;
  return rounded(name, inShape, step, round, { low: low + step / 2, high: high - step / 2 });
}

/** Rounding to levels of equal distances; below `low` and above `high` there is only one level each. */
function rounded(
  name: string,
  inShape: readonly number[],
  step: number,
  round: (x: tf.Tensor) => tf.Tensor,
  { low, high } = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
): ForwardOperator {
  return forwardOperator({
    ...{ name, inShape, outShape: inShape, forward: round },
    relaxed: (x, y) => {
      const level = round(y);
      const above = tf.relu(tf.sub(x, tf.add(level, step / 2)));
      const below = tf.relu(tf.sub(tf.sub(level, step / 2), x));
      const ends = (beyond: tf.Tensor, distance: tf.Tensor) => tf.where(beyond, tf.zerosLike(distance), distance);
      return tf.sub(tf.add(y, ends(tf.greater(level, high), above)), ends(tf.less(level, low), below));
    },
  });
}

export const quantiseKind = operatorKind({
  summary: "rounds to the nearest multiple of a step, or of levels from low to high; not linear",
  options: {
    step: { type: "number", description: "distance of the levels; or give levels" },
    levels: { type: "integer", description: "number of levels, the first at low and the last at high" },
    low: { type: "number", description: "first level; 0 without it" },
    high: { type: "number", description: "last level; 1 without it" },
  },
  samples: [
    { inShape: [5, 4], spec: "quantise:step=0.3" },
    { inShape: [5, 3], spec: "quantise:levels=4,low=-1,high=2" },
  ],
  make: (inShape, { step, levels, low, high }) => {
    if (step === undefined && levels !== undefined) {
      return quantiseToLevels({ inShape, levels, low: low ?? 0, high: high ?? 1 });
    }
    if (step !== undefined && (levels ?? low ?? high) === undefined) return quantise({ inShape, step });
    throw new RangeError("quantise: give step, or levels with low and high, as quantise:levels=16,low=0,high=1");
  },
});
