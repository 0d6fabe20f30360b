import ndarray, { type NdArray } from "ndarray";
import type { ComparisonCase } from "../compare/compare.ts";
import { quantile } from "../compare/summary.ts";
import { contiguous } from "../data/array.ts";
import { stops } from "./heat.ts";
import { magnitudes } from "./magnitudes.ts";
import type { Picture } from "./picture.ts";

/** Maps of every method's errors |x̂ − x| and standard deviations, a picture each signal, all on one scale. */
export interface Maps {
  /** What is drawn in the brightest colour, as are all greater values. */
  readonly most: number;
  readonly errors: Readonly<Record<string, readonly Picture[]>>;
  readonly deviations: Readonly<Record<string, readonly Picture[]>>;
}

/** Greater errors than this part of them are drawn alike, so that a few do not darken all others. */
const SHOWN = 0.995;

/** The maps of one problem. Errors and deviations share a scale: the 99.5 % quantile of a method's errors, of the methods the median. */
export function mapsOf(truth: NdArray<Float32Array>, { estimates, deviations }: ComparisonCase): Maps {
  const errors = mapped(estimates, (estimate) => magnitudes(difference(estimate, truth)));
  const highest = Object.values(errors).map((maps) =>
    quantile(Float64Array.from(maps.flatMap((map) => [...map].filter(Number.isFinite))).sort(), SHOWN),
  );
  const most = quantile(Float64Array.from(highest.filter(Number.isFinite)).sort(), 0.5) || 1;
  const [height, width] = truth.shape.slice(1) as [number, number];
  const drawn = (maps: readonly Float32Array[]) => maps.map((map) => greys(map, { width, height, most }));
  return { most, errors: mapped(errors, drawn), deviations: mapped(deviations, (one) => drawn(magnitudes(one))) };
}

/** The colours of the maps as a CSS gradient from 0 to the brightest. */
export const heatGradient = `linear-gradient(90deg,${stops.map((rgb) => `rgb(${rgb.join(" ")})`).join(",")})`;

/** An SVG filter `#heat` that colours the grey maps of a page: so a map is stored with one byte a pixel. */
export const heatFilter = (): string => {
  const channels = ["R", "G", "B"].map((name, c) => {
    const values = stops.map((stop) => (stop[c]! / 255).toFixed(3)).join(" ");
    return `<feFunc${name} type="table" tableValues="${values}"/>`;
  });
  return `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><filter id="heat" color-interpolation-filters="sRGB"><feComponentTransfer>${channels.join("")}</feComponentTransfer></filter></svg>`;
};

const mapped = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

function difference(a: NdArray<Float32Array>, b: NdArray<Float32Array>): NdArray<Float32Array> {
  const [left, right] = [contiguous(a), contiguous(b)];
  return ndarray(
    Float32Array.from(left, (v, at) => v - right[at]!),
    [...a.shape],
  );
}

function greys(map: Float32Array, { width, height, most }: { width: number; height: number; most: number }): Picture {
  const pixels = Uint8Array.from(map, (v) => Math.round(255 * Math.min(1, v / most)));
  return { width, height, channels: 1, pixels };
}
