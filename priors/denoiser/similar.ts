import type { Grid } from "../../src/data/grid.ts";
import type { Picture } from "./picture.ts";

/** Similar patches of every patch, itself among them. */
export const COUNT = 16;
/** How far away they are looked for, in pixels along each axis. */
export const REACH = 10;

/** For each patch of a grid the places (the index of the corner pixel) of the patches of its image that are nearest to it. */
export interface Similar {
  readonly side: number;
  /** [patches, COUNT] */
  readonly corners: Int32Array;
}

/**
 * The patches of an image that differ least from each patch of a grid, by the squared distance, among those at most `REACH` pixels away. Distances of one shift come from running sums.
 * `pause` is awaited now and then. At most COUNT; where fewer lie inside the image, some places come twice.
 */
export async function similarPatches(
  { data, height, width }: Picture,
  grid: Grid,
  side: number,
  pause: () => Promise<void>,
): Promise<Similar> {
  const columns = grid.columns.length;
  const count = grid.rows.length * columns;
  const corners = new Int32Array(count * COUNT);
  const distances = new Float32Array(count * COUNT).fill(Number.POSITIVE_INFINITY);
  const sums = new Float64Array((height + 1) * (width + 1));
  for (let dy = -REACH; dy <= REACH; dy++) {
    await pause();
    for (let dx = -REACH; dx <= REACH; dx++) {
      const shift = dy * width + dx;
      // sums[y, x] of the squared differences above and left of a pixel, where both images have one
      const [top, bottom] = [Math.max(0, -dy), Math.min(height, height - dy)];
      const [left, right] = [Math.max(0, -dx), Math.min(width, width - dx)];
      sums.fill(0, top * (width + 1), (top + 1) * (width + 1));
      for (let y = top; y < bottom; y++) {
        let line = 0;
        const to = (y + 1) * (width + 1);
        sums[to + left] = 0;
        for (let x = left, at = y * width + left; x < right; x++, at++) {
          const difference = data[at]! - data[at + shift]!;
          line += difference * difference;
          sums[to + x + 1] = sums[to + x + 1 - (width + 1)]! + line;
        }
      }
      for (const [row, y] of grid.rows.entries()) {
        if (y < top || y + side > bottom) continue;
        const [above, below] = [y * (width + 1), (y + side) * (width + 1)];
        for (let column = 0; column < columns; column++) {
          const x = grid.columns[column]!;
          if (x < left || x + side > right) continue;
          const distance = sums[below + x + side]! - sums[below + x]! - sums[above + x + side]! + sums[above + x]!;
          const first = (row * columns + column) * COUNT;
          if (!(distance < distances[first + COUNT - 1]!)) continue;
          let at = first + COUNT - 1;
          for (; at > first && distances[at - 1]! > distance; at--) {
            distances[at] = distances[at - 1]!;
            corners[at] = corners[at - 1]!;
          }
          distances[at] = distance;
          corners[at] = y * width + x + shift;
        }
      }
    }
  }
  for (let at = 0; at < corners.length; at++) {
    if (distances[at] === Number.POSITIVE_INFINITY) corners[at] = corners[at - (at % COUNT)]!;
  }
  return { side, corners };
}

/** The average of the patches of an image at the places that are similar to patch `patch`, into `out` [side²]. */
export function averageSimilar({ data, width }: Picture, { side, corners }: Similar, patch: number, out: Float32Array) {
  out.fill(0);
  for (let k = 0; k < COUNT; k++) {
    const corner = corners[patch * COUNT + k]!;
    for (let i = 0, to = 0; i < side; i++) {
      for (let j = 0, from = corner + i * width; j < side; j++) out[to++]! += data[from + j]!;
    }
  }
  for (let i = 0; i < out.length; i++) out[i]! /= COUNT;
}
