import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../../src/data/array.ts";
import { compile } from "../../../src/engine/index.ts";
import { chunksOf } from "../../../src/solve/chunks.ts";
import { takeRows } from "../../../src/solve/rows.ts";

/** Samples that are compared at a time. */
const BLOCK = 1000;

/** The covariance [n, n] of x − G(x) over all rows x of `data` [count, n], G: [batch, n] to the same. Ends with the signal's reason. */
export async function covarianceLeft(
  data: NdArray<Float32Array>,
  made: (x: tf.Tensor) => tf.Tensor,
  signal?: AbortSignal,
): Promise<NdArray<Float32Array>> {
  const [count, n] = data.shape as [number, number];
  const chunks = chunksOf(count, BLOCK);
  const size = chunks[0]!.at.length;
  const given = (at: readonly number[], rows: number) => ({
    x: takeRows(data, at),
    counts: fromHost(
      Float32Array.from(at, (_, i) => Number(i < rows)),
      [size, 1],
    ),
  });
  const sums = await compile(
    ({ x, counts }: { x: tf.Tensor; counts: tf.Tensor }) => {
      const left = tf.mul(tf.sub(x, made(x)), counts);
      return { first: tf.sum(left, 0), second: tf.matMul(left, left, true, false) };
    },
    given(chunks[0]!.at, size),
  );
  const first = new Float64Array(n);
  const second = new Float64Array(n * n);
  for (const { at, count: rows } of chunks) {
    signal?.throwIfAborted();
    const part = await sums.run(given(at, rows));
    for (let i = 0; i < n; i++) first[i]! += part.first.data[i]! / count;
    for (let i = 0; i < n * n; i++) second[i]! += part.second.data[i]! / count;
  }
  await sums.dispose();
  const covariance = second.map((v, at) => v - first[Math.floor(at / n)]! * first[at % n]!);
  return fromHost(Float32Array.from(covariance), [n, n]);
}
