import FFT from "fft.js";

/** Complex numbers; real and imaginary parts alternate. */
export type Complex = Float64Array;

/**
 * The discrete Fourier transform of n numbers, Σ_t x_t exp(−2πi kt/n), k = 0 … n−1, on the host in float64. For powers of two fft.js
 * computes it; other lengths are reduced to powers of two by Bluestein's convolution (1970).
 */
export function spectrum(x: ArrayLike<number>): Complex {
  const n = x.length;
  const out = new Float64Array(2 * n);
  if (n === 1) {
    out[0] = x[0]!;
    return out;
  }
  if (Number.isInteger(Math.log2(n))) {
    new FFT(n).transform(out, interleaved(x));
    return out;
  }
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const fft = new FFT(size);
  const a = new Float64Array(2 * size);
  const b = new Float64Array(2 * size);
  const angle = (t: number) => (Math.PI * ((t * t) % (2 * n))) / n; // exp(−2πi kt/n) = chirps of k, t and k − t
  for (let t = 0; t < n; t++) {
    const [c, s] = [Math.cos(angle(t)), Math.sin(angle(t))];
    [a[2 * t], a[2 * t + 1]] = [x[t]! * c, -x[t]! * s];
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

/** Moduli |X_k| of a spectrum. */
export const moduli = (x: Complex): Float64Array =>
  Float64Array.from({ length: x.length / 2 }, (_, k) => Math.hypot(x[2 * k]!, x[2 * k + 1]!));

function interleaved(x: ArrayLike<number>): Complex {
  const out = new Float64Array(2 * x.length);
  for (let t = 0; t < x.length; t++) out[2 * t] = x[t]!;
  return out;
}
