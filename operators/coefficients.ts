import type * as tf from "#tf";
import { sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";
import { keptCount, selection } from "./selection.ts";

export interface CoefficientOptions {
  /** [h, w], [h, w, channels] or [length]. A coefficient is one of the first two axes: its channels go together. */
  readonly inShape: readonly number[];
  /** Coefficients that are measured: a fraction up to 1 of the number of pixels, or an integer from 2 on. */
  readonly keep: number;
  readonly seed: number;
  /** Tells operators of one size and seed apart; default 0. */
  readonly place?: number;
}

/** A transform U that keeps the norm of signals, and whose coefficient 0 is their mean up to a factor. */
export interface Transform {
  /** Coefficients of one channel. */
  readonly size: number;
  /** U: [batch, ...inShape] → [batch, size, ...channels] */
  analysis(x: tf.Tensor): tf.Tensor;
  /** U': [batch, size, ...channels] → [batch, ...inShape] */
  synthesis(c: tf.Tensor): tf.Tensor;
}

/** y = (Ux)[kept]: coefficient 0 and others at random, ascending, without a scale. Errors (RangeError): a `keep` out of range. */
export function coefficients(who: string, options: CoefficientOptions, transform: Transform): LinearOperator {
  const { inShape, keep, seed, place = 0 } = options;
  const { size, analysis, synthesis } = transform;
  const pixels = sizeOf(inShape.slice(0, 2));
  const count = keptCount(`${who}: keep`, keep, pixels, "coefficients", size);
  const others = stream(seed, `${who} operator`, count, pixels, place).permutation(size - 1);
  const kept = Int32Array.from([0, ...others.slice(0, count - 1).map((at) => at + 1)]).sort();
  const { take, putBack } = selection(kept, size);
  return linearOperator({
    name: `${who}(keep=${keep})`,
    inShape,
    outShape: [count, ...inShape.slice(2)],
    form: { kind: "coefficients" },
    ...(count + pixels > size && { norm: 1 }), // then some signal has all its coefficients among those kept
    forward: (x) => take(analysis(x)),
    adjoint: (y) => synthesis(putBack(y)),
  });
}

/** The options of these operators in a spec. */
export const keepOption = {
  keep: {
    type: "number",
    default: 0.5,
    description: "fraction up to 1, or number, of random coefficients",
  },
} as const;
