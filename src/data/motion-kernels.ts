import ndarray, { type NdArray } from "ndarray";
import { diskKernel } from "./blur-kernels.ts";
import { InputError } from "./errors.ts";
import type { OptionTable, OptionValues } from "./options.ts";
import { type Random, stream } from "./random.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize } from "./rows.ts";

/** Kernels of the set; they are drawn when they are read. */
const COUNT = 100_000;
/** Part of the kernels that are lenses out of focus. */
const DEFOCUS = 0.25;
/** Points of a path for every pixel of a side: neighbours are less than a quarter of a pixel apart on most paths. */
const FINE = 16;
/** Largest ratio of the wandering of a path's velocity to its drift. */
const WANDER = 3;

export const motionKernelOptions = {
  side: { type: "integer", default: 13, description: "side of a kernel in pixels, odd" },
} as const satisfies OptionTable;

/**
 * Blur kernels of cameras: 100 000 images k ≥ 0 of side × side pixels with sum 1 and their centre of mass in the middle pixel.
 *
 * - Three quarters are motion: the path p(s) = ∫₀ˢ v of a point with velocity v(s) = d + ρ B(s), s in [0, 1], d a random direction, B a Brownian motion of the
 *   plane and ρ ~ U[0, 3]: near 0 the path is straight. It spends equal times at its points, and is scaled until it reaches e pixels from its centre of mass along
 *   one axis, e ~ U[½, (side − 2)/2]. Each point falls on the four pixels around it by bilinear weights.
 * - One quarter are lenses out of focus: disks of radius U[½, (side − 1)/4] pixels, each pixel weighted by its area inside.
 *
 * The same seed (default 0) gives the same kernels. Random paths after Boracchi, Foi, "Modeling the performance of image restoration from motion blur" (2012).
 * Errors (InputError): a side that is even or below 5.
 */
export function motionKernels({ side }: OptionValues<typeof motionKernelOptions>, seed = 0): Dataset {
  if (!(side >= 5 && side % 2 === 1)) {
    throw new InputError(`motion-kernels: side: expected an odd number of pixels from 5 on, got ${side}`);
  }
  const name = side === motionKernelOptions.side.default ? "motion-kernels" : `motion-kernels:side=${side}`;
  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, COUNT, range);
    requireSize(name, size);
    for (let first = from; first < to; first += size) {
      const rows = Math.min(size, to - first);
      const data = new Float32Array(rows * side * side);
      for (let row = 0; row < rows; row++) {
        data.set(drawn(stream(seed, "motion kernels", side, first + row), side), row * side * side);
      }
      yield { first, data: ndarray(data, [rows, side, side]) };
    }
  }
  return { name, count: COUNT, shape: [side, side], batches };
}

function drawn(random: Random, side: number): Float64Array {
  const middle = (side - 1) / 2;
  if (random.uniform() >= DEFOCUS) return rasterised(path(random, side), side);
  return centred(diskKernel(0.5 + random.uniform() * (middle / 2 - 0.5)), side);
}

/** An odd kernel in the middle of zeros. */
function centred({ data, shape: [rows, columns] }: NdArray<Float32Array>, side: number): Float64Array {
  const out = new Float64Array(side * side);
  const [top, left] = [(side - rows!) / 2, (side - columns!) / 2];
  for (const [i, weight] of data.entries()) {
    out[(top + Math.floor(i / columns!)) * side + left + (i % columns!)] = weight;
  }
  return out;
}

/** Points (x, y) of a path about its centre of mass, in pixels. */
function path(random: Random, side: number): Float64Array {
  const count = FINE * side;
  const angle = 2 * Math.PI * random.uniform();
  const [rho, reach] = [WANDER * random.uniform(), 0.5 + random.uniform() * ((side - 2) / 2 - 0.5)];
  const points = new Float64Array(2 * count);
  const velocity: [number, number] = [Math.cos(angle), Math.sin(angle)];
  const at: [number, number] = [0, 0];
  const mean: [number, number] = [0, 0];
  for (let i = 0; i < count; i++) {
    for (const axis of [0, 1] as const) {
      points[2 * i + axis] = at[axis];
      mean[axis] += at[axis] / count;
      at[axis] += velocity[axis];
      velocity[axis] += (rho * random.normal()) / Math.sqrt(count);
    }
  }
  const about = points.map((v, i) => v - mean[(i % 2) as 0 | 1]);
  const extent = about.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return about.map((v) => (v * reach) / extent);
}

function rasterised(points: Float64Array, side: number): Float64Array {
  const out = new Float64Array(side * side);
  const middle = (side - 1) / 2;
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i]! + middle, points[i + 1]! + middle];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, low] = [x - left, y - top];
    const weight = 2 / points.length;
    out[top * side + left]! += weight * (1 - right) * (1 - low);
    out[top * side + left + 1]! += weight * right * (1 - low);
    out[(top + 1) * side + left]! += weight * (1 - right) * low;
    out[(top + 1) * side + left + 1]! += weight * right * low;
  }
  return out;
}
