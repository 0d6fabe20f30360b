import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { fillTiles, tilesFor } from "../../src/data/tiles.ts";
import { type CompileOptions, compile } from "../../src/engine/index.ts";

/** Rows of a block, and rows of one cell that are multiplied together. */
const [BLOCK, TILE] = [16384, 32];

/** Multiplies rows v [n, given] by the matrices [cells, given, made] of their cells: vᵀM_k, k the cell of v. */
export async function cellProduct(
  { cells, given, made }: Record<"cells" | "given" | "made", number>,
  options: Pick<CompileOptions, "threads"> = {},
) {
  const tiles = tilesFor(BLOCK, cells, TILE);
  const count = tiles.cellOf.length;
  const block = {
    v: ndarray(new Float32Array(BLOCK * given), [BLOCK, given]),
    members: ndarray(tiles.members, [count * TILE]),
    cell: ndarray(tiles.cellOf, [count]),
    place: ndarray(new Int32Array(BLOCK), [BLOCK]),
  };
  const like: NdArray<Float32Array> = ndarray(new Float32Array(cells * given * made), [cells, given, made]);
  const multiply = await compile(
    ({ v, members, cell, place, matrices }: Record<keyof typeof block | "matrices", tf.Tensor>) => {
      const own = tf.reshape(tf.gather(v, members as tf.Tensor1D), [count, TILE, given]);
      const product = tf.matMul(own, tf.gather(matrices, cell as tf.Tensor1D));
      return tf.gather(tf.reshape(product, [count * TILE, made]), place as tf.Tensor1D);
    },
    { ...block, matrices: like },
    { ...options, name: "product in cells" },
  );
  return {
    /** [n, made] of rows [n, given]. */
    run: async (
      rows: Float32Array,
      cellOf: Int32Array,
      matrices: NdArray<Float32Array>,
      signal?: AbortSignal,
    ): Promise<Float32Array> => {
      const out = new Float32Array(cellOf.length * made);
      for (let from = 0; from < cellOf.length; from += BLOCK) {
        signal?.throwIfAborted();
        const own = cellOf.subarray(from, from + BLOCK);
        block.v.data.set(rows.subarray(from * given, (from + BLOCK) * given));
        fillTiles(tiles, own, 0, block.place.data);
        const { data } = (await multiply.run({ ...block, matrices })) as NdArray<Float32Array>;
        out.set(data.subarray(0, own.length * made), from * made);
      }
      return out;
    },
    dispose: () => multiply.dispose(),
  };
}
