import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { matrixOperator } from "../../../operators/matrix.ts";
import type { Boundary, LinearOperator } from "../../../operators/operator.ts";
import { pairedConvolution } from "../../../operators/paired-convolution.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { cholesky, solveLower } from "../../data/cholesky.ts";
import { trace } from "../../data/linalg.ts";
import { productTransposed } from "../../engine/float64.ts";
import { compile } from "../../engine/index.ts";

type Size = readonly [number, number];

/** Added to the diagonal of AᵀA, as a part of its mean: far below what noise of one in a thousand hides, and above rounding. */
const RIDGE = 1e-6;
/** The mean of the diagonal that stands for that of a black image, of which y says nothing: so small that the kernel's prior decides alone. */
const BLACK = 1e-6;

/**
 * The kernel of y = k ∗ x + w as a linear problem with as many measurements as k has numbers l, however large the image is. With Ak = k ∗ x and
 * RᵀR = AᵀA, the misfit ‖y − Ak‖² is ‖R⁻ᵀAᵀy − Rk‖² and a constant. AᵀA is summed in float64: smooth images make it nearly singular.
 * image and y: [1, h, w].
 */
export async function kernelProblem(
  image: NdArray<Float32Array>,
  y: NdArray<Float32Array>,
  kernel: Size,
  boundary: Boundary,
): Promise<{ readonly operator: LinearOperator; readonly y: NdArray<Float32Array> }> {
  const [, h, w] = image.shape as [number, number, number];
  const [n, l] = [h * w, sizeOf(kernel)];
  const convolved = pairedConvolution([h, w], kernel, boundary);
  const given = { image: fromHost(contiguous(image) as Float32Array, [1, h, w]) };
  const responses = await compile(({ image }: { image: tf.Tensor }) => {
    const unit = tf.reshape(tf.eye(l), [l, ...kernel]);
    return tf.reshape(convolved(image, unit), [l, n]); // Aᵀ
  }, given);
  const { data } = await responses.run(given).finally(responses.dispose);
  const columns = Float64Array.from(data as Float32Array);
  const gram = await productTransposed(columns, columns, n);
  const right = await productTransposed(columns, Float64Array.from(contiguous(y) as Float32Array), n);
  const ridge = RIDGE * (trace(gram, l) / l || BLACK);
  for (let i = 0; i < l; i++) gram[i * (l + 1)]! += ridge;
  const factor = cholesky(gram, l); // L = Rᵀ
  const upper = new Float32Array(l * l);
  for (let i = 0; i < l; i++) for (let j = 0; j <= i; j++) upper[j * l + i] = factor[i * l + j]!;
  const reduced = solveLower(factor, l, right);
  return {
    operator: matrixOperator({ matrix: ndarray(upper, [l, l]), inShape: kernel }),
    y: fromHost(Float32Array.from(reduced), [1, l]),
  };
}
