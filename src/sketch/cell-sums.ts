import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { fillTiles, tilesFor } from "../data/tiles.ts";
import { compile } from "../engine/index.ts";
import { addExactly, onGrid } from "./exact-sums.ts";
import { triangleSize } from "./families/family.ts";

/** Rows of one cell that are multiplied together. */
const TILE = 32;
/** Numbers of the products of one run. */
const MOST = 2 ** 21;

/** Exact sums, and the grid of what is added to them. */
interface Squares {
  readonly sum: Float64Array;
  readonly rest: Float64Array;
  readonly grid: number;
}

/**
 * Σ aaᵀ over the rows of each cell, of blocks of at most `rows` rows a [rows, width]. A row is in one cell, so rows are sorted by their cells and
 * each cell multiplies its own: with K cells, 1/K of the work of weighing every row by every cell.
 */
export async function cellSums(rows: number, width: number, cells: number) {
  const tiles = tilesFor(rows, cells, TILE);
  const count = Math.max(1, Math.min(tiles.cellOf.length, Math.floor(MOST / width ** 2))); // tiles of one run
  const given = {
    a: ndarray(new Float32Array((rows + 1) * width), [rows + 1, width]), // the last row stays 0 and fills the tiles
    members: ndarray(new Int32Array(count * TILE), [count * TILE]),
  };
  const compiled = await compile(
    ({ a, members }: Record<"a" | "members", tf.Tensor>) => {
      const own = tf.reshape(tf.gather(a, members as tf.Tensor1D), [count, TILE, width]);
      return tf.matMul(own, own, true, false);
    },
    given,
    { name: "sums in cells", threads: 1 },
  );
  return {
    /** Adds a block a [n, width] to the counts [cells] and to Σ aaᵀ as lower triangles [cells, width(width+1)/2], rounded to their grid. */
    async add(a: Float32Array, cellOf: Int32Array, counts: Float64Array, { sum, rest, grid }: Squares): Promise<void> {
      given.a.data.set(a);
      const used = fillTiles(tiles, cellOf, rows);
      const size = triangleSize(width);
      for (let first = 0; first < used; first += count) {
        given.members.data.fill(rows).set(tiles.members.subarray(first * TILE, Math.min(used, first + count) * TILE));
        const { data } = (await compiled.run(given)) as NdArray<Float32Array>;
        for (let tile = first; tile < Math.min(used, first + count); tile++) {
          let to = tiles.cellOf[tile]! * size;
          for (let i = 0; i < width; i++) {
            const from = ((tile - first) * width + i) * width;
            for (let j = 0; j <= i; j++) addExactly(sum, rest, to++, onGrid(data[from + j]!, grid));
          }
        }
      }
      for (const cell of cellOf) counts[cell]!++;
    },
    dispose: () => compiled.dispose(),
  };
}
