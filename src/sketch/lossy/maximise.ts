import { cholesky } from "../../data/cholesky.ts";
import { triangleSize } from "../families/family.ts";
import type { CellSums, Cells } from "./cells.ts";

/** Every variance is raised by this part of the mean variance within cells, against rounding. */
const RAISED = 1e-6;

/** Cells of fewer samples than this are left empty. */
const FEWEST = 1;

/**
 * The cells that make posterior sums likeliest, one step of expectation maximisation, with covariances drawn to their mean:
 *
 *   π_j = W_j/ΣW,   μ_j = U_j/W_j,   Σ_j = (S_j + νV)/(W_j + ν),
 *
 * S_j = Σ r_j E[uuᵀ] − W_j μ_jμ_jᵀ the scatter of cell j and V = Σ_j S_j / ΣW.
 */
export function maximisedCells({ weight, u, uu }: CellSums, shrinkage: number): Cells {
  const cells = weight.length;
  const k = u.length / cells;
  const triangle = triangleSize(k);
  const total = weight.reduce((a, b) => a + b, 0);
  const used = (j: number) => weight[j]! >= Math.min(FEWEST, total);
  const means = u.map((v, at) => (used(Math.floor(at / k)) ? v / weight[Math.floor(at / k)]! : 0));
  const scatters = uu.slice();
  const within = new Float64Array(triangle);
  let held = 0;
  for (let j = 0; j < cells; j++) {
    if (!used(j)) continue;
    held += weight[j]!;
    for (let a = 0, at = 0; a < k; a++) {
      for (let b = 0; b <= a; b++, at++) {
        scatters[j * triangle + at]! -= weight[j]! * means[j * k + a]! * means[j * k + b]!;
        within[at]! += scatters[j * triangle + at]!;
      }
    }
  }
  for (let at = 0; at < triangle; at++) within[at]! /= held;
  let ridge = 0;
  for (let a = 0; a < k; a++) ridge += (RAISED * within[triangleSize(a + 1) - 1]!) / k;
  const factors = new Float64Array(cells * k * k);
  for (let j = 0; j < cells; j++) {
    const covariance = new Float64Array(k * k);
    for (let a = 0, at = 0; a < k; a++) {
      for (let b = 0; b <= a; b++, at++) {
        const scatter = used(j) ? scatters[j * triangle + at]! : within[at]!;
        const n = used(j) ? weight[j]! : 1;
        covariance[a * k + b] = (scatter + shrinkage * within[at]!) / (n + shrinkage) + (a === b ? ridge : 0);
      }
    }
    factors.set(cholesky(covariance, k), j * k * k);
  }
  return { weights: weight.map((w, j) => (used(j) ? w / held : 0)), means, factors };
}
