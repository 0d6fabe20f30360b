import { multiply, transpose } from "../data/matmul.ts";
import type { Objective } from "./minimise.ts";

/** Moments z of whitened features: frequencies coordinate by coordinate, real and imaginary parts. */
export interface WhitenedMoments {
  readonly omega: readonly Float64Array[];
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Coefficients of one source's characteristic function: four even functions, two odd ones. */
export const SHAPE = 6;
const EVEN = 4;
/** Weight of ‖BBᵀ − I‖², which is 0 at the solution; it keeps two rows from taking one source. */
const ORTHOGONAL = 0.01;

/**
 * Fills `p` with the even functions t⁴e^(−t²/2), t⁴e^(−t²/4), t⁴/(1 + t²/2)³, t⁶e^(−t²/2)/4 and the odd ones t³e^(−t²/2), t³e^(−t²/4), `q` with their derivatives, and returns e^(−t²/2). All are 0 up to t³, so
 * that e^(−t²/2) plus any of them is of variance 1; the third falls as slowly as the characteristic function of Laplace's law, 1/(1 + t²/2).
 */
function shapes(t: number, p: Float64Array, q: Float64Array): number {
  const s = t * t;
  const cube = t * s;
  const wide = Math.exp(-s / 4);
  const gauss = wide * wide;
  const slow = 1 / (1 + s / 2);
  const slow3 = slow ** 3;
  p[0] = s * s * gauss;
  q[0] = cube * (4 - s) * gauss;
  p[1] = s * s * wide;
  q[1] = cube * (4 - s / 2) * wide;
  p[2] = s * s * slow3;
  q[2] = cube * (4 - 3 * s * slow) * slow3;
  p[3] = (s * s * s * gauss) / 4;
  q[3] = (cube * s * (6 - s) * gauss) / 4;
  p[4] = cube * gauss;
  q[4] = s * (3 - s) * gauss;
  p[5] = cube * wide;
  q[5] = s * (3 - s / 2) * wide;
  return gauss;
}

/** The largest |φ(t) − e^(−t²/2)| of a source's coefficients over t in [0, 3]. */
export function departure(coefficients: Float64Array): number {
  const [p, q] = [new Float64Array(SHAPE), new Float64Array(SHAPE)];
  const sizes = Array.from({ length: 31 }, (_, at) => {
    shapes(at / 10, p, q);
    const parts = p.map((v, k) => v * coefficients[k]!);
    return Math.hypot(
      parts.slice(0, EVEN).reduce((a, b) => a + b, 0),
      parts.slice(EVEN).reduce((a, b) => a + b, 0),
    );
  });
  return Math.max(...sizes);
}

/**
 * The misfit (1/m) Σⱼ |zⱼ − Πᵢ φᵢ(bᵢᵀωⱼ)|² + 0.01 ‖BBᵀ − I‖² of independent sources. φᵢ(t) is e^(−t²/2) plus four even functions and i times two odd ones (`shapes`), with coefficients of its own. Unknowns: B [d, d]
 * row by row, then the coefficients [d, 6].
 */
export function sourceMisfit({ omega, re, im }: WhitenedMoments): Objective {
  const d = omega.length;
  const m = re.length;
  const lists = () => Array.from({ length: d }, () => new Float64Array(m));
  const [along, real, imaginary, slopes] = [lists(), lists(), lists(), lists()];
  const [p, q] = [new Float64Array(SHAPE), new Float64Array(SHAPE)];
  /** Products of the first i factors. */
  const [pr, pi] = [new Float64Array(d + 1), new Float64Array(d + 1)];
  pr[0] = 1;
  const sumOf = (x: Float64Array, of: Float64Array, at: number, from: number, to: number) => {
    let sum = 0;
    for (let k = from; k < to; k++) sum += x[at + k]! * of[k]!;
    return sum;
  };
  return (x, gradient) => {
    gradient.fill(0);
    for (let i = 0; i < d; i++) {
      const t = along[i]!.fill(0);
      for (const [k, row] of omega.entries()) for (let j = 0; j < m; j++) t[j]! += x[i * d + k]! * row[j]!;
      const at = d * d + i * SHAPE;
      for (let j = 0; j < m; j++) {
        real[i]![j] = shapes(t[j]!, p, q) + sumOf(x, p, at, 0, EVEN);
        imaginary[i]![j] = sumOf(x, p, at, EVEN, SHAPE);
      }
    }
    let value = 0;
    for (let j = 0; j < m; j++) {
      for (let i = 0; i < d; i++) {
        const [a, b] = [real[i]![j]!, imaginary[i]![j]!];
        pr[i + 1] = pr[i]! * a - pi[i]! * b;
        pi[i + 1] = pr[i]! * b + pi[i]! * a;
      }
      const [er, ei] = [pr[d]! - re[j]!, pi[d]! - im[j]!];
      value += (er * er + ei * ei) / m;
      // s: the conjugate error times the factors after the i-th; h: times those before it too, so that the change is Re(h dφᵢ)
      let [sr, si] = [(2 * er) / m, (-2 * ei) / m];
      for (let i = d - 1; i >= 0; i--) {
        const [hr, hi] = [sr * pr[i]! - si * pi[i]!, sr * pi[i]! + si * pr[i]!];
        const at = d * d + i * SHAPE;
        const t = along[i]![j]!;
        const gauss = shapes(t, p, q);
        for (let k = 0; k < EVEN; k++) gradient[at + k]! += hr * p[k]!;
        for (let k = EVEN; k < SHAPE; k++) gradient[at + k]! -= hi * p[k]!;
        slopes[i]![j] = hr * (sumOf(x, q, at, 0, EVEN) - t * gauss) - hi * sumOf(x, q, at, EVEN, SHAPE);
        const [a, b] = [real[i]![j]!, imaginary[i]![j]!];
        [sr, si] = [sr * a - si * b, sr * b + si * a];
      }
    }
    for (let i = 0; i < d; i++) {
      for (const [k, row] of omega.entries()) {
        let sum = 0;
        for (let j = 0; j < m; j++) sum += slopes[i]![j]! * row[j]!;
        gradient[i * d + k] = sum;
      }
    }
    return value + addOrthogonality(x, gradient, d);
  };
}

/** Adds the gradient of the penalty to `gradient` and returns the penalty. */
function addOrthogonality(x: Float64Array, gradient: Float64Array, d: number): number {
  const b = x.slice(0, d * d);
  const gram = multiply(b, transpose(b, d, d), d, d, d);
  for (let i = 0; i < d; i++) gram[i * (d + 1)]! -= 1;
  const slope = multiply(gram, b, d, d, d);
  for (let at = 0; at < d * d; at++) gradient[at]! += 4 * ORTHOGONAL * slope[at]!;
  return ORTHOGONAL * gram.reduce((sum, v) => sum + v * v, 0);
}
