import * as tf from "#tf";
import { operatorKind } from "./kind.ts";
import { type ForwardOperator, forwardOperator } from "./operator.ts";

export interface ClipOptions {
  readonly inShape: readonly number[];
  /** Least value that can be measured; default 0. */
  readonly low?: number;
  /** Largest value that can be measured; default 1. */
  readonly high?: number;
}

/**
 * Saturation: y = min(max(x, low), high). A descent sees nothing of the numbers that lie beyond the ends, where the gradient is 0, until the others
 * move them back.
 * Errors (RangeError): ends that are not in order.
 */
export function clip({ inShape, low = 0, high = 1 }: ClipOptions): ForwardOperator {
  if (!(low < high)) throw new RangeError(`clip: expected low below high, got ${low} and ${high}`);
  return forwardOperator({
    ...{ name: `clip(low=${low},high=${high})`, inShape, outShape: inShape },
    forward: (x) => tf.clipByValue(x, low, high),
  });
}

export const clipKind = operatorKind({
  summary: "cuts numbers to those from low to high: saturation; not linear",
  options: {
    low: { type: "number", default: 0, description: "least value that is measured" },
    high: { type: "number", default: 1, description: "largest value that is measured" },
  },
  samples: [
    { inShape: [5, 4], spec: "clip" },
    { inShape: [5, 3], spec: "clip:low=-0.5,high=0.25*blur" },
  ],
  make: (inShape, ends) => clip({ inShape, ...ends }),
});
