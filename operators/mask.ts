import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { contiguous, sameShape, sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";
import { type Draws, madeOf, operatorKind } from "./kind.ts";
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
  const count = keptCount("mask: keep", keep, pixels, "pixels");
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
  const kept = pixelsWhere(height, width, (row, column) => !missing(row, column));
  const at = corner.top === undefined && corner.left === undefined ? "" : `,top=${top},left=${left}`;
  return keepPixels(`mask(block=${block}${at})`, inShape, kept);
}

/** Loses a square block of pixels at a random place, every place inside the image as likely. Errors: those of `blockMask`. */
function randomBlockMask({ inShape, block, seed, place = 0 }: Omit<BlockMaskOptions, "top" | "left"> & Draws) {
  const [height = 0, width = 0] = inShape;
  const random = stream(seed, "mask operator", block, height, width, place);
  const [top, left] = [height, width].map((size) => random.integer(Math.max(1, size - block + 1))) as [number, number];
  return blockMask({ inShape, block, top, left });
}

export interface LineMaskOptions extends Omit<MaskOptions, "keep"> {
  /** Which lines are kept or lost as a whole. */
  readonly lines: "rows" | "columns";
  /** How many of them are observed, at random: a fraction up to 1, or an integer from 2 on. */
  readonly keep: number;
}

/** Keeps random rows, or random columns, of an image; pixels in row order. y: [batch, kept], or [batch, kept, channels]. */
export function lineMask({ inShape, lines, keep, seed, place = 0 }: LineMaskOptions): LinearOperator {
  const [height = 0, width] = inShape;
  if (width === undefined) throw new RangeError(`mask: ${lines}: expected images [h, w], got signals of [${inShape}]`);
  const total = lines === "rows" ? height : width;
  const count = keptCount(`mask: ${lines}`, keep, total, lines);
  const chosen = new Set(
    stream(seed, "mask operator", count, total, lines === "rows" ? 0 : 1, place)
      .permutation(total)
      .slice(0, count),
  );
  const kept = pixelsWhere(height, width, (row, column) => chosen.has(lines === "rows" ? row : column));
  return keepPixels(`mask(${lines}=${keep})`, inShape, kept);
}

export interface ImageMaskOptions {
  /** [h, w] or [h, w, channels] */
  readonly inShape: readonly number[];
  /** [h, w]: pixels above ½ are observed, as white ones of a picture, 1 or true. */
  readonly image: NdArray<Float32Array>;
  /** What the operator is called; default mask(image). */
  readonly name?: string;
}

/**
 * Keeps the pixels where an image is above ½, in row order. y: [batch, kept], or [batch, kept, channels].
 * Errors (RangeError): signals that are no images, an image of another size, or without such pixels.
 */
export function imageMask({ inShape, image, name = "mask(image)" }: ImageMaskOptions): LinearOperator {
  const [height = 0, width] = inShape;
  if (width === undefined) throw new RangeError(`${name}: expected images [h, w], got signals of [${inShape}]`);
  if (!sameShape(image.shape, inShape.slice(0, 2))) {
    throw new RangeError(
      `mask: is [${image.shape.join(", ")}], expected one number a pixel of [${inShape.slice(0, 2).join(", ")}]`,
    );
  }
  const values = contiguous(image);
  const kept = pixelsWhere(height, width, (row, column) => values[row * width + column]! > 0.5);
  if (kept.length === 0) throw new RangeError("mask: has no number above ½, nothing is left of the image");
  return keepPixels(name, inShape, kept);
}

/** The places, row by row, of the pixels for which `keep` says so. */
const pixelsWhere = (height: number, width: number, keep: (row: number, column: number) => boolean): Int32Array =>
  Int32Array.from({ length: height * width }, (_, i) => i).filter((i) => keep(Math.floor(i / width), i % width));

/** y = Mx with M the rows `kept` of the identity. M' puts the pixels back and leaves zeros elsewhere. */
function keepPixels(name: string, inShape: readonly number[], kept: Int32Array): LinearOperator {
  const pixels = sizeOf(inShape.slice(0, 2));
  const channels = inShape.slice(2);
  const { take, putBack } = selection(kept, pixels);
  const each = sizeOf(channels); // numbers of a pixel
  const numbers = Int32Array.from(
    { length: kept.length * each },
    (_, i) => kept[Math.floor(i / each)]! * each + (i % each),
  );
  return linearOperator({
    name,
    inShape,
    outShape: [kept.length, ...channels],
    norm: 1,
    form: { kind: "selection", kept: numbers },
    forward: (x) => take(tf.reshape(x, [x.shape[0]!, pixels, ...channels])),
    adjoint: (y) => tf.reshape(putBack(y), [y.shape[0]!, ...inShape]),
  });
}

/** What says which pixels are kept; one of them is given. */
const choices = ["keep", "block", "rows", "columns", "image", "text"] as const;

export const maskKind = operatorKind({
  summary: "keeps some pixels: one of keep, block, rows, columns, image and text",
  options: {
    keep: {
      type: "number",
      description: "fraction up to 1, or number, of random pixels to keep; 0.5 if nothing is given",
    },
    block: { type: "integer", description: "side of a square that is missing" },
    top: { type: "integer", description: "first missing row; without it the block is centred" },
    left: { type: "integer", description: "first missing column; without it the block is centred" },
    at: { type: "choice", choices: ["centre", "random"], description: "where the block is; default centre" },
    rows: { type: "number", description: "fraction up to 1, or number, of random rows to keep" },
    columns: { type: "number", description: "the same of columns" },
    image: { type: "text", description: "picture or array of the signal's size: white pixels, or 1, are kept" },
    text: { type: "text", description: "words that are written all over the image; pixels under them are missing" },
  },
  files: ["image"],
  drawn: ["text"],
  samples: [
    { inShape: [4, 5], spec: "mask" },
    { inShape: [6, 5, 3], spec: "mask:keep=4" },
    { inShape: [6, 5], spec: "mask:block=2" },
    { inShape: [6, 5, 2], spec: "mask:block=3,top=0,left=2" },
    { inShape: [6, 5], spec: "mask:block=3,at=random" },
    { inShape: [7, 4, 2], spec: "mask:rows=0.4" },
    { inShape: [4, 7], spec: "mask:columns=3" },
  ],
  make: (inShape, values, draws, file) => {
    const { keep, block, top, left, at, rows, columns, image, text } = values;
    const given = choices.filter((choice) => values[choice] !== undefined);
    if (given.length > 1) throw new RangeError(`mask: give one of ${choices.join(", ")}, not ${given.join(" and ")}`);
    if (block === undefined && (top ?? left) !== undefined) {
      throw new RangeError("mask: top and left place a block; give block=<side>");
    }
    if (at !== undefined && (block === undefined || (top ?? left) !== undefined)) {
      throw new RangeError("mask: at places a block; give block=<side>, without top and left");
    }
    if (block !== undefined && at === "random") return randomBlockMask({ inShape, block, ...draws });
    if (block !== undefined) {
      return blockMask({ inShape, block, ...(top !== undefined && { top }), ...(left !== undefined && { left }) });
    }
    if (rows !== undefined) return lineMask({ inShape, lines: "rows", keep: rows, ...draws });
    if (columns !== undefined) return lineMask({ inShape, lines: "columns", keep: columns, ...draws });
    if (image !== undefined) {
      return madeOf(image, () => imageMask({ inShape, image: file(image), name: `mask(image=${image})` }));
    }
    if (text !== undefined) return imageMask({ inShape, image: file(text), name: `mask(text=${text})` });
    return mask({ inShape, keep: keep ?? 0.5, ...draws });
  },
});
