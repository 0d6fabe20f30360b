import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { cholesky, invertLower } from "../data/cholesky.ts";
import { InputError } from "../data/errors.ts";
import { transpose } from "../data/matmul.ts";
import { pauses } from "../engine/events.ts";
import { productTransposed, symmetricEigenPausing } from "../engine/float64.ts";
import { triangleProducts, triangleSize } from "./families/family.ts";
import type { DesignArrays } from "./features.ts";

/**
 * A mixture of zero-mean Gaussians that share r directions: in the first q each has a covariance C_k of its own, in the other r − q only variances, and one
 * variance in all that is left. As `logGates` takes it.
 */
export interface Gates<T> {
  /** The directions B [d, r], orthonormal. */
  readonly basis: T;
  /** C_k⁻¹ as lower triangles [K, q(q+1)/2], the entries beside the diagonal doubled. */
  readonly forms: T;
  /** 1/τ [K, r − q + 1], τ the variances along the other directions and, last, in all that is left. */
  readonly flat: T;
  /** log π_k − ½ log det [K, 1]. */
  readonly constants: T;
}

/**
 * log π_k N(v; 0, Σ_k) up to a constant, [K, n], of v [n, d]: c_k − ½(aᵀC_k⁻¹a + Σ_j u_j²/τ_kj + ‖v − Bu‖²/τ_k) with u = Bᵀv and a its first q numbers. The
 * products are common to all k, so that this is one product of matrices. A pure tensor function.
 */
export function logGates(v: tf.Tensor, { basis, forms, flat, constants }: Gates<tf.Tensor>): tf.Tensor {
  const [rows, directions, others] = [v.shape[0]!, basis.shape[1]!, flat.shape[1]! - 1];
  const u = tf.matMul(v, basis) as tf.Tensor2D;
  const left = tf.sub(v, tf.matMul(u, basis, false, true));
  const leading = tf.slice2d(u, [0, 0], [rows, directions - others]);
  const squares = [tf.sum(tf.square(left), 1, true)];
  if (others > 0) squares.unshift(tf.square(tf.slice2d(u, [0, directions - others], [rows, others])));
  const parts = tf.add(
    tf.matMul(forms, triangleProducts(leading)),
    tf.matMul(flat, tf.concat(squares, 1), false, true),
  );
  return tf.sub(constants, tf.mul(0.5, parts));
}

/** Least variance: that of rounding to 8 bits. */
export const LEAST = 1 / 255 ** 2 / 12;

/** The lowest logarithm of a responsibility. Smaller ones would be denormal numbers, which processors multiply ten times slower. */
const LOWEST = -20;

/** Responsibilities [n, K] of log probabilities [K, n], none below e⁻²⁰ of the largest. A pure tensor function. */
export const responsibilities = (logs: tf.Tensor): tf.Tensor =>
  tf.softmax(tf.transpose(tf.maximum(tf.sub(logs, tf.max(logs, 0, true)), LOWEST)));

/** Zero-mean Gaussians by their eigenvalues and eigenvectors. */
export interface Spectra {
  readonly weights: ArrayLike<number>;
  /** λ [K, d], falling; the last of them, one for each channel, are those of the means that were removed. */
  readonly values: ArrayLike<number>;
  /** u [K, d, d], an eigenvector in each row. */
  readonly vectors: ArrayLike<number>;
}

/** Some Gaussians in the directions that they share. */
export interface SharedDirections {
  readonly weights: ArrayLike<number>;
  /** B [d, r]. */
  readonly basis: NdArray<Float32Array>;
  /** BᵀΣ_kB in the first q directions [K][q, q]. */
  readonly inner: readonly Float64Array[];
  /** Variances along the other directions and, last, the mean one in all that are left but those of the removed means [K][r − q + 1]. */
  readonly rest: readonly Float64Array[];
}

/** Σ π_k Σ_k [d, d]. */
export async function mixtureCovariance({ weights, values, vectors }: Spectra): Promise<Float64Array> {
  const count = values.length; // of all eigenvectors
  const d = vectors.length / count;
  const roots = new Float64Array(d * count); // √(π_k λ) u, one in each column
  for (let j = 0; j < count; j++) {
    const root = Math.sqrt(weights[Math.floor(j / d)]! * values[j]!);
    for (let i = 0; i < d; i++) roots[i * count + j] = root * vectors[j * d + i]!;
  }
  return productTransposed(roots, roots, count);
}

/**
 * Some Gaussians in the directions of their mixture's covariance Σ π_k Σ_k, `rank` of them with covariances: the eigenvectors of most variance first. Ends with
 * the signal's reason when it aborts.
 */
export async function sharedDirectionsOf(
  { weights, ...spectra }: Spectra,
  { rank, channels, signal }: { readonly rank: number; readonly channels: number; readonly signal?: AbortSignal },
): Promise<SharedDirections> {
  const pause = pauses(signal);
  const [values, vectors] = [new Float64Array(spectra.values), new Float64Array(spectra.vectors)];
  const cells = weights.length;
  const d = values.length / cells;
  const most = d - channels - 1; // one direction is left, beside those of the means
  const whole = await mixtureCovariance({ weights, values, vectors });
  const directions = (await symmetricEigenPausing(whole, d, d, signal)).vectors.slice(0, most * d);
  const along = await productTransposed(vectors, directions, d); // [K · d, most]
  const inner: Float64Array[] = [];
  const rest: Float64Array[] = [];
  for (let k = 0; k < cells; k++) {
    await pause();
    const own = new Float64Array(rank * rank);
    const others = new Float64Array(most - rank + 1);
    let trace = 0;
    for (let j = 0; j < d; j++) {
      const value = values[k * d + j]!;
      const row = (k * d + j) * most;
      if (j < d - channels) trace += value; // in the inner part all count: one of equal eigenvalues need not be that of a mean
      for (let a = 0; a < rank; a++) {
        const scaled = value * along[row + a]!;
        for (let b = 0; b < rank; b++) own[a * rank + b]! += scaled * along[row + b]!;
      }
      for (let a = rank; a < most; a++) others[a - rank]! += value * along[row + a]! ** 2;
    }
    for (let a = 0; a < rank; a++) trace -= own[a * (rank + 1)]!;
    for (const variance of others) trace -= variance;
    others[most - rank] = trace;
    inner.push(own);
    rest.push(others.map((variance) => Math.max(LEAST, variance)));
  }
  const basis = ndarray(Float32Array.from(transpose(directions, most, d)), [d, most]);
  return { weights, basis, inner, rest };
}

