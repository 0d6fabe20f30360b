import ndarray, { type NdArray } from "ndarray";
import { matrixOperator } from "../../../operators/matrix.ts";
import type { Continuation, LinearOperator } from "../../../operators/operator.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { cholesky, solveLower } from "../../data/cholesky.ts";
import { trace } from "../../data/linalg.ts";
import { dot, squaredNorm } from "../../data/vector.ts";
import { channelsOf, cropped, differences, outerContinued, type Plane } from "./planes.ts";

type Size = readonly [number, number];
type Floats = NdArray<Float32Array>;

/** Added to the diagonal of AᵀA, as a part of its mean: far below what noise of one in a thousand hides, and above rounding. */
const RIDGE = 1e-6;
/** The mean of the diagonal that stands for that of an image without edges, of which y says nothing: so small that the kernel's prior decides alone. */
const FLAT = 1e-6;
/** Images from so many kernels a side on do without the pixels whose blur reaches outside, where what lies there is a guess. */
export const KERNELS_A_SIDE = 4;

export interface KernelProblem {
  readonly operator: LinearOperator;
  readonly y: Floats;
  /** Root mean square of ∇(y − k ∗ x) for a kernel k. */
  readonly misfit: (kernel: Float32Array) => number;
}

/**
 * The kernel of y = k ∗ x + w as a linear problem with as many measurements as k has numbers l, however large the image is: ∇y = k ∗ ∇x + ∇w, because
 * what is wrong with a recovered x has the spectrum of images, which differences make white. With Ak = k ∗ ∇x and
 * RᵀR = AᵀA, the misfit ‖∇y − Ak‖² is ‖R⁻ᵀAᵀ∇y − Rk‖² and a constant. AᵀA is summed in float64: smooth images make it nearly singular.
 * image and y: [1, h, w] or [1, h, w, channels], whose channels share the kernel.
 */
export function kernelProblem(image: Floats, y: Floats, kernel: Size, boundary: Continuation): KernelProblem {
  const [, h, w] = image.shape as [number, number, number];
  const [rows, columns] = kernel;
  const l = sizeOf(kernel);
  const [gram, right] = [new Float64Array(l * l), new Float64Array(l)];
  let [energy, count] = [0, 0];
  const margin: Size = h >= KERNELS_A_SIDE * rows && w >= KERNELS_A_SIDE * columns ? [rows >> 1, columns >> 1] : [0, 0];
  const seen = channelsOf(y);
  for (const [channel, plane] of channelsOf(image).entries()) {
    const made = differences(cropped(outerContinued(plane, kernel, boundary), margin));
    for (const [axis, measured] of differences(cropped(seen[channel]!, margin)).entries()) {
      addProducts({ gram, right }, made[axis]!, measured, kernel);
      energy += squaredNorm(measured.data);
      count += measured.data.length;
    }
  }
  const ridge = RIDGE * (trace(gram, l) / l || FLAT);
  for (let i = 0; i < l; i++) gram[i * (l + 1)]! += ridge;
  const factor = cholesky(gram, l); // L = Rᵀ
  const upper = new Float32Array(l * l);
  for (let i = 0; i < l; i++) for (let j = 0; j <= i; j++) upper[j * l + i] = factor[i * l + j]!;
  const reduced = solveLower(factor, l, right.slice());
  return {
    operator: matrixOperator({ matrix: ndarray(upper, [l, l]), inShape: kernel }),
    y: fromHost(Float32Array.from(reduced), [1, l]),
    misfit: (k) => {
      let squares = energy - 2 * dot(right, 0, Float64Array.from(k), 0, l);
      for (let i = 0; i < l; i++) for (let j = 0; j < l; j++) squares += k[i]! * gram[i * l + j]! * k[j]!;
      return Math.sqrt(Math.max(0, squares) / count);
    },
  };
}

/**
 * Adds AᵀA and Aᵀt of the convolution A with x, which is as much larger than t as a kernel hangs over. The entry (a, b) of AᵀA is the sum of x(i + a) x(i + b) over
 * the pixels i of t: for every shift b − a, a window of one table of sums.
 */
function addProducts(
  { gram, right }: { readonly gram: Float64Array; readonly right: Float64Array },
  x: Plane,
  t: Plane,
  [rows, columns]: Size,
): void {
  const l = rows * columns;
  const entry = (i: number, j: number) => (rows - 1 - i) * columns + columns - 1 - j; // of the kernel, which a convolution turns
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < columns; b++) {
      let sum = 0;
      for (let i = 0; i < t.height; i++) sum += dot(t.data, i * t.width, x.data, (i + a) * x.width + b, t.width);
      right[entry(a, b)]! += sum;
    }
  }
  const values = x.data;
  const table = new Float64Array((x.height + 1) * (x.width + 1));
  for (let down = 0; down < rows; down++) {
    for (let across = down === 0 ? 0 : 1 - columns; across < columns; across++) {
      const first = Math.max(0, -across);
      const [height, width] = [x.height - down, x.width - Math.abs(across)];
      const step = width + 1;
      table.fill(0, 0, step);
      for (let i = 0; i < height; i++) {
        let [one, other] = [i * x.width + first, (i + down) * x.width + first + across];
        let [above, here, sum] = [i * step, (i + 1) * step, 0];
        table[here] = 0;
        for (let j = 0; j < width; j++) {
          sum += values[one++]! * values[other++]!;
          table[++here] = table[++above]! + sum;
        }
      }
      for (let a = 0; a + down < rows; a++) {
        for (let b = first; b < columns - Math.max(0, across); b++) {
          const [top, left] = [a * step, b - first];
          const low = (a + t.height) * step;
          const sum =
            table[low + left + t.width]! - table[low + left]! - table[top + left + t.width]! + table[top + left]!;
          const [p, q] = [entry(a, b), entry(a + down, b + across)];
          gram[p * l + q]! += sum;
          if (p !== q) gram[q * l + p]! += sum;
        }
      }
    }
  }
}
