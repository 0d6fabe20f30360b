import type { NdArray } from "ndarray";
import { fromHost } from "./array.ts";

/**
 * The kernel of a straight motion: k[i, j] ∝ max(0, 1 − the distance in pixels of (i, j) from a line segment through the centre, its ends length − 1
 * apart, `angle` degrees anticlockwise from the horizontal), with sum 1. At 0° and an odd length these are `length` equal pixels.
 * After `fspecial("motion", length, angle)` of MATLAB.
 */
export function motionKernel(length: number, angle: number): NdArray<Float32Array> {
  const half = (length - 1) / 2;
  const [across, up] = [Math.cos((Math.PI * angle) / 180), Math.sin((Math.PI * angle) / 180)];
  const reach = (v: number) => Math.ceil(half * Math.abs(v) + 1 - 1e-9) - 1; // 1e-9: a cosine that should be 0
  return normalised(reach(up), reach(across), (i, j) => {
    const along = j * across - i * up; // rows run down
    const beside = j * up + i * across;
    return Math.max(0, 1 - Math.hypot(beside, Math.max(0, Math.abs(along) - half)));
  });
}

/** The kernel of a lens out of focus: k[i, j] ∝ the area of pixel (i, j) inside a disk of `radius` pixels, with sum 1; `fspecial("disk", radius)`. */
export function diskKernel(radius: number): NdArray<Float32Array> {
  const reach = Math.ceil(radius - 0.5);
  return normalised(reach, reach, (i, j) => {
    const [left, right] = quadrant(Math.abs(j));
    const [low, high] = quadrant(Math.abs(i));
    const halves = (i === 0 ? 2 : 1) * (j === 0 ? 2 : 1);
    return halves * areaInside(radius, left, right, low, high);
  });
}

/** Pixel k ≥ 0 of an axis as an interval on the positive side; that of 0 is half a pixel. */
const quadrant = (k: number): [number, number] => [Math.max(0, k - 0.5), k + 0.5];

/** The area of [left, right] × [low, high], in the first quadrant, inside the circle of radius r about 0. */
function areaInside(r: number, left: number, right: number, low: number, high: number): number {
  const circle = (v: number) => Math.sqrt(Math.max(0, r * r - v * v));
  const full = Math.min(Math.max(circle(high), left), right); // up to here the circle is above the rectangle
  const end = Math.min(Math.max(circle(low), full), right); // from here on below it
  const under = (x: number) => (x * circle(x) + r * r * Math.asin(Math.min(1, x / r))) / 2; // its area over [0, x]
  return (full - left) * (high - low) + under(end) - under(full) - (end - full) * low;
}

/** The kernel of 2 down + 1 by 2 across + 1 with weights `at(i, j)` about the centre, divided by their sum. */
function normalised(down: number, across: number, at: (i: number, j: number) => number): NdArray<Float32Array> {
  const columns = 2 * across + 1;
  const weights = Float64Array.from({ length: (2 * down + 1) * columns }, (_, k) =>
    at(Math.floor(k / columns) - down, (k % columns) - across),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  return fromHost(
    Float32Array.from(weights, (v) => v / total),
    [2 * down + 1, columns],
  );
}