const GATES = ["basis", "forms", "flat", "constants"] as const;

/** Gates as arrays, with names that begin with `prefix`. */
export const gateArrays = (prefix: string, gates: Gates<NdArray<Float32Array>>): DesignArrays =>
  Object.fromEntries(GATES.map((name) => [prefix + name, gates[name]]));

/** The gates of `gateArrays`. Errors (InputError): an array is missing; `who` begins the message. */
export function gatesIn(prefix: string, arrays: DesignArrays, who: string): Gates<NdArray<Float32Array>> {
  if (GATES.some((name) => !arrays[prefix + name]))
    throw new InputError(`${who}: the design holds no reference mixture; make it with a pilot`);
  return Object.fromEntries(GATES.map((name) => [name, arrays[prefix + name]!])) as unknown as Gates<
    NdArray<Float32Array>
  >;
}

/** Gaussians in their shared directions as arrays, with names that begin with `prefix`. */
export function sharedArrays(prefix: string, { weights, basis, inner, rest }: SharedDirections): DesignArrays {
  const cells = inner.length;
  const rank = Math.round(Math.sqrt(inner[0]!.length));
  const joined = (rows: readonly Float64Array[]) => Float32Array.from(rows.flatMap((own) => [...own]));
  return {
    [`${prefix}weights`]: ndarray(Float32Array.from(weights), [cells]),
    [`${prefix}basis`]: basis,
    [`${prefix}inner`]: ndarray(joined(inner), [cells, rank, rank]),
    [`${prefix}rest`]: ndarray(joined(rest), [cells, rest[0]!.length]),
  };
}

/** The Gaussians of `sharedArrays`. Errors (InputError): an array is missing; `who` begins the message. */
export function sharedIn(prefix: string, arrays: DesignArrays, who: string): SharedDirections {
  const array = (name: string): NdArray<Float32Array> => {
    const found = arrays[prefix + name];
    if (!found) throw new InputError(`${who}: ${prefix}${name} is missing; make it again`);
    return found;
  };
  const inner = array("inner");
  return {
    weights: Float64Array.from(array("weights").data),
    basis: array("basis"),
    inner: rowsOf(inner, inner.shape[0]!),
    rest: rowsOf(array("rest"), inner.shape[0]!),
  };
}

/** An array in so many equal rows. */
function rowsOf({ data }: NdArray<Float32Array>, count: number): Float64Array[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, k) => Float64Array.from(data.subarray(k * size, (k + 1) * size)));
}

/** The gates of some Gaussians; `noise` is a variance that is added to them in every direction. */
export function gatesOf(
  { weights, basis, inner, rest }: SharedDirections,
  channels: number,
  noise = 0,
): Gates<NdArray<Float32Array>> {
  const cells = weights.length;
  const [d, directions] = basis.shape as [number, number];
  const others = rest[0]!.length;
  const rank = directions - others + 1;
  const size = triangleSize(rank);
  const forms = new Float32Array(cells * size);
  const flat = new Float32Array(cells * others);
  const constants = new Float32Array(cells);
  for (let k = 0; k < cells; k++) {
    const raised = inner[k]!.map((v, at) => (at % (rank + 1) === 0 ? v + noise : v));
    const { form, logDet } = inverseForm(raised, rank);
    forms.set(form, k * size);
    let sum = logDet;
    for (const [j, variance] of rest[k]!.entries()) {
      const tau = variance + noise;
      flat[k * others + j] = 1 / tau;
      sum += (j < others - 1 ? 1 : d - channels - directions) * Math.log(tau);
    }
    constants[k] = Math.log(weights[k]!) - 0.5 * sum;
  }
  return {
    ...{ basis, forms: ndarray(forms, [cells, size]) },
    ...{ flat: ndarray(flat, [cells, others]), constants: ndarray(constants, [cells, 1]) },
  };
}

/** C⁻¹ as a lower triangle with the entries beside the diagonal doubled, so that its product with `triangleProducts` is uᵀC⁻¹u, and log det C. */
export function inverseForm(covariance: Float64Array, n: number): { form: Float64Array; logDet: number } {
  const factor = cholesky(covariance, n);
  const root = invertLower(factor, n); // C⁻¹ = rootᵀ root
  const form = new Float64Array(triangleSize(n));
  let logDet = 0;
  for (let a = 0; a < n; a++) logDet += 2 * Math.log(factor[a * (n + 1)]!);
  for (let i = 0; i < n; i++) {
    for (let a = 0, at = 0; a <= i; a++) {
      const left = root[i * n + a]!;
      for (let b = 0; b <= a; b++, at++) form[at]! += (a === b ? 1 : 2) * left * root[i * n + b]!;
    }
  }
  return { form, logDet };
}
