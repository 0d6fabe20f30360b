import type { Random } from "../data/random.ts";
import { inverseCdf } from "./radius.ts";

/** Steps whose multiples, modulo 1, spread evenly: the golden section; in the plane powers of 1/1.3247… (Roberts 2018), one for each coordinate. */
export const GOLDEN = (Math.sqrt(5) - 1) / 2;
const PLASTIC = 1.324717957244746;
const PLANE = [1 / PLASTIC, 1 / PLASTIC ** 2] as const;

/** With more features, directions are drawn one by one: orthogonal ones would take long, and so few of so many directions gain little. */
const MOST_ORTHOGONAL = 1024;

/** Standard deviations of a radius about its mean that its table covers. The mass beyond is about 1e-15. */
const REACH = 8;

/**
 * `count` vectors [count, k] of the law N(0, I), which cover it more evenly than independent ones do, so that means over them vary less.
 * Their radii are the law's quantiles at a sequence of even steps from a random start. In the plane, so are the angles; in other
 * dimensions each k directions are a random orthonormal frame (Yu et al. 2016, "Orthogonal random features").
 */
export function evenNormals(random: Random, count: number, k: number): Float64Array {
  const directions = new Float64Array(count * k);
  const quantile = chiQuantile(k);
  const [start, turn] = [random.uniform(), random.uniform()];
  const frame = k > MOST_ORTHOGONAL ? 1 : k;
  for (let i = 0; i < count; i++) {
    const own = directions.subarray(i * k, (i + 1) * k);
    if (k === 2) {
      const angle = 2 * Math.PI * (turn + PLANE[1] * i);
      own.set([Math.cos(angle), Math.sin(angle)]);
    } else orthogonalDirection(random, own, directions.subarray((i - (i % frame)) * k, i * k));
  }
  for (let i = 0; i < count; i++) {
    const radius = quantile((start + (k === 2 ? PLANE[0] : GOLDEN) * i) % 1);
    for (let j = i * k; j < (i + 1) * k; j++) directions[j]! *= radius;
  }
  return directions;
}

/** Fills `out` with a random direction, of norm 1, that is orthogonal to `others` [count, k], which are orthonormal. */
export function orthogonalDirection(random: Random, out: Float64Array, others: Float64Array): void {
  const k = out.length;
  random.fillNormal(out);
  let at = 0;
  for (; at + 4 * k <= others.length; at += 4 * k) takeFour(out, others, at);
  for (; at < others.length; at += k) {
    const other = others.subarray(at, at + k);
    const part = product(out, other);
    for (let j = 0; j < k; j++) out[j]! -= part * other[j]!;
  }
  const norm = Math.sqrt(product(out, out));
  for (let j = 0; j < k; j++) out[j]! /= norm;
}

/** Takes the parts along the four directions from `a` on out of `out`. At once they are three times as fast as one by one: `out` is read and written once. */
function takeFour(out: Float64Array, others: Float64Array, a: number): void {
  const k = out.length;
  const [b, c, d] = [a + k, a + 2 * k, a + 3 * k];
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let j = 0; j < k; j++) {
    const v = out[j]!;
    s0 += v * others[a + j]!;
    s1 += v * others[b + j]!;
    s2 += v * others[c + j]!;
    s3 += v * others[d + j]!;
  }
  for (let j = 0; j < k; j++) {
    out[j]! -= s0 * others[a + j]! + s1 * others[b + j]! + (s2 * others[c + j]! + s3 * others[d + j]!);
  }
}

/** Σ a_j b_j in four sums, which a processor adds at once. */
function product(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3, j] = [0, 0, 0, 0, 0];
  for (; j + 4 <= a.length; j += 4) {
    s0 += a[j]! * b[j]!;
    s1 += a[j + 1]! * b[j + 1]!;
    s2 += a[j + 2]! * b[j + 2]!;
    s3 += a[j + 3]! * b[j + 3]!;
  }
  for (; j < a.length; j++) s0 += a[j]! * b[j]!;
  return s0 + s1 + (s2 + s3);
}

/** The quantiles of |N(0, I)| in R^k: density ∝ r^(k−1) exp(−r²/2). */
function chiQuantile(k: number): (u: number) => number {
  const mode = Math.sqrt(k - 1);
  const from = Math.max(0, mode - REACH);
  const density = (r: number) => (k === 1 ? 1 : (r / mode) ** (k - 1)) * Math.exp((mode ** 2 - r * r) / 2);
  const shifted = inverseCdf((r) => density(from + r), mode + REACH - from);
  return (u) => from + shifted.at(u);
}
