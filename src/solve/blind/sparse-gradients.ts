import type { NdArray } from "ndarray";
import { contiguous, fromHost } from "../../data/array.ts";
import { type Complex, imageOfSpectrum, imageSpectrum } from "../../data/spectrum.ts";

type Size = readonly [number, number];
type Floats = NdArray<Float32Array>;

/** β of the last step, and its growth from step to step. */
const [MOST_BETA, GROWTH] = [1e5, 4];

/** The image of few edges for a kernel [rows, columns] and a λ, [1, h, w]. */
export type SparseGradients = (kernel: Floats, lambda: number) => Floats;

/**
 * argmin_x ‖k ∗ x − y‖² + λ #{pixels where ∇x ≠ 0} (Xu, Zheng, Jia 2013, "Unnatural L0 sparse representation for natural image deblurring"), by half-quadratic
 * splitting: with β from 2λ to 10⁵, four times as large from step to step,
 *
 *     g = ∇x where ‖∇x‖² ≥ λ/β, else 0,    x = argmin ‖k ∗ x − y‖² + β‖∇x − g‖²,
 *
 * the second by spectra. The image is continued to a power of two by what leads smoothly from its last row and column to its first. y: [1, h, w], in [0, 1].
 */
export function sparseGradients(y: Floats, [rows, columns]: Size): SparseGradients {
  const [, h, w] = y.shape as [number, number, number];
  const [p, q] = [powerOfTwo(h + rows), powerOfTwo(w + columns)];
  const whole = periodic(contiguous(y) as Float32Array, [h, w], [p, q]);
  const ofY = imageSpectrum(whole, p, q);
  const roughness = gradientGains(p, q);
  return (kernel, lambda) => {
    const ofKernel = imageSpectrum(aroundOrigin(kernel, p, q), p, q);
    const [matched, gain] = [timesConjugate(ofY, ofKernel), squaredModuli(ofKernel)];
    let x: Complex = whole;
    for (let beta = 2 * lambda; beta < MOST_BETA; beta *= GROWTH) {
      const sum = imageSpectrum(edgeDivergence(x, [p, q], lambda / beta), p, q);
      for (const [k, own] of gain.entries()) {
        const scale = 1 / (own + beta * roughness[k]!);
        sum[2 * k] = scale * (matched[2 * k]! + beta * sum[2 * k]!);
        sum[2 * k + 1] = scale * (matched[2 * k + 1]! + beta * sum[2 * k + 1]!);
      }
      x = imageOfSpectrum(sum, p, q);
    }
    const out = new Float32Array(h * w);
    for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) out[i * w + j] = x[2 * (i * q + j)]!;
    return fromHost(out, [1, h, w]);
  };
}

const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** An image [h, w] continued to [p, q], so that it has no edge on a torus: along each axis by lines from the last pixel to the first. */
function periodic(x: Float32Array, [h, w]: Size, [p, q]: Size): Complex {
  const out = new Float64Array(2 * p * q);
  const at = (i: number, j: number) => 2 * (i * q + j);
  for (let i = 0; i < h; i++) {
    for (let j = 0; j < w; j++) out[at(i, j)] = x[i * w + j]!;
    for (let j = w; j < q; j++) {
      const part = (j - w + 1) / (q - w + 1);
      out[at(i, j)] = (1 - part) * x[i * w + w - 1]! + part * x[i * w]!;
    }
  }
  for (let i = h; i < p; i++) {
    const part = (i - h + 1) / (p - h + 1);
    for (let j = 0; j < q; j++) out[at(i, j)] = (1 - part) * out[at(h - 1, j)]! + part * out[at(0, j)]!;
  }
  return out;
}

/** A kernel on a torus of [p, q], its middle at the origin. */
function aroundOrigin({ data, shape }: Floats, p: number, q: number): Complex {
  const [rows, columns] = shape as [number, number];
  const out = new Float64Array(2 * p * q);
  for (const [k, v] of data.entries()) {
    const [i, j] = [Math.floor(k / columns) - Math.floor(rows / 2), (k % columns) - Math.floor(columns / 2)];
    out[2 * (((i + p) % p) * q + ((j + q) % q))] = v;
  }
  return out;
}

/** ∇'g of the gradient g of x where its square reaches `least`, by forward differences on the torus. */
function edgeDivergence(x: Complex, [p, q]: Size, least: number): Complex {
  const out = new Float64Array(x.length);
  for (let i = 0; i < p; i++) {
    const below = ((i + 1) % p) * q;
    for (let j = 0; j < q; j++) {
      const [here, right, down] = [2 * (i * q + j), 2 * (i * q + ((j + 1) % q)), 2 * (below + j)];
      const [across, along] = [x[right]! - x[here]!, x[down]! - x[here]!];
      if (across * across + along * along < least) continue;
      out[here]! -= across + along;
      out[right]! += across;
      out[down]! += along;
    }
  }
  return out;
}

/** Eigenvalues of ∇'∇ on the torus. */
function gradientGains(p: number, q: number): Float64Array {
  const along = (n: number) => Float64Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos((2 * Math.PI * k) / n));
  const [ofRows, ofColumns] = [along(p), along(q)];
  return Float64Array.from({ length: p * q }, (_, k) => ofRows[Math.floor(k / q)]! + ofColumns[k % q]!);
}

function timesConjugate(a: Complex, b: Complex): Complex {
  const out = new Float64Array(a.length);
  for (let k = 0; k < a.length; k += 2) {
    out[k] = a[k]! * b[k]! + a[k + 1]! * b[k + 1]!;
    out[k + 1] = a[k + 1]! * b[k]! - a[k]! * b[k + 1]!;
  }
  return out;
}

const squaredModuli = (x: Complex): Float64Array =>
  Float64Array.from({ length: x.length / 2 }, (_, k) => x[2 * k]! ** 2 + x[2 * k + 1]! ** 2);
