import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { perSignal } from "../../priors/signals.ts";
import { compile } from "../engine/index.ts";
import type { Problem } from "../solve/index.ts";

/**
 * What an estimate [batch, ...shape] leaves of the measurements, the root mean square of y − Φ(x̂) over those of each signal, [batch], in
 * their units. For the truth it is about the noise's σ.
 */
export async function residuals({ operator, y }: Problem, estimate: NdArray<Float32Array>): Promise<Float64Array> {
  const given = { x: estimate, y };
  const norms = await compile(
    ({ x, y: measured }: { x: tf.Tensor; y: tf.Tensor }) =>
      tf.sqrt(tf.mean(perSignal(tf.square(tf.sub(measured, operator.forward(x)))), 1)),
    given,
    { name: "residual" },
  );
  const { data } = await norms.run(given);
  await norms.dispose();
  return Float64Array.from(data);
}
