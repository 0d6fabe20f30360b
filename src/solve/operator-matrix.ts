import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { ForwardOperator, LinearOperator } from "../../operators/operator.ts";
import { fromHost, sizeOf } from "../data/array.ts";
import { oncePer } from "../data/once.ts";
import { compile } from "../engine/index.ts";
import { chunksOf } from "./chunks.ts";
import { takeRows } from "./rows.ts";

/** The most signals of one compiled run. */
const MOST_ROWS = 256;

/** Applies Φ to every row, in compiled batches: rows [r, n] to [r, m], with signals flattened to n numbers and measurements to m. */
export async function applyToRows(
  operator: ForwardOperator,
  rows: NdArray<Float32Array>,
): Promise<NdArray<Float32Array>> {
  const [n, m] = [sizeOf(operator.inShape), sizeOf(operator.outShape)];
  const [count = 0, width = 0] = rows.shape;
  if (rows.shape.length !== 2 || width !== n) {
    throw new RangeError(`applyToRows: ${operator.name} expects rows of ${n} numbers, [r, ${n}], got [${rows.shape}]`);
  }
  const chunks = chunksOf(count, MOST_ROWS);
  const given = (at: readonly number[]) => ({ x: takeRows(rows, at, [at.length, ...operator.inShape]) });
  const forward = await compile((input: { x: tf.Tensor }) => operator.forward(input.x), given(chunks[0]!.at), {
    name: operator.name,
  });
  const out = new Float32Array(count * m);
  for (const { first, count: own, at } of chunks) {
    const { data: y } = await forward.run(given(at));
    out.set(y.subarray(0, own * m), first * m);
  }
  await forward.dispose();
  return fromHost(out, [count, m]);
}

/** Φᵀ as a matrix [n, m]; row j is the measurement of the j-th unit vector. Computed once for each operator and kept. */
export const transposedMatrix = oncePer((operator: LinearOperator): Promise<NdArray<Float32Array>> => {
  const n = sizeOf(operator.inShape);
  const identity = new Float32Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  return applyToRows(operator, fromHost(identity, [n, n]));
});
