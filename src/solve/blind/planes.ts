import type { NdArray } from "ndarray";
import { mirrored, wrapped } from "../../../operators/axes.ts";
import type { Continuation } from "../../../operators/operator.ts";
import { contiguous, fromHost } from "../../data/array.ts";

/** One channel of an image in float64, row by row. */
export interface Plane {
  readonly data: Float64Array;
  readonly height: number;
  readonly width: number;
}

/** The channels of an image [1, h, w] or [1, h, w, channels]. */
export function channelsOf(image: NdArray<Float32Array>): Plane[] {
  const [, height = 0, width = 0, channels = 1] = image.shape;
  const data = contiguous(image) as Float32Array;
  return Array.from({ length: channels }, (_, channel) => ({
    ...{ height, width },
    data: Float64Array.from({ length: height * width }, (_, at) => data[at * channels + channel]!),
  }));
}

/** A plane with what `boundary` says lies outside, as far as a kernel [rows, columns] reaches: `convolution` keeps its inner pixels. */
export function outerContinued(
  plane: Plane,
  [rows, columns]: readonly [number, number],
  boundary: Continuation,
): Plane {
  const { data, height, width } = plane;
  const [top, left] = [rows - 1 - Math.floor(rows / 2), columns - 1 - Math.floor(columns / 2)];
  const [high, wide] = [height + rows - 1, width + columns - 1];
  const source = (at: number, n: number) => {
    if (at >= 0 && at < n) return at;
    if (boundary === "zero") return -1;
    return boundary === "circular" ? wrapped(at, n) : mirrored(at, n);
  };
  const out = new Float64Array(high * wide);
  for (let i = 0; i < high; i++) {
    const row = source(i - top, height);
    for (let j = 0; j < wide; j++) {
      const column = source(j - left, width);
      if (row >= 0 && column >= 0) out[i * wide + j] = data[row * width + column]!;
    }
  }
  return { data: out, height: high, width: wide };
}

/** A plane without a margin of rows and columns at each side. */
export function cropped(plane: Plane, [rows, columns]: readonly [number, number]): Plane {
  if (rows === 0 && columns === 0) return plane;
  const [height, width] = [plane.height - 2 * rows, plane.width - 2 * columns];
  const out = new Float64Array(height * width);
  for (let i = 0; i < height; i++) {
    const from = (i + rows) * plane.width + columns;
    out.set(plane.data.subarray(from, from + width), i * width);
  }
  return { data: out, height, width };
}

/** Differences of neighbours in a row, and in a column: one less along that axis. */
export function differences({ data, height, width }: Plane): readonly [across: Plane, down: Plane] {
  const across = new Float64Array(height * (width - 1));
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width - 1; j++) across[i * (width - 1) + j] = data[i * width + j + 1]! - data[i * width + j]!;
  }
  const down = Float64Array.from({ length: (height - 1) * width }, (_, at) => data[at + width]! - data[at]!);
  return [
    { data: across, height, width: width - 1 },
    { data: down, height: height - 1, width },
  ];
}

/** The mean of an image's channels, [1, h, w], with `range` brought to [0, 1]; without a range its own least and largest number. */
export function greyOf(image: NdArray<Float32Array>, range?: readonly [number, number]): NdArray<Float32Array> {
  const planes = channelsOf(image);
  const { data, height, width } = planes[0]!;
  const grey = data.map((_, at) => planes.reduce((sum, plane) => sum + plane.data[at]! / planes.length, 0));
  const [low, high] = range ?? grey.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [grey[0]!, grey[0]!]);
  return fromHost(
    Float32Array.from(grey, (v) => (v - low) / (high - low || 1)),
    [1, height, width],
  );
}
