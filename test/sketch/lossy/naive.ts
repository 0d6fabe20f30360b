import { cholesky, invertLower, logDeterminant } from "../../../src/data/cholesky.ts";
import { multiply, transpose } from "../../../src/data/matmul.ts";
import { fromTriangle } from "../../../src/sketch/families/family.ts";
import { scoreReference } from "../../../src/sketch/families/lossy-scores.ts";
import {
  cellPosterior,
  cellsOfGroup,
  familySpec,
  lossyReference,
  noCellSums,
  type SketchDesign,
  triangleSize,
} from "../../../src/sketch/index.ts";

/** One measured number y = φᵀx + w. */
export interface Measured {
  readonly phi: readonly number[];
  readonly y: number;
}

/** The least variance of a measurement given the features. */
const LEAST = 1e-4;

const product = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);

/** The sums of lossy cells of one group by their definition, in float64, sample by sample. */
export function naiveCells(design: SketchDesign, samples: readonly (readonly Measured[])[]) {
  const { form, sigma, cells } = familySpec(design, "lossy-cells", "test");
  const reference = lossyReference(design.arrays);
  const { centre, basis, factor, deviations } = reference;
  const [n, k] = basis.shape as [number, number];
  const q = factor.shape[1]!;
  const posterior = cellPosterior(cellsOfGroup(reference, 0), k);
  const residual = (p: number, r: number) => {
    let sum = p === r ? deviations.data[p]! ** 2 : 0;
    for (let a = 0; a < q; a++) sum += factor.data[p * q + a]! * factor.data[r * q + a]!;
    return form === "fixed" || p === r ? sum : 0;
  };
  const want = noCellSums(cells, k);
  let log = 0;
  for (const rows of samples) {
    const m = rows.length;
    const noise = new Float64Array(m * m); // of the measurements given the features
    for (let a = 0; a < m; a++) {
      for (let b = 0; b <= a; b++) {
        if (form !== "fixed" && a !== b) continue;
        for (let p = 0; p < n; p++) {
          for (let r = 0; r < n; r++) noise[a * m + b]! += rows[a]!.phi[p]! * rows[b]!.phi[r]! * residual(p, r);
        }
      }
      const own = noise[a * (m + 1)]!;
      noise[a * (m + 1)] = form === "fixed" ? own + Math.max(sigma ** 2, LEAST) : Math.max(LEAST, own + sigma ** 2);
    }
    const root = cholesky(noise, m);
    for (let a = 0; a < m; a++) log -= Math.log(root[a * (m + 1)]!);
    const whitened = (values: readonly number[]) => {
      const out: number[] = [];
      for (let a = 0; a < m; a++) {
        let v = values[a]!;
        for (let b = 0; b < a; b++) v -= root[a * m + b]! * out[b]!;
        out.push(v / root[a * (m + 1)]!);
      }
      return out;
    };
    const rest = whitened(rows.map(({ phi, y }) => y - product(phi, [...centre.data])));
    const along = Array.from({ length: k }, (_, a) =>
      whitened(
        rows.map(({ phi }) =>
          product(
            phi,
            phi.map((__, p) => basis.data[p * k + a]!),
          ),
        ),
      ),
    );
    const g = new Float64Array(triangleSize(k));
    for (let a = 0, at = 0; a < k; a++) for (let b = 0; b <= a; b++) g[at++] = product(along[a]!, along[b]!);
    const evidence = { h: Float64Array.from(along, (v) => product(v, rest)), g };
    log += posterior.add(evidence, 0, want) - 0.5 * product(rest, rest);
  }
  return {
    "lossy-cells.weight": want.weight,
    "lossy-cells.u": want.u,
    "lossy-cells.uu": want.uu,
    "lossy-cells.log": Float64Array.of(log),
  };
}

/** The sums of lossy scores of samples that are seen whole, by their definition. */
export function naiveScores(design: SketchDesign, rows: Float32Array) {
  const { sigma } = familySpec(design, "lossy-scores", "test");
  const { mean, covariance } = scoreReference(design.arrays);
  const n = mean.length;
  const noise = fromTriangle(Float64Array.from(covariance), n).map(
    (v, at) => v + (at % (n + 1) === 0 ? sigma ** 2 : 0),
  );
  const factor = cholesky(noise, n);
  const root = invertLower(factor, n);
  const inverse = multiply(transpose(root, n, n), root, n, n, n);
  const z = new Float64Array(n);
  const score = new Float64Array(triangleSize(n));
  let log = 0;
  for (let row = 0; row < rows.length; row += n) {
    const gap = Float64Array.from(mean, (v, p) => rows[row + p]! - v);
    const solved = multiply(inverse, gap, n, n, 1);
    log -= 0.5 * (product([...solved], [...gap]) + logDeterminant(factor, n));
    for (let p = 0, at = 0; p < n; p++) {
      z[p]! += solved[p]!;
      for (let q = 0; q <= p; q++) score[at++]! += solved[p]! * solved[q]! - inverse[p * n + q]!;
    }
  }
  return { "lossy-scores.z": z, "lossy-scores.score": score, "lossy-scores.log": Float64Array.of(log) };
}
