import { solveLowerTransposed } from "../../data/cholesky.ts";
import { symmetricEigen } from "../../data/linalg.ts";
import { dot } from "../../data/vector.ts";
import type { Tilted } from "./tilted.ts";

/** What windows say of the images of one signal beyond the Gaussian: a precision S [n, n] and a pull r [n], N(x; ·) ∝ exp(−½(x − x̄)ᵀS(x − x̄) + rᵀ(x − x̄)). */
export interface Sites {
  readonly precision: Float64Array;
  readonly pull: Float64Array;
}

/**
 * Adds a window's site, weighed: the Gaussian factor that gives the window its tilted mean z̄ and covariance W, of x = x̄ + Lz with z ~ N(0, I) before. In coordinates of W's eigenvectors
 * its precision is 1/min(w, 1) − 1: it never takes away what the Gaussian knows, so that the product of all sites is a Gaussian too.
 */
export function addSite(
  { precision, pull }: Sites,
  { mean, covariance }: Tilted,
  { pixels, root, weight }: { readonly pixels: Int32Array; readonly root: Float64Array; readonly weight: number },
): void {
  const d = pixels.length;
  const n = pull.length;
  const { values, vectors } = symmetricEigen(covariance, d);
  const along = values.map((_, j) => dot(vectors, j * d, mean, 0, d)); // uᵀz̄
  const directions = solveLowerTransposed(root, d, vectors); // rows L⁻ᵀu
  for (const [j, value] of values.entries()) {
    const inverse = 1 / Math.min(1, Math.max(value, Number.EPSILON));
    const u = directions.subarray(j * d, (j + 1) * d);
    for (let a = 0; a < d; a++) {
      pull[pixels[a]!]! += weight * inverse * along[j]! * u[a]!;
      if (inverse === 1) continue;
      const scaled = weight * (inverse - 1) * u[a]!;
      const row = pixels[a]! * n;
      for (let c = 0; c < d; c++) precision[row + pixels[c]!]! += scaled * u[c]!;
    }
  }
}
