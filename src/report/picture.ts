import type { NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";

/** Pixels of one picture, row by row; 1 channel (grey) or 3 (RGB), values 0 to 255. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** Whether signals of this shape are pictures: [h, w], [h, w, 1] or [h, w, 3]. */
export const isPictureShape = (shape: readonly number[]): boolean =>
  (shape.length === 2 || (shape.length === 3 && (shape[2] === 1 || shape[2] === 3))) && shape[0]! > 1 && shape[1]! > 1;

/**
 * How values become grey levels. [low, high] makes low black and high white and cuts off values beyond; `stretch` uses the picture's
 * own range.
 */
export type Levels = readonly [low: number, high: number] | "stretch";

/** The pictures of a batch [n, h, w] or [n, h, w, 1 or 3]; levels: default [0, 1]. Errors: RangeError for other shapes. */
export function pictures(images: NdArray<Float32Array>, levels: Levels = [0, 1]): Picture[] {
  const [count, ...shape] = images.shape;
  if (!isPictureShape(shape)) {
    throw new RangeError(
      `pictures: expected images [n, height, width] or [n, height, width, 3], got [${images.shape}]`,
    );
  }
  const [height, width, channels = 1] = shape as [number, number, (1 | 3)?];
  const size = height * width * channels;
  const data = contiguous(images);
  return Array.from({ length: count! }, (_, i) => {
    const values = data.subarray(i * size, (i + 1) * size);
    const [low, high] = levels === "stretch" ? extent(values) : levels;
    const pixels = Uint8Array.from(values, (v) => Math.round(255 * Math.min(1, Math.max(0, (v - low) / (high - low)))));
    return { width, height, channels, pixels };
  });
}

/** The least and the greatest of the finite numbers. If they are equal, they are moved apart by 1. */
export function extent(values: ArrayLike<number>): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  if (low > high) return [0, 1];
  return high > low ? [low, high] : [low, low + 1];
}

/** [0, 1] if the values lie in it or slightly outside it, as those of images do; else their own range. */
export function greyRange(array: NdArray<Float32Array>): readonly [number, number] {
  const [low, high] = extent(contiguous(array));
  return low >= -0.5 && high <= 1.5 && high > 0.1 ? [0, 1] : [low, high];
}

export interface GridOptions {
  /** Default: as square as the number of images allows. */
  readonly columns?: number;
  /** Output pixels per image pixel in each direction; default: the integer that makes an image about 64 pixels wide. */
  readonly scale?: number;
  /** Pixels between images; default 2. */
  readonly gap?: number;
}

/** Pictures of one size in rows, on a mid-grey background. Errors (RangeError): no picture, options that are not integers. */
export function grid(tiles: readonly Picture[], options: GridOptions = {}): Picture {
  const first = tiles[0];
  if (!first) throw new RangeError("grid: expected at least one image, got none");
  const columns = Math.min(tiles.length, options.columns ?? Math.ceil(Math.sqrt(tiles.length)));
  const scale = options.scale ?? Math.max(1, Math.round(64 / first.width));
  const gap = options.gap ?? 2;
  for (const [name, value, least] of [
    ["columns", columns, 1] as const,
    ["scale", scale, 1] as const,
    ["gap", gap, 0] as const,
  ]) {
    if (!(Number.isInteger(value) && value >= least)) {
      throw new RangeError(`grid: ${name}: expected an integer of at least ${least}, got ${value}`);
    }
  }
  const cell = { width: first.width * scale + gap, height: first.height * scale + gap };
  const width = columns * cell.width + gap;
  const height = Math.ceil(tiles.length / columns) * cell.height + gap;
  const { channels } = first;
  const pixels = new Uint8Array(width * height * channels).fill(128);
  tiles.forEach((tile, t) => {
    const left = gap + (t % columns) * cell.width;
    const top = gap + Math.floor(t / columns) * cell.height;
    for (let row = 0; row < tile.height * scale; row++) {
      for (let column = 0; column < tile.width * scale; column++) {
        const from = channels * (Math.floor(row / scale) * tile.width + Math.floor(column / scale));
        const to = channels * ((top + row) * width + left + column);
        for (let c = 0; c < channels; c++) pixels[to + c] = tile.pixels[from + c]!;
      }
    }
  });
  return { width, height, channels, pixels };
}
