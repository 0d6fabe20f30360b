import * as tf from "#tf";
import { sameShape, sizeOf } from "../../src/data/array.ts";

/** How what a network makes for one signal, of the shape `made`, is a signal of the shape `shape`. */
export interface Layout {
  readonly shape: readonly number[];
  /** [batch, ...made] to [batch, ...shape]. */
  arrange(x: tf.Tensor): tf.Tensor;
}

/**
 * The layout for signals of `shape`: the same shape, an image with its channels before its rows (as PyTorch has them), or the same number
 * of numbers where one of the two is flat. Undefined: no signal of this shape.
 */
export function layoutFor(made: readonly number[], shape: readonly number[]): Layout | undefined {
  const squeezed = (s: readonly number[]) => s.filter((n) => n !== 1);
  const reshaped = (x: tf.Tensor) => tf.reshape(x, [x.shape[0]!, ...shape]);
  if (sameShape(made, shape)) return { shape, arrange: (x) => x };
  if (sameShape(squeezed(made), squeezed(shape))) return { shape, arrange: reshaped };
  const [channels = 0, height = 0, width = 0] = made;
  if (made.length === 3 && sameShape(shape, [height, width, channels])) {
    return { shape, arrange: (x) => tf.transpose(x, [0, 2, 3, 1]) };
  }
  const flat = made.length === 1 || shape.length === 1;
  return flat && sizeOf(made) === sizeOf(shape) ? { shape, arrange: reshaped } : undefined;
}

/** The layout of signals whose shape is not given: [1, H, W] is [H, W], and [3, H, W] is [H, W, 3]; others are as they are. */
export function ownLayout(made: readonly number[]): Layout {
  const [channels = 0, height = 0, width = 0] = made;
  const image = made.length === 3 && (channels === 1 || channels === 3);
  const shape = !image ? made : channels === 1 ? [height, width] : [height, width, channels];
  return layoutFor(made, shape)!;
}
