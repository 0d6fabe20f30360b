import { dot } from "../../data/vector.ts";
import { triangleSize } from "../families/family.ts";
import type { CellSums, Cells } from "./cells.ts";
import { factorInto, inverseInto } from "./small-cholesky.ts";

/** What some measurements say of the features u of a sample: p(y | u) ∝ exp(hᵀu − ½uᵀGu). */
export interface Evidence {
  /** h of every sample, [rows, k]. */
  readonly h: Float32Array | Float64Array;
  /** G of every sample as lower triangles [rows, k(k+1)/2], or one [k(k+1)/2] that all samples share. */
  readonly g: Float32Array | Float64Array;
}

/** Cells with a smaller responsibility for a sample are left out of its sums. */
const NEGLIGIBLE = 1e-6;

/**
 * The posterior of u in some cells given measurements:
 *
 *   A_j = Σ_j⁻¹ + G,   u | y, j ~ N(A_j⁻¹(h + Σ_j⁻¹μ_j), A_j⁻¹),
 *   log r_j = log π_j − ½ log det(Σ_j A_j) + ½ (h + Σ_j⁻¹μ_j)ᵀA_j⁻¹(h + Σ_j⁻¹μ_j) − ½ μ_jᵀΣ_j⁻¹μ_j up to a constant,
 *
 * in float64, a Cholesky factor of k numbers for each cell and sample; one for each cell where all samples share G.
 */
export function cellPosterior({ weights, means, factors }: Cells, k: number) {
  const [cells, square, triangle] = [weights.length, k * k, triangleSize(k)];
  const precisions = new Float64Array(cells * triangle);
  const pulls = new Float64Array(cells * k); // Σ⁻¹μ
  const constants = new Float64Array(cells);
  const inverse = new Float64Array(triangle);
  const columns = new Float64Array(square);
  for (let j = 0; j < cells; j++) {
    const factor = factors.subarray(j * square, (j + 1) * square);
    const precision = precisions.subarray(j * triangle, (j + 1) * triangle);
    inverseInto(factor, 0, k, columns, precision, 0);
    const mean = means.subarray(j * k, (j + 1) * k);
    let [logDet, size] = [0, 0];
    for (let a = 0, at = 0; a < k; a++) {
      logDet += 2 * Math.log(factor[a * (k + 1)]!);
      for (let b = 0; b <= a; b++, at++) {
        pulls[j * k + a]! += precision[at]! * mean[b]!;
        if (b < a) pulls[j * k + b]! += precision[at]! * mean[a]!;
      }
    }
    for (let a = 0; a < k; a++) size += pulls[j * k + a]! * mean[a]!;
    constants[j] = Math.log(weights[j]!) - 0.5 * (logDet + size);
  }

  const roots = new Float64Array(cells * square); // L of A_j = LLᵀ, of one sample
  const halves = new Float64Array(cells * k); // L⁻¹(h + Σ⁻¹μ)
  const logDets = new Float64Array(cells);
  const chances = new Float64Array(cells);
  const mean = new Float64Array(k);
  let factored: Evidence["g"] | undefined; // whose roots are held, of a G that is shared
  let inverses: Float64Array | undefined; // and its A_j⁻¹, as triangles

  const factor = (g: Evidence["g"], from: number) => {
    for (let j = 0; j < cells; j++) {
      if (weights[j] === 0) continue;
      logDets[j] = factorInto(roots, j * square, precisions, j * triangle, g, from, k);
    }
  };
  const factorShared = (g: Evidence["g"]) => {
    if (factored === g) return;
    factor(g, 0);
    inverses = new Float64Array(cells * triangle);
    for (let j = 0; j < cells; j++) {
      if (weights[j]! > 0) inverseInto(roots, j * square, k, columns, inverses, j * triangle);
    }
    factored = g;
  };

  /** Responsibilities in `chances` and L⁻¹(h + Σ⁻¹μ) in `halves`; returns log Σ_j, log p(y) up to what does not depend on the cells. */
  const weigh = ({ h, g }: Evidence, row: number): number => {
    if (g.length === triangle && h.length > k) factorShared(g);
    else {
      factor(g, row * triangle);
      factored = inverses = undefined;
    }
    let most = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < cells; j++) {
      chances[j] = Number.NEGATIVE_INFINITY;
      if (weights[j] === 0) continue;
      const [half, root] = [j * k, j * square];
      let size = 0;
      for (let a = 0; a < k; a++) {
        const v =
          (h[row * k + a]! + pulls[half + a]! - dot(roots, root + a * k, halves, half, a)) / roots[root + a * (k + 1)]!;
        halves[half + a] = v;
        size += v * v;
      }
      chances[j] = constants[j]! - 0.5 * (logDets[j]! - size);
      most = Math.max(most, chances[j]!);
    }
    let sum = 0;
    for (let j = 0; j < cells; j++) sum += Math.exp(chances[j]! - most);
    for (let j = 0; j < cells; j++) chances[j] = Math.exp(chances[j]! - most) / sum;
    return most + Math.log(sum);
  };

  /** E[u | y, j] in `mean` and Cov[u | y, j] in `inverse`, after `weigh`. */
  const solve = (j: number): void => {
    const root = j * square;
    for (let a = 0; a < k; a++) mean[a] = halves[j * k + a]!;
    for (let a = k - 1; a >= 0; a--) {
      const v = mean[a]! / roots[root + a * (k + 1)]!;
      mean[a] = v;
      for (let b = 0, at = root + a * k; b < a; b++, at++) mean[b]! -= roots[at]! * v;
    }
    if (inverses) inverse.set(inverses.subarray(j * triangle, (j + 1) * triangle));
    else inverseInto(roots, root, k, columns, inverse, 0);
  };

  return {
    /** Adds the posterior sums of a sample; returns log p(y) up to what does not depend on the cells. */
    add(evidence: Evidence, row: number, into: CellSums): number {
      const log = weigh(evidence, row);
      for (let j = 0; j < cells; j++) if (chances[j]! > NEGLIGIBLE) this.addTo(j, chances[j]!, into, j);
      return log;
    },
    /** E[u | y] of a sample, [k], into `out` at `to`. */
    meanInto(evidence: Evidence, row: number, out: Float64Array, to: number): void {
      weigh(evidence, row);
      for (let j = 0; j < cells; j++) {
        if (!(chances[j]! > NEGLIGIBLE)) continue;
        solve(j);
        for (let a = 0; a < k; a++) out[to + a]! += chances[j]! * mean[a]!;
      }
    },
    /** Adds the posterior in cell j of the sample that was weighed last, with a weight, to cell `to` of some sums. */
    addTo(j: number, weight: number, { weight: counts, u, uu }: CellSums, to: number): void {
      solve(j);
      counts[to]! += weight;
      let at = to * triangle;
      for (let a = 0, i = 0; a < k; a++) {
        u[to * k + a]! += weight * mean[a]!;
        for (let b = 0; b <= a; b++, i++) uu[at++]! += weight * (inverse[i]! + mean[a]! * mean[b]!);
      }
    },
    weigh,
  };
}
