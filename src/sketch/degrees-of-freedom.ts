import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { symmetricEigen } from "../data/linalg.ts";
import { compile } from "../engine/index.ts";

/**
 * The degrees of freedom of Fourier moments on samples, N(λ) = Σ_i μ_i/(μ_i + λ), μ_i the eigenvalues of the covariance of
 * (cos ωⱼᵀu, sin ωⱼᵀu)/√m over the samples (Caponnetto, De Vito 2007): about how many of their combinations vary by more than λ.
 * u [P, k] and Ω [k, m]; computed from the P × P matrix of inner products, so N(λ) < P.
 */
export async function degreesOfFreedom(
  u: NdArray<Float32Array>,
  omega: NdArray<Float32Array>,
  lambda: number,
): Promise<number> {
  const [rows, m] = [u.shape[0]!, omega.shape[1]!];
  const compiled = await compile(
    (given: { u: tf.Tensor; omega: tf.Tensor }) => {
      const phase = tf.matMul(given.u, given.omega);
      const moments = tf.div(tf.concat([tf.cos(phase), tf.sin(phase)], 1), Math.sqrt(m * rows));
      const centred = tf.sub(moments, tf.mean(moments, 0, true));
      return tf.matMul(centred, centred, false, true);
    },
    { u, omega },
    { name: "degrees of freedom" },
  );
  const { data } = await compiled.run({ u, omega });
  await compiled.dispose();
  const { values } = symmetricEigen(data as Float32Array, rows);
  return values.reduce((sum, value) => sum + Math.max(0, value) / (Math.max(0, value) + lambda), 0);
}
