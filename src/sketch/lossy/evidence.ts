import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { cholesky, invertLower, logDeterminant } from "../../data/cholesky.ts";
import { multiply, multiplyTransposed, transpose } from "../../data/matmul.ts";
import { squaredNorm } from "../../data/vector.ts";
import { triangleSize } from "../families/family.ts";
import type { LossyMeasured } from "./form.ts";
import type { LossyReference } from "./reference.ts";
import { lowerOf, maskedRows, ownRows } from "./rows.ts";

/** Least variance of a measurement given the features: a grey level of 1/100 of white, squared. */
export const LEAST_VARIANCE = 1e-4;

/** What the measurements of every sample say of its features (`Evidence`), and what of log p(y) does not depend on the cells, as tensors. */
export function evidenceOf(
  { form, signal, sigma }: LossyMeasured,
  x: tf.Tensor,
  { centre, basis, variances, products, weighed, whitening }: Readonly<Record<string, tf.Tensor>>,
): Readonly<Record<"h" | "g" | "e", tf.Tensor>> | Readonly<Record<"h" | "e", tf.Tensor>> {
  const squared = (gap: tf.Tensor, inverse: tf.Tensor) => tf.sum(tf.mul(tf.square(gap), inverse), 1);
  if (form === "fixed") {
    const gap = tf.sub(x, centre!);
    return {
      h: tf.matMul(gap, weighed!),
      e: tf.mul(-0.5, tf.sum(tf.square(tf.matMul(gap, whitening!)), 1)),
    };
  }
  if (form === "masked") {
    const { seen, known } = maskedRows(x);
    const gap = tf.mul(seen, tf.sub(known, centre!));
    const inverse = tf.div(1, variances!);
    return {
      h: tf.matMul(gap, weighed!),
      g: tf.matMul(seen, products!),
      e: tf.mul(-0.5, tf.add(squared(gap, inverse), tf.sum(tf.mul(seen, tf.log(variances!)), 1))),
    };
  }
  const n = sizeOf(signal);
  const { m, phi, y, seen } = ownRows(x, n);
  const [rows, k] = [y.shape[0]!, basis!.shape[1]!];
  const column = (v: tf.Tensor) => tf.reshape(v, [n, 1]);
  const along = tf.reshape(tf.matMul(phi, basis!), [rows, m, k]); // ΦB
  const gap = tf.mul(seen, tf.sub(y, tf.reshape(tf.matMul(phi, column(centre!)), [rows, m])));
  const spread = tf.reshape(tf.matMul(tf.square(phi), column(variances!)), [rows, m]);
  const variance = tf.maximum(tf.add(spread, sigma ** 2), LEAST_VARIANCE);
  const inverse = tf.div(seen, variance);
  const scaled = tf.mul(along, tf.expandDims(inverse, 2));
  return {
    h: tf.reshape(tf.matMul(tf.expandDims(gap, 1), scaled), [rows, k]),
    g: lowerOf(tf.matMul(scaled, along, true, false)),
    e: tf.mul(-0.5, tf.add(squared(gap, inverse), tf.sum(tf.mul(seen, tf.log(variance)), 1))),
  };
}

/** What `evidenceOf` needs of a reference, and what all samples share. */
export interface SeenThrough {
  readonly inputs: Readonly<Record<string, NdArray<Float32Array>>>;
  /** G as a lower triangle, where Φ is the same for all. */
  readonly gram?: Float64Array;
  /** Added to every log p(y). */
  readonly constant: number;
}

/**
 * The variance of a measurement given the features: of masked pixels r ~ N(0, UUᵀ + diag(s²)) counts by its variances alone, s² + diag(UUᵀ) + σ²;
 * with one Φ as a whole, N = Φ(UUᵀ + diag(s²))Φᵀ + σ²I. At least `LEAST_VARIANCE`.
 */
