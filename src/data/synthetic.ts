import ndarray from "ndarray";
import { type Random, stream } from "./random.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize } from "./rows.ts";

/** Samples of every synthetic set: the n of the CL-GN paper. */
const COUNT = 100_000;
/** Standard deviation of the radius (spiral, ring) and of each Gaussian (gmm6). The paper does not state it. */
const SPREAD = 0.05;

/** Draws one point (x, y) of the plane. */
type Draw = (random: Random) => readonly [number, number];

const polar = (radius: number, angle: number) => [radius * Math.cos(angle), radius * Math.sin(angle)] as const;

/** The two-dimensional sets of CL-GN (Schellekens, Jacques 2020), section 4, in the unit disk. */
export const syntheticSets = {
  /** Angle φ ~ U[0, 2π), radius φ/2π + N(0, 0.05²). */
  spiral: (random) => {
    const angle = 2 * Math.PI * random.uniform();
    return polar(angle / (2 * Math.PI) + SPREAD * random.normal(), angle);
  },
  /** Six Gaussians of equal weight, N(c_k, 0.05² I), centres on a circle of radius 0.7. */
  gmm6: (random) => {
    const [x, y] = polar(0.7, (2 * Math.PI * random.integer(6)) / 6);
    return [x + SPREAD * random.normal(), y + SPREAD * random.normal()];
  },
  /** Angle φ ~ U[0, 2π), radius 0.7 + N(0, 0.05²). */
  ring: (random) => {
    const angle = 2 * Math.PI * random.uniform();
    return polar(0.7 + SPREAD * random.normal(), angle);
  },
} satisfies Record<string, Draw>;

export type SyntheticName = keyof typeof syntheticSets;

/** Points drawn from one stream. Each block has its own, so it can be drawn without the blocks before it. */
const BLOCK = 1000;

/** 100 000 points of a synthetic set, shape [2]. The same seed (default 0) gives the same points in the same order. */
export function syntheticDataset(name: SyntheticName, seed = 0): Dataset {
  const draw: Draw = syntheticSets[name];
  let kept = { block: -1, points: new Float32Array(0) };
  const block = (index: number): Float32Array => {
    if (kept.block === index) return kept.points;
    const random = stream(seed, "dataset", name, index);
    const points = new Float32Array(2 * BLOCK);
    for (let i = 0; i < BLOCK; i++) points.set(draw(random), 2 * i);
    kept = { block: index, points };
    return points;
  };
  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, COUNT, range);
    requireSize(name, size);
    for (let first = from; first < to; first += size) {
      const rows = Math.min(size, to - first);
      const data = new Float32Array(2 * rows);
      for (let row = 0; row < rows; ) {
        const at = first + row;
        const take = Math.min(rows - row, BLOCK - (at % BLOCK));
        const begin = 2 * (at % BLOCK);
        data.set(block(Math.floor(at / BLOCK)).subarray(begin, begin + 2 * take), 2 * row);
        row += take;
      }
      yield { first, data: ndarray(data, [rows, 2]) };
    }
  }
  return { name, count: COUNT, shape: [2], batches };
}
