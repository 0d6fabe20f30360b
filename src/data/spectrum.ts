import FFT from "fft.js";

/** Complex numbers; real and imaginary parts alternate. */
export type Complex = Float64Array;

/** Tables of fft.js by the length, a power of two: they cost more than a transform. */
const plans = new Map<number, FFT>();

function planOf(size: number): FFT {
  const plan = plans.get(size) ?? new FFT(size);
  plans.set(size, plan);
  return plan;
}

/** The discrete Fourier transform of n real numbers, as `complexSpectrum`. */
export function spectrum(x: ArrayLike<number>): Complex {
  const complex = new Float64Array(2 * x.length);
  for (let t = 0; t < x.length; t++) complex[2 * t] = x[t]!;
  return complexSpectrum(complex);
}

/**
 * The discrete Fourier transform of n complex numbers, Σ_t x_t exp(−2πi kt/n), k = 0 … n−1, on the host in float64. For powers of two fft.js
 * computes it; other lengths are reduced to powers of two by Bluestein's convolution (1970).
 */
export function complexSpectrum(x: Complex): Complex {
  const n = x.length / 2;
  if (n === 1) return x.slice();
  const out = new Float64Array(2 * n);
  if (Number.isInteger(Math.log2(n))) {
    planOf(n).transform(out, x);
    return out;
  }
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const fft = planOf(size);
  const a = new Float64Array(2 * size);
  const b = new Float64Array(2 * size);
  const angle = (t: number) => (Math.PI * ((t * t) % (2 * n))) / n; // exp(−2πi kt/n) = chirps of k, t and k − t
  for (let t = 0; t < n; t++) {
    const [c, s] = [Math.cos(angle(t)), Math.sin(angle(t))];
    const [re, im] = [x[2 * t]!, x[2 * t + 1]!];
    [a[2 * t], a[2 * t + 1]] = [re * c + im * s, im * c - re * s];
    [b[2 * t], b[2 * t + 1]] = [c, s];
    if (t > 0) [b[2 * (size - t)], b[2 * (size - t) + 1]] = [c, s];
  }
  const [fa, fb, product, back] = Array.from({ length: 4 }, () => new Float64Array(2 * size)) as [
    Complex,
    Complex,
    Complex,
    Complex,
  ];
  fft.transform(fa, a);
  fft.transform(fb, b);
  for (let k = 0; k < 2 * size; k += 2) {
    product[k] = fa[k]! * fb[k]! - fa[k + 1]! * fb[k + 1]!;
    product[k + 1] = fa[k]! * fb[k + 1]! + fa[k + 1]! * fb[k]!;
  }
  fft.inverseTransform(back, product);
  for (let k = 0; k < n; k++) {
    const [c, s] = [Math.cos(angle(k)), Math.sin(angle(k))];
    out[2 * k] = back[2 * k]! * c + back[2 * k + 1]! * s;
    out[2 * k + 1] = back[2 * k + 1]! * c - back[2 * k]! * s;
  }
  return out;
}

/** The discrete Fourier transform of an image, `complexSpectrum` along its rows and columns. x: [h, w] row by row; so is the result. */
export function imageSpectrum(x: Complex, height: number, width: number): Complex {
  const out = new Float64Array(x.length);
  for (let row = 0; row < height; row++) {
    out.set(complexSpectrum(x.subarray(2 * row * width, 2 * (row + 1) * width)), 2 * row * width);
  }
  const column = new Float64Array(2 * height);
  for (let j = 0; j < width; j++) {
    for (let i = 0; i < height; i++) column.set(out.subarray(2 * (i * width + j), 2 * (i * width + j) + 2), 2 * i);
    const along = complexSpectrum(column);
    for (let i = 0; i < height; i++) out.set(along.subarray(2 * i, 2 * i + 2), 2 * (i * width + j));
  }
  return out;
}

/** The image whose `imageSpectrum` is X. */
export function imageOfSpectrum(x: Complex, height: number, width: number): Complex {
  const out = imageSpectrum(conjugated(x), height, width);
  const n = height * width;
  for (let at = 0; at < out.length; at += 2) {
    out[at]! /= n;
    out[at + 1]! /= -n;
  }
  return out;
}

const conjugated = (x: Complex): Complex => x.map((v, at) => (at % 2 === 0 ? v : -v));

/** Moduli |X_k| of a spectrum. */
export const moduli = (x: Complex): Float64Array =>
  Float64Array.from({ length: x.length / 2 }, (_, k) => Math.hypot(x[2 * k]!, x[2 * k + 1]!));
