import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { matrixOperator } from "../../../operators/matrix.ts";
import type { Boundary, LinearOperator } from "../../../operators/operator.ts";
import { pairedConvolution } from "../../../operators/paired-convolution.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { cholesky, solveLower } from "../../data/cholesky.ts";
import { compile } from "../../engine/index.ts";

type Size = readonly [number, number];

/** Added to the diagonal of AᵀA, as a part of its mean: far below what noise of one in a thousand hides, and above float32 rounding. */
const RIDGE = 1e-6;

/**
 * The kernel of y = k ∗ x + w as a linear problem with as many measurements as k has numbers l, however large the image is. With A_s k = k ∗ x_s for images x_s
 * that are draws of what x can be, or the one image, and RᵀR = mean_s A_sᵀA_s, the misfit mean_s ‖y − A_s k‖² is ‖R⁻ᵀ mean_s A_sᵀy − Rk‖² and a constant.
 * images: [draws, h, w]; y: [1, h, w].
 */
export async function kernelProblem(
  images: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  kernel: Size,
  boundary: Boundary,
): Promise<{ readonly operator: LinearOperator; readonly y: NdArray<Float32Array> }> {
  const [draws, h, w] = images.shape as [number, number, number];
  const l = sizeOf(kernel);
  const convolved = pairedConvolution([h, w], kernel, boundary);
  const given = {
    images: fromHost(contiguous(images) as Float32Array, [draws, h, w]),
    y: fromHost(contiguous(y) as Float32Array, [h * w, 1]),
  };
  const normal = await compile(({ images, y }: { images: tf.Tensor; y: tf.Tensor }) => {
    const unit = tf.reshape(tf.eye(l), [l, ...kernel]);
    const parts = tf.split(images, draws).map((x) => {
      const columns = tf.reshape(convolved(x, unit), [l, h * w]) as tf.Tensor2D; // A_sᵀ
      return {
        gram: tf.matMul(columns, columns, false, true) as tf.Tensor,
        right: tf.matMul(columns, y as tf.Tensor2D) as tf.Tensor,
      };
    });
    const mean = (part: "gram" | "right") => tf.div(tf.addN(parts.map((of) => of[part])), draws);
    return { gram: mean("gram"), right: mean("right") };
  }, given);
  const { gram, right } = await normal.run(given).finally(normal.dispose);
  const a = Float64Array.from(gram.data as Float32Array);
  let trace = 0;
  for (let i = 0; i < l; i++) trace += a[i * l + i]!;
  for (let i = 0; i < l; i++) a[i * l + i]! += (RIDGE * trace) / l;
  const factor = cholesky(a, l); // L = Rᵀ
  const upper = new Float32Array(l * l);
  for (let i = 0; i < l; i++) for (let j = 0; j <= i; j++) upper[j * l + i] = factor[i * l + j]!;
  const reduced = solveLower(factor, l, Float64Array.from(right.data as Float32Array));
  return {
    operator: matrixOperator({ matrix: ndarray(upper, [l, l]), inShape: kernel }),
    y: fromHost(Float32Array.from(reduced), [1, l]),
  };
}
