import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { operatorNorm } from "../../../operators/norms.ts";
import type { LinearOperator } from "../../../operators/operator.ts";
import { fromHost, sizeOf } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { norms, scaled, TINY } from "../../../src/solve/batch.ts";

const [POWER_STEPS, STEPS] = [100, 500];

/**
 * Amplitude flow (Zhang, Liang 2016; Wang, Giannakis, Eldar 2018) for y = |Ax|, within [0, 1]: x ← P(x − A'(Ax − y sign(Ax))/‖A‖²), from the leading
 * eigenvector of A' diag(y²) A by power iteration, with the norm ‖y‖ that E‖Ax‖² = ‖x‖² gives it and the sign that makes its sum positive. Where A is a part of
 * an isometry, a step is one of Gerchberg and Saxton's.
 */
export async function amplitudeFlow(a: LinearOperator, y: NdArray<Float32Array>): Promise<NdArray<Float32Array>> {
  const signals = y.shape[0]!;
  const shape = [signals, ...a.inShape];
  let x: NdArray<Float32Array> = fromHost(stream(1, "power start").fillNormal(new Float32Array(sizeOf(shape))), shape);
  const power = await compile(
    (given: { x: tf.Tensor; y: tf.Tensor }) => {
      const next = a.adjoint(tf.mul(tf.square(given.y), a.forward(given.x)));
      return scaled(tf.div(norms(given.y), tf.maximum(norms(next), TINY)), next);
    },
    { x, y },
  );
  for (let i = 0; i < POWER_STEPS; i++) x = await power.run({ x, y });
  await power.dispose();
  const width = x.size / signals;
  x = fromHost(
    x.data.map((v, at) => {
      const own = x.data.subarray(Math.floor(at / width) * width, (Math.floor(at / width) + 1) * width);
      return own.reduce((sum, u) => sum + u, 0) < 0 ? -v : v;
    }),
    shape,
  );
  const size = 1 / (await operatorNorm(a)) ** 2;
  const step = await compile(
    (given: { x: tf.Tensor; y: tf.Tensor }) => {
      const measured = a.forward(given.x);
      const gap = tf.sub(measured, tf.mul(given.y, tf.sign(measured)));
      return tf.clipByValue(tf.sub(given.x, tf.mul(size, a.adjoint(gap))), 0, 1);
    },
    { x, y },
  );
  for (let i = 0; i < STEPS; i++) x = await step.run({ x, y });
  await step.dispose();
  return x;
}
