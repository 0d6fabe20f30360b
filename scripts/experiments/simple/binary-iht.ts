import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LinearOperator } from "../../../operators/operator.ts";
import { fromHost } from "../../../src/data/array.ts";
import { compile } from "../../../src/engine/index.ts";
import { filled } from "../../../src/solve/batch.ts";

const STEPS = 200;

/** A'y: the direction that signs y = sign(Ax) of random projections have in the mean (Plan, Vershynin 2013). */
export async function backProjection(a: LinearOperator, y: NdArray<Float32Array>): Promise<NdArray<Float32Array>> {
  const back = await compile((given: { y: tf.Tensor }) => a.adjoint(given.y), { y });
  const x = await back.run({ y });
  await back.dispose();
  return x;
}

/**
 * Binary iterative hard thresholding (Jacques, Laska, Boufounos, Baraniuk 2013) for y = sign(Ax): x ← H(x + A'(y − sign(Ax))/2), H keeps the `kept` largest
 * numbers. Pixels are not negative, so negative ones are not kept.
 */
export async function binaryThresholding(
  a: LinearOperator,
  y: NdArray<Float32Array>,
  kept: number,
): Promise<NdArray<Float32Array>> {
  const signals = y.shape[0]!;
  let x = filled(signals, a.inShape);
  const width = x.size / signals;
  const step = await compile(
    (given: { x: tf.Tensor; y: tf.Tensor }) => {
      const signs = tf.sign(tf.add(tf.sign(a.forward(given.x)), 0.5));
      return tf.add(given.x, tf.mul(0.5, a.adjoint(tf.sub(given.y, signs))));
    },
    { x, y },
  );
  for (let i = 0; i < STEPS; i++) {
    const { data } = await step.run({ x, y });
    const out = new Float32Array(data.length);
    for (let from = 0; from < data.length; from += width) {
      const limit = data.slice(from, from + width).sort()[width - kept]!;
      for (let p = from; p < from + width; p++) if (data[p]! >= limit && data[p]! > 0) out[p] = data[p]!;
    }
    x = fromHost(out, [signals, ...a.inShape]);
  }
  await step.dispose();
  return x;
}
