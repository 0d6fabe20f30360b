/** Gaussians of k features with their weights: u ~ Σ_j π_j N(μ_j, L_j L_jᵀ). */
export interface Cells {
  /** π [K]; 0 for a cell without samples. */
  readonly weights: Float64Array;
  /** μ [K, k]. */
  readonly means: Float64Array;
  /** L [K, k, k], lower triangular. */
  readonly factors: Float64Array;
}

/** Posterior sums over samples, with the responsibilities r_j of the cells: Σ r_j, Σ r_j E[u] and Σ r_j E[uuᵀ]. */
export interface CellSums {
  /** [K] */
  readonly weight: Float64Array;
  /** [K, k] */
  readonly u: Float64Array;
  /** [K, k(k+1)/2], lower triangles. */
  readonly uu: Float64Array;
}

/** Sums before the first sample. */
export const noCellSums = (cells: number, k: number): CellSums => ({
  weight: new Float64Array(cells),
  u: new Float64Array(cells * k),
  uu: new Float64Array((cells * k * (k + 1)) / 2),
});
