import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { fillTiles, tilesFor } from "../data/tiles.ts";
import { compile } from "../engine/index.ts";
import { addRounded } from "./exact-sums.ts";
import { triangleSize } from "./families/family.ts";

/** Exact sums, and the grid of what is added to them. */
export interface Added {
  readonly sum: Float64Array;
  readonly rest: Float64Array;
  readonly grid: number;
}

/** Adds Σ aaᵀ over the rows of each cell. */
export interface CellSquares {
  /** Adds those of the rows a [n, width], `cellOf` the cell of each, to lower triangles [cells, width(width+1)/2], rounded to their grid. */
  add(a: Float32Array, cellOf: Int32Array, to: Added): Promise<void>;
  dispose(): Promise<void>;
}

/** Cells of so many rows of a block, on average, are multiplied one by one, and so are rows of so many numbers; others in tiles, many at once. */
const MANY = 64;
const WIDE = 256;

/**
 * Σ aaᵀ over the rows of each cell, of blocks of at most `rows` rows a [rows, width]. A row is in one cell, so rows are sorted by their cells and
 * each cell multiplies its own: with K cells, 1/K of the work of weighing every row by every cell.
 */
export const cellSquares = (rows: number, width: number, cells: number): Promise<CellSquares> =>
  rows / cells < MANY && width < WIDE ? inTiles(rows, width, cells) : oneByOne(rows, width, cells);

/** Rows of one cell that are multiplied together. */
const TILE = 32;
/** Numbers of the products of one run. */
const MOST = 2 ** 21;

async function inTiles(rows: number, width: number, cells: number): Promise<CellSquares> {
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
  const lower = new Float32Array(triangleSize(width));
  return {
    add: async (a, cellOf, to) => {
      given.a.data.set(a);
      const used = fillTiles(tiles, cellOf, rows);
      for (let first = 0; first < used; first += count) {
        given.members.data.fill(rows).set(tiles.members.subarray(first * TILE, Math.min(used, first + count) * TILE));
        const { data } = (await compiled.run(given)) as NdArray<Float32Array>;
        for (let tile = first; tile < Math.min(used, first + count); tile++) {
          for (let i = 0; i < width; i++) {
            const from = ((tile - first) * width + i) * width;
            lower.set(data.subarray(from, from + i + 1), triangleSize(i));
          }
          addTo(to, tiles.cellOf[tile]!, lower);
        }
      }
    },
    dispose: () => compiled.dispose(),
  };
}

/** Columns of a panel of the lower triangle: each is one product with the columns up to its last, so with p panels (1 + 1/p)/2 of aᵀa is computed. */
const PANEL = 200;

/** The least rows of a product. Others are padded with rows of 0 to the next power of two, or to 3/4 of it. */
const LEAST = 32;

async function oneByOne(rows: number, width: number, cells: number): Promise<CellSquares> {
  const panels = Math.max(1, Math.round(width / PANEL));
  const ends = Array.from({ length: panels + 1 }, (_, i) => Math.round((i * width) / panels));
  const given = new Float32Array(sizeFrom(rows) * width);
  const compiled = new Map<number, Awaited<ReturnType<typeof productsOf>>>();
  const productsOf = (count: number) =>
    compile(
      (a: tf.Tensor) =>
        ends.slice(1).map((end, i) => {
          const panel = tf.slice(a, [0, ends[i]!], [count, end - ends[i]!]);
          return tf.matMul(panel, tf.slice(a, [0, 0], [count, end]), true, false);
        }),
      ndarray(given.subarray(0, count * width), [count, width]),
      { name: "sums in a cell", threads: 1 },
    );
  const lower = new Float32Array(triangleSize(width));
  return {
    add: async (a, cellOf, to) => {
      const members = Array.from({ length: cells }, (): number[] => []);
      for (const [row, cell] of cellOf.entries()) members[cell]!.push(row);
      for (const [cell, own] of members.entries()) {
        if (own.length === 0) continue;
        const count = sizeFrom(own.length);
        for (const [at, row] of own.entries()) given.set(a.subarray(row * width, (row + 1) * width), at * width);
        given.fill(0, own.length * width, count * width);
        const products = compiled.get(count) ?? (await productsOf(count));
        compiled.set(count, products);
        const made = (await products.run(
          ndarray(given.subarray(0, count * width), [count, width]),
        )) as NdArray<Float32Array>[];
        for (const [i, { data }] of made.entries()) {
          for (let row = ends[i]!; row < ends[i + 1]!; row++) {
            const from = (row - ends[i]!) * ends[i + 1]!;
            lower.set(data.subarray(from, from + row + 1), triangleSize(row));
          }
        }
        addTo(to, cell, lower);
      }
    },
    dispose: async () => {
      for (const products of compiled.values()) await products.dispose();
    },
  };
}

/** The rows of the product that takes so many. */
function sizeFrom(rows: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(LEAST, rows)));
  return rows <= 0.75 * power && power > LEAST ? 0.75 * power : power;
}

/** Adds Σ a over the rows of each cell, a [n, width], to sums [cells, width]; within the block in float64. */
export function addInCells(a: Float32Array, cellOf: Int32Array, to: Added): void {
  const width = a.length / cellOf.length;
  const own = new Map<number, Float64Array>();
  for (const [row, cell] of cellOf.entries()) {
    const of = own.get(cell) ?? new Float64Array(width);
    own.set(cell, of);
    for (let i = 0; i < width; i++) of[i]! += a[row * width + i]!;
  }
  for (const [cell, of] of own) addTo(to, cell, of);
}

/** Adds the sums of a cell, rounded to the grid. */
function addTo({ sum, rest, grid }: Added, cell: number, own: Float32Array | Float64Array): void {
  const [from, to] = [cell * own.length, (cell + 1) * own.length];
  addRounded(sum.subarray(from, to), rest.subarray(from, to), own, grid);
}
