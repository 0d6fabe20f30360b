import ndarray from "ndarray";
import { stream } from "./random.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize } from "./rows.ts";

/** Side of an image in pixels. */
const SIDE = 128;
/** Images of the set; they are drawn when they are read. */
const COUNT = 10_000;
/**
 * Radii of the leaves in pixels: their density is proportional to r⁻³ between these. Of the least radii 1, 4 and 10 the second was the best: 60 cells
 * of dead leaves denoised six training photographs (σ = 25/255) to 29.28, 29.41 and 29.36 dB. (Large leaves were then rarer than their law says.)
 */
const [LEAST_RADIUS, MOST_RADIUS] = [4, 100];
/** Samples of a pixel along each axis. */
const FINE = 2;
/** The blur of the optics, a standard deviation in pixels. */
const BLUR = 0.5;

interface Leaf {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Half of the leaves are rectangles of this ratio of sides; a disk has none. */
  readonly ratio?: number;
  readonly angle: number;
  readonly grey: number;
  /** How much the grey changes over a radius, along x and y. */
  readonly slope: readonly [number, number];
}

/**
 * Dead leaves (Matheron 1968; Lee, Mumford, Huang, "Occlusion models for natural images", 2001): 10 000 grey images of 128 × 128 in
 * [0, 1]. Disks and rectangles cover each other; their radii have the density r⁻³ of a world without a preferred distance, their greys are
 * uniform with a linear shading, and a blur of half a pixel stands for the optics. The same seed (default 0) gives the same images.
 */
export function deadLeaves(seed = 0): Dataset {
  const name = "dead-leaves";
  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, COUNT, range);
    requireSize(name, size);
    for (let first = from; first < to; first += size) {
      const rows = Math.min(size, to - first);
      const data = new Float32Array(rows * SIDE * SIDE);
      for (let row = 0; row < rows; row++) {
        data.set(drawn(seed, first + row), row * SIDE * SIDE);
        await new Promise((resolve) => setTimeout(resolve)); // so that an interruption is seen: an image takes a tenth of a second
      }
      yield { first, data: ndarray(data, [rows, SIDE, SIDE]) };
    }
  }
  return { name, count: COUNT, shape: [SIDE, SIDE], batches };
}

/** One image, from the front leaf to the back one, until every sample is covered. */
function drawn(seed: number, index: number): Float32Array {
  const random = stream(seed, "dead leaves", index);
  const side = SIDE * FINE;
  const out = new Float32Array(side * side);
  const open = new Uint8Array(side * side).fill(1);
  let left = side * side;
  while (left > 0) {
    const radius = FINE * (LEAST_RADIUS ** -2 + random.uniform() * (MOST_RADIUS ** -2 - LEAST_RADIUS ** -2)) ** -0.5;
    const reach = (side + 2 * radius) / (side + 2 * FINE * MOST_RADIUS); // large leaves reach the image from a larger square
    if (random.uniform() > reach ** 2) continue;
    const place = () => random.uniform() * (side + 2 * radius) - radius;
    const leaf: Leaf = {
      ...{ x: place(), y: place(), radius },
      ...(random.uniform() < 0.5 && { ratio: 0.2 + 0.8 * random.uniform() }),
      ...{ angle: Math.PI * random.uniform(), grey: random.uniform() },
      slope: [0.1 * random.normal(), 0.1 * random.normal()],
    };
    left -= cover(leaf, out, open, side);
  }
  return blurred(averaged(out));
}

/** Paints a leaf where nothing is painted yet, and returns how many samples that were. */
function cover({ x, y, radius, ratio, angle, grey, slope }: Leaf, out: Float32Array, open: Uint8Array, side: number) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const half = ratio === undefined ? radius : radius / Math.hypot(1, ratio); // corners are a radius away
  const inside = (dx: number, dy: number) =>
    ratio === undefined
      ? dx * dx + dy * dy <= radius * radius
      : Math.abs(cos * dx + sin * dy) <= half && Math.abs(cos * dy - sin * dx) <= half * ratio;
  const within = (v: number) => Math.min(side, Math.max(0, Math.ceil(v)));
  let painted = 0;
  for (let row = within(y - radius); row < within(y + radius); row++) {
    for (let column = within(x - radius); column < within(x + radius); column++) {
      const at = row * side + column;
      if (!open[at] || !inside(column - x, row - y)) continue;
      const shade = grey + (slope[0] * (column - x) + slope[1] * (row - y)) / radius;
      out[at] = Math.min(1, Math.max(0, shade));
      open[at] = 0;
      painted++;
    }
  }
  return painted;
}

/** The means of FINE × FINE samples. */
function averaged(fine: Float32Array): Float32Array {
  const out = new Float32Array(SIDE * SIDE);
  for (let at = 0; at < fine.length; at++) {
    const [row, column] = [Math.floor(at / (SIDE * FINE)), at % (SIDE * FINE)];
    out[Math.floor(row / FINE) * SIDE + Math.floor(column / FINE)]! += fine[at]! / FINE ** 2;
  }
  return out;
}

/** Convolved with a Gaussian of three pixels a side; the border is repeated. */
function blurred(image: Float32Array): Float32Array {
  const tail = Math.exp(-0.5 / BLUR ** 2);
  const [centre, beside] = [1 / (1 + 2 * tail), tail / (1 + 2 * tail)];
  const along = (from: Float32Array, step: number, place: (at: number) => number) =>
    from.map((v, at) => {
      const before = place(at) > 0 ? from[at - step]! : v;
      const after = place(at) < SIDE - 1 ? from[at + step]! : v;
      return centre * v + beside * (before + after);
    });
  const rows = along(image, 1, (at) => at % SIDE);
  return along(rows, SIDE, (at) => Math.floor(at / SIDE));
}