export function seenThrough({ form, signal, sigma }: LossyMeasured, reference: LossyReference): SeenThrough {
  const n = sizeOf(signal);
  const { centre, basis, factor, deviations } = reference;
  const [k, q] = [basis.shape[1]!, factor.shape[1]!];
  const b = contiguous(basis) as Float32Array;
  const u = Float64Array.from(contiguous(factor));
  const own = Float64Array.from(contiguous(deviations), (s, i) => s * s + squaredNorm(u, i * q, q));
  if (form === "own") {
    return { inputs: { centre: asRow(centre.data), basis, variances: asRow(Float32Array.from(own)) }, constant: 0 };
  }
  if (form === "masked") {
    const variances = Float32Array.from(own, (v) => Math.max(LEAST_VARIANCE, v + sigma ** 2));
    const products = new Float32Array(n * triangleSize(k));
    for (let i = 0, at = 0; i < n; i++) {
      for (let a = 0; a < k; a++)
        for (let c = 0; c <= a; c++) products[at++] = (b[i * k + a]! * b[i * k + c]!) / variances[i]!;
    }
    const weighed = b.map((v, at) => v / variances[Math.floor(at / k)]!);
    return {
      inputs: {
        ...{ centre: asRow(centre.data), variances: asRow(variances) },
        ...{ weighed: fromHost(weighed, [n, k]), products: fromHost(products, [n, triangleSize(k)]) },
      },
      constant: 0,
    };
  }
  return fixedThrough(sigma, reference, u);
}

/** The last one for each basis, with all that it was made of. */
const known = new WeakMap<
  LossyReference["basis"],
  { readonly sigma: number; readonly reference: LossyReference; readonly made: SeenThrough }
>();

const sameArrays = (a: LossyReference, b: LossyReference): boolean =>
  (["matrix", "centre", "deviations", "factor"] as const).every((name) => a[name]?.data === b[name]?.data);

function fixedThrough(sigma: number, reference: LossyReference, u: Float64Array): SeenThrough {
  const found = known.get(reference.basis);
  if (found?.sigma === sigma && sameArrays(found.reference, reference)) return found.made;
  const { centre, basis, deviations, matrix } = reference;
  const [n, k] = basis.shape as [number, number];
  const q = u.length / n;
  const m = matrix ? matrix.shape[0]! : n;
  const phi = matrix && contiguous(matrix);
  const measured = (columns: ArrayLike<number>, width: number) =>
    phi ? multiply(phi, columns, m, n, width) : Float64Array.from(columns);
  const [mean, along, spread] = [measured(centre.data, 1), measured(basis.data, k), measured(u, q)];
  const covariance = multiplyTransposed(spread, spread, q);
  if (phi) {
    const scaled = Float64Array.from(phi, (v, at) => v * deviations.data[at % n]!);
    const rest = multiplyTransposed(scaled, scaled, n);
    for (let at = 0; at < rest.length; at++) covariance[at]! += rest[at]!;
  } else for (let i = 0; i < n; i++) covariance[i * (n + 1)]! += deviations.data[i]! ** 2;
  for (let i = 0; i < m; i++) covariance[i * (m + 1)]! += Math.max(sigma ** 2, LEAST_VARIANCE);
  const root = cholesky(covariance, m);
  const inverse = invertLower(root, m); // L⁻¹
  const whitened = multiply(inverse, along, m, m, k); // L⁻¹ΦB
  const gram = multiply(transpose(whitened, m, k), whitened, k, m, k);
  const lower = new Float64Array(triangleSize(k));
  for (let a = 0, at = 0; a < k; a++) for (let c = 0; c <= a; c++) lower[at++] = gram[a * k + c]!;
  const back = transpose(inverse, m, m); // L⁻ᵀ
  const made: SeenThrough = {
    inputs: {
      centre: asRow(Float32Array.from(mean)),
      weighed: fromHost(Float32Array.from(multiply(back, whitened, m, m, k)), [m, k]),
      whitening: fromHost(Float32Array.from(back), [m, m]),
    },
    gram: lower,
    constant: -0.5 * logDeterminant(root, m),
  };
  known.set(reference.basis, { sigma, reference, made });
  return made;
}

/** Numbers as a row, [1, n]. */
const asRow = (data: Float32Array) => fromHost(data, [1, data.length]);
