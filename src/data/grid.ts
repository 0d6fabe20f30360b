import { takeMeans } from "./channel-means.ts";
import type { Random } from "./random.ts";

/** Where the patches of an image are: all corners (row, column) of `rows` × `columns`. */
export interface Grid {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** An image of [height, width, channels] numbers, and patches of side² pixels of it. */
export interface Sizes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly side: number;
}

/** Patches every `spacing` pixels from a random corner on, and at both ends. A spacing of at most a side leaves no pixel out. */
export function randomGrid({ height, width, side }: Sizes, spacing: number, random: Random): Grid {
  const along = (length: number) => {
    const last = length - side;
    const places = new Set([0, last]);
    for (let at = random.integer(spacing); at < last; at += spacing) places.add(at);
    return [...places].sort((a, b) => a - b);
  };
  return { rows: along(height), columns: along(width) };
}

/** The patches of an image without their means, [patches, d], and the means, [patches, channels]. */
export function patchesOf(image: Float32Array, { rows, columns }: Grid, { width, channels, side }: Sizes) {
  const d = side * side * channels;
  const line = side * channels;
  const patches = new Float32Array(rows.length * columns.length * d);
  let to = 0;
  for (const y of rows) {
    for (const x of columns) {
      for (let i = 0, from = (y * width + x) * channels; i < side; i++, from += width * channels, to += line) {
        for (let j = 0; j < line; j++) patches[to + j] = image[from + j]!;
      }
    }
  }
  return { patches, means: takeMeans(patches, d, channels) };
}

/** A grid in bands of rows, each of at most about `most` patches. */
export function bandsOf({ rows, columns }: Grid, most: number): Grid[] {
  const each = Math.max(1, Math.floor(most / columns.length));
  return Array.from({ length: Math.ceil(rows.length / each) }, (_, i) => ({
    rows: rows.slice(i * each, (i + 1) * each),
    columns,
  }));
}

/** Adds patches, with their means if they have any, to the places of `sums` that they came from. */
export function addPatches(
  sums: Float64Array,
  { patches, means }: { readonly patches: Float32Array; readonly means?: Float32Array },
  { rows, columns }: Grid,
  { width, channels, side }: Sizes,
): void {
  const line = side * channels;
  let from = 0;
  let row = 0;
  for (const y of rows) {
    for (const x of columns) {
      for (let i = 0, to = (y * width + x) * channels; i < side; i++, to += width * channels, from += line) {
        for (let c = 0; c < channels; c++) {
          const mean = means ? means[row * channels + c]! : 0;
          for (let j = c; j < line; j += channels) sums[to + j]! += patches[from + j]! + mean;
        }
      }
      row++;
    }
  }
}

/** How many patches hold each place of an axis, by their corners. */
export function covered(corners: readonly number[], length: number, side: number): Float64Array {
  const counts = new Float64Array(length);
  for (const corner of corners) for (let i = 0; i < side; i++) counts[corner + i]!++;
  return counts;
}

/** Sums of the patches of a whole grid, divided at every pixel by the number of its patches. */
export function averaged(
  sums: Float64Array,
  { rows, columns }: Grid,
  { height, width, channels, side }: Sizes,
): Float32Array {
  const [down, across] = [covered(rows, height, side), covered(columns, width, side)];
  const out = new Float32Array(sums.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const share = 1 / (down[y]! * across[x]!);
      for (let c = 0; c < channels; c++, at++) out[at] = sums[at]! * share;
    }
  }
  return out;
}
