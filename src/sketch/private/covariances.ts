import { symmetricEigen, trace } from "../../data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../data/matmul.ts";
import { fromTriangle, triangleSize } from "../families/family.ts";
import type { PrivateSums } from "./contribution.ts";
import { featuresIn, groupsOf, type PrivateDesign, partsIn } from "./design.ts";
import { noiseIn, stretchOf } from "./means.ts";

/**
 * Covariances of the features within every group, [groups][k, k], positive semi-definite, from noisy sums.
 *
 * 1. The pooled covariance Ŵ = Σ scatter/n has noise of a known law: a symmetric matrix with deviation s on the diagonal and s/√2 off it, whose eigenvalues reach
 *    R = s√(2k). An eigenvalue ℓ > R is shrunk to √(ℓ² − R²), what minimises the squared error of a spiked matrix (Gavish, Donoho 2017; Shabalin, Nobel 2013); the others are
 *    noise. What is then left of the trace, which the noise hardly changes, is put on the other directions, in proportion to the noisy variances.
 * 2. A group's covariance is Ŵ plus a part of the difference: in the eigenvectors of Ŵ, with eigenvalues λ, entry (i, j) is multiplied by τλᵢλⱼ/(τλᵢλⱼ + s²/2), the
 *    best linear estimate if the groups' covariances scatter about W as Wishart matrices do, with τ from the data's differences.
 * 3. Negative eigenvalues are set to `LEAST` of the mean one.
 *
 * Nothing here looks at the data but by the released sums and the known noise.
 */
export function shrunkCovariances(
  design: PrivateDesign,
  sums: PrivateSums,
  counts: Float64Array,
  mus: readonly number[],
): Float64Array[] {
  const [groups, k] = [groupsOf(design), featuresIn(design)];
  const parts = partsIn(design);
  const { square, mean } = sums;
  const size = triangleSize(k);
  const stretch = stretchOf(design, sums) ** 2;
  const sigma = stretch * noiseIn(design, "square", mus);
  const scatters = Array.from({ length: groups }, (_, g) => {
    const out = fromTriangle(square!.subarray(g * size, (g + 1) * size), k).map((v) => v * parts.get("square")!.grid);
    const sum = mean!.subarray(g * k, (g + 1) * k).map((v) => v * parts.get("mean")!.grid);
    return out.map((v, at) => stretch * (v - (sum[Math.floor(at / k)]! * sum[at % k]!) / counts[g]!));
  });
  const all = counts.reduce((sum, n) => sum + n, 0);
  const pooled = new Float64Array(k * k);
  for (const scatter of scatters) for (let at = 0; at < k * k; at++) pooled[at]! += scatter[at]! / all;
  const within = shrunkPooled(pooled, k, (sigma * Math.sqrt(groups)) / all);
  if (groups === 1) return [within];

  const { values, vectors } = symmetricEigen(within, k); // rows are eigenvectors
  const turned = (a: Float64Array) => multiplyTransposed(multiply(vectors, a, k, k, k), vectors, k);
  const differences = scatters.map((scatter, g) => turned(scatter.map((v, at) => v / counts[g]! - within[at]!)));
  const noises = Array.from(counts, (n) => (sigma / n) ** 2 / 2);
  const tau = scatterOf(differences, noises, values, k);
  const back = transpose(vectors, k, k);
  return differences.map((difference, g) => {
    const kept = difference.map((v, at) => {
      const expected = tau * values[Math.floor(at / k)]! * values[at % k]!;
      return (v * expected) / (expected + noises[g]!);
    });
    const turnedBack = multiplyTransposed(multiply(back, kept, k, k, k), back, k);
    return semidefinite(
      turnedBack.map((v, at) => v + within[at]!),
      k,
    );
  });
}

/** Step 1 for a matrix with noise of deviation s on the diagonal and s/√2 off it. */
function shrunkPooled(noisy: Float64Array, k: number, s: number): Float64Array {
  const edge = s * Math.sqrt(2 * k);
  const { values, vectors } = symmetricEigen(noisy, k);
  const rank = values.findIndex((v) => v <= edge);
  const kept = rank < 0 ? k : rank;
  const out = new Float64Array(k * k);
  let rest = trace(noisy, k);
  for (let r = 0; r < kept; r++) {
    const value = Math.sqrt(values[r]! ** 2 - edge ** 2);
    rest -= value;
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) out[i * k + j]! += value * vectors[r * k + i]! * vectors[r * k + j]!;
    }
  }
  const missing = Float64Array.from({ length: k }, (_, i) => Math.max(s, noisy[i * (k + 1)]! - out[i * (k + 1)]!));
  const sum = missing.reduce((a, b) => a + b, 0);
  const left = Math.max(rest, LEAST * Math.abs(noisy[0]!));
  for (let i = 0; i < k; i++) out[i * (k + 1)]! += (left * missing[i]!) / sum;
  return out;
}

/** τ by moments: E D² = τλᵢλⱼ(1 + [i = j]) + s²/2 (1 + [i = j]), each weighed by the inverse of its variance. */
function scatterOf(
  differences: readonly Float64Array[],
  noises: readonly number[],
  values: Float64Array,
  k: number,
): number {
  let tau = 0.1;
  for (let round = 0; round < 10; round++) {
    let [above, below] = [0, 0];
    for (const [g, difference] of differences.entries()) {
      for (let i = 0; i < k; i++) {
        for (let j = 0; j <= i; j++) {
          const [unit, factor] = [values[i]! * values[j]!, i === j ? 2 : 1];
          const weight = unit / (tau * unit + noises[g]!) ** 2;
          above += weight * (difference[i * k + j]! ** 2 / factor - noises[g]!);
          below += weight * unit;
        }
      }
    }
    tau = Math.max(1e-3, above / below);
  }
  return tau;
}

/** Eigenvalues are at least this part of the mean one. */
const LEAST = 1e-6;

function semidefinite(matrix: Float64Array, k: number): Float64Array {
  const { values, vectors } = symmetricEigen(
    matrix.map((v, at) => (v + matrix[(at % k) * k + Math.floor(at / k)]!) / 2),
    k,
  );
  const least = (LEAST * values.reduce((sum, v) => sum + Math.max(0, v), 0)) / k;
  const root = transpose(vectors, k, k).map((v, at) => v * Math.sqrt(Math.max(least, values[at % k]!)));
  return multiplyTransposed(root, root, k);
}

/** The lower triangle of a symmetric matrix. */
export function toTriangle(matrix: Float64Array, k: number): Float64Array {
  const out = new Float64Array(triangleSize(k));
  for (let i = 0, at = 0; i < k; i++) for (let j = 0; j <= i; j++) out[at++] = matrix[i * k + j]!;
  return out;
}
