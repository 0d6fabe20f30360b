import type { OutsideSums } from "../families/family.ts";
import { triangleSize } from "../families/family.ts";
import { LEAST_VARIANCE } from "./evidence.ts";
import { factorInto, inverseInto } from "./small-cholesky.ts";

/** Sums of the scores of a Gaussian over samples with NaN where a pixel is missing (`lossyScores`), in float64. */
export function maskedScores(
  { mean, covariance }: { readonly mean: Float32Array; readonly covariance: Float32Array },
  sigma: number,
): OutsideSums["add"] {
  const n = mean.length;
  const added = Math.max(LEAST_VARIANCE, sigma ** 2);
  const seen = new Int32Array(n);
  const gap = new Float64Array(n);
  const noise = new Float64Array(triangleSize(n));
  const none = new Float64Array(triangleSize(n));
  let root = new Float64Array(0);
  let columns = new Float64Array(0);
  let inverse = new Float64Array(0);
  let size = -1;
  const place = (i: number, j: number) => (i * (i + 1)) / 2 + j;
  return ({ x }, stretches) => {
    const rows = stretches.at(-1)!.to;
    const z = new Float64Array(n);
    const score = new Float64Array(triangleSize(n));
    let log = 0;
    for (let row = 0; row < rows; row++) {
      let m = 0;
      for (let p = 0; p < n; p++) {
        const v = x!.data[row * n + p]!;
        if (Number.isNaN(v)) continue;
        gap[m] = v - mean[p]!;
        seen[m++] = p;
      }
      if (m === 0) continue;
      if (m !== size) {
        size = m;
        [root, columns, inverse] = [
          new Float64Array(m * m),
          new Float64Array(m * m),
          new Float64Array(triangleSize(m)),
        ];
      }
      for (let a = 0, at = 0; a < m; a++) {
        for (let b = 0; b <= a; b++) noise[at++] = covariance[place(seen[a]!, seen[b]!)]! + (a === b ? added : 0);
      }
      log -= 0.5 * factorInto(root, 0, noise, 0, none, 0, m);
      inverseInto(root, 0, m, columns, inverse, 0);
      const solved = new Float64Array(m); // N⁻¹(y − μ)
      for (let a = 0, at = 0; a < m; a++) {
        for (let b = 0; b < a; b++, at++) {
          solved[a]! += inverse[at]! * gap[b]!;
          solved[b]! += inverse[at]! * gap[a]!;
        }
        solved[a]! += inverse[at++]! * gap[a]!;
      }
      for (let a = 0, at = 0; a < m; a++) {
        z[seen[a]!]! += solved[a]!;
        log -= 0.5 * solved[a]! * gap[a]!;
        const line = place(seen[a]!, 0);
        for (let b = 0; b <= a; b++, at++) score[line + seen[b]!]! += solved[a]! * solved[b]! - inverse[at]!;
      }
    }
    return { z, score, log: Float64Array.of(log) };
  };
}
