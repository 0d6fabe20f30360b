import * as tf from "#tf";
import { sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";
import { operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";
import { keptCount, selection } from "./selection.ts";

export interface MaskOptions {
  /** [h, w], [h, w, channels] or [length]. A pixel is a position of the first two axes: its channels go together. */
  readonly inShape: readonly number[];
  /** Pixels that are observed, at random positions: a fraction up to 1, or an integer from 2 on. */
  readonly keep: number;
  readonly seed: number;
  /** Tells masks of one size and seed apart; default 0. */
  readonly place?: number;
}

/** Keeps random pixels: y = x[kept], positions ascending. y: [batch, kept], or [batch, kept, channels]. */
export function mask({ inShape, keep, seed, place = 0 }: MaskOptions): LinearOperator {
  const pixels = sizeOf(inShape.slice(0, 2));
  const count = keptCount("mask", keep, pixels, "pixels");
  const kept = stream(seed, "mask operator", count, pixels, place).permutation(pixels).slice(0, count).sort();
  return keepPixels(`mask(keep=${keep})`, inShape, kept);
}

export interface BlockMaskOptions {
  /** [h, w] or [h, w, channels] */
  readonly inShape: readonly number[];
  /** Side of the missing square, in pixels. */
  readonly block: number;
  /** First missing row; default: the block is centred. */
  readonly top?: number;
  /** First missing column; default: the block is centred. */
  readonly left?: number;
}

/** Loses a square block of pixels and keeps the others, in row order. y: [batch, kept], or [batch, kept, channels]. */
export function blockMask({ inShape, block, ...corner }: BlockMaskOptions): LinearOperator {
  const [height = 0, width = 0] = inShape;
  const { top = Math.floor((height - block) / 2), left = Math.floor((width - block) / 2) } = corner;
  if (inShape.length < 2) throw new RangeError(`mask: block: expected images [h, w], got signals of [${inShape}]`);
  const inside = (start: number, size: number) => Number.isInteger(start) && start >= 0 && start + block <= size;
  if (!(Number.isInteger(block) && block >= 1 && inside(top, height) && inside(left, width))) {
    throw new RangeError(
      `mask: block: expected a square inside the image of [${height}, ${width}], ` +
        `got side ${block} at top ${top}, left ${left}`,
    );
  }
  if (block === height && block === width) throw new RangeError("mask: block: nothing is left of the image");
  const missing = (row: number, column: number) =>
    row >= top && row < top + block && column >= left && column < left + block;
  const all = Int32Array.from({ length: height * width }, (_, i) => i);
  const kept = all.filter((i) => !missing(Math.floor(i / width), i % width));
  const at = corner.top === undefined && corner.left === undefined ? "" : `,top=${top},left=${left}`;
  return keepPixels(`mask(block=${block}${at})`, inShape, kept);
}

/** y = Mx with M the rows `kept` of the identity. M' puts the pixels back and leaves zeros elsewhere. */
function keepPixels(name: string, inShape: readonly number[], kept: Int32Array): LinearOperator {
  const pixels = sizeOf(inShape.slice(0, 2));
  const channels = inShape.slice(2);
  const { take, putBack } = selection(kept, pixels);
  return linearOperator({
    name,
    inShape,
    outShape: [kept.length, ...channels],
    forward: (x) => take(tf.reshape(x, [x.shape[0]!, pixels, ...channels])),
    adjoint: (y) => tf.reshape(putBack(y), [y.shape[0]!, ...inShape]),
  });
}

export const maskKind = operatorKind({
  summary: "keeps some pixels: random ones (keep), or all but a square block (block)",
  options: {
    keep: { type: "number", description: "fraction up to 1, or number, of random pixels to keep; 0.5 without block" },
    block: { type: "integer", description: "side of the missing square instead" },
    top: { type: "integer", description: "first missing row; without it the block is centred" },
    left: { type: "integer", description: "first missing column; without it the block is centred" },
  },
  samples: [
    { inShape: [4, 5], spec: "mask" },
    { inShape: [6, 5, 3], spec: "mask:keep=4" },
    { inShape: [6, 5], spec: "mask:block=2" },
    { inShape: [6, 5, 2], spec: "mask:block=3,top=0,left=2" },
  ],
  make: (inShape, { keep, block, top, left }, draws) => {
    if (block === undefined) {
      if (top === undefined && left === undefined) return mask({ inShape, keep: keep ?? 0.5, ...draws });
      throw new RangeError("mask: top and left place a block; give block=<side>");
    }
    if (keep === undefined) {
      return blockMask({ inShape, block, ...(top !== undefined && { top }), ...(left !== undefined && { left }) });
    }
    throw new RangeError("mask: give keep (random pixels) or block (a missing square), not both");
  },
});
