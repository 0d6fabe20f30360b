import { dot } from "../../data/vector.ts";
import { product, productTransposed } from "../../engine/float64.ts";
import { fromTriangle, triangleSize } from "../families/family.ts";
import type { CellSums, Cells } from "./cells.ts";
import { maximisedCells } from "./maximise.ts";
import { factorInto, inverseInto } from "./small-cholesky.ts";

/** Steps on the sums of one pass. */
const STEPS = 10;

/**
 * The cells that the posterior sums of a reference make likely, their covariances drawn to the mean one with the weight of ν samples (`shrinkage`).
 *
 * Where all samples share G, given as a lower triangle, these are ten steps of `maximisedCells` on the sums alone, with the responsibilities as they are. In much noise one step moves a
 * covariance by a small part of the way only. Each step makes the measurements likelier, as if labels alone were missing, and then features too (alternating expectation and conditional
 * maximisation, Meng and van Dyk 1997, "The EM algorithm – an old folk-song sung to a fast new tune"). The ν samples are as noisy as the others (`drawnToMean`).
 *
 * Where samples have a G each it is one step, and the ν samples are whole: their sums do not tell what other cells would make of them.
 */
export async function likeliestCells(
  sums: CellSums,
  reference: Cells,
  shrinkage: number,
  g: Float64Array | undefined,
): Promise<Cells> {
  if (!g) return maximisedCells(sums, shrinkage);
  const drawn = await drawnToMean(sums, reference, shrinkage, g);
  let cells = maximisedCells(drawn, 0);
  for (let step = 1; step < STEPS; step++) {
    cells = maximisedCells(await sumsInOtherCells(drawn, reference, cells, g), 0);
  }
  return cells;
}

/**
 * Posterior sums with the scatter H_j of h in each cell drawn to the mean one, H_j ← W(H_j + νV)/(W + ν), V = Σ_j H_j / ΣW: as if ν samples were added that are measured as the others are. In the sums, with A = Σ⁻¹ + G,
 *
 *   S ← S + Wν/(W + ν) · (A⁻¹VA⁻¹ − Q/W),   Q = S − UUᵀ/W − WA⁻¹ = A⁻¹H_jA⁻¹.
 */
async function drawnToMean(
  { weight, u, uu }: CellSums,
  cells: Cells,
  shrinkage: number,
  g: Float64Array,
): Promise<CellSums> {
  const k = u.length / weight.length;
  const triangle = triangleSize(k);
  const total = weight.reduce((a, b) => a + b, 0);
  const mean = new Float64Array(k * k);
  const posteriors = Array.from(weight, (_, j) => posteriorOf(cells, j, g, k));
  const scatters: Float64Array[] = [];
  for (const [j, { covariance, precision }] of posteriors.entries()) {
    const w = weight[j]!;
    const own = fromTriangle(uu.subarray(j * triangle, (j + 1) * triangle), k);
    for (let at = 0; w > 0 && at < own.length; at++) {
      const [a, b] = [Math.floor(at / k), at % k];
      own[at]! -= (u[j * k + a]! * u[j * k + b]!) / w + w * covariance[at]!;
    }
    scatters.push(own);
    const measured = await product(await product(precision, own, k, k, k), precision, k, k, k);
    for (let at = 0; at < mean.length; at++) mean[at]! += measured[at]! / total;
  }
  const out = { weight, u, uu: uu.slice() };
  for (const [j, { covariance }] of posteriors.entries()) {
    const w = weight[j]!;
    if (w === 0) continue;
    const drawn = await product(await product(covariance, mean, k, k, k), covariance, k, k, k);
    for (let a = 0, at = j * triangle; a < k; a++) {
      for (let b = 0; b <= a; b++, at++) {
        out.uu[at]! += ((w * shrinkage) / (w + shrinkage)) * (drawn[a * k + b]! - scatters[j]![a * k + b]! / w);
      }
    }
  }
  return out;
}

/**
 * Posterior sums as other cells (μ', Σ') make them, from those of cells (μ, Σ), with the same responsibilities, of samples that share G. With A = Σ⁻¹ + G the posterior means
 * E = A⁻¹(h + Σ⁻¹μ) are affine in h, so that of the sums W = Σ r, U = Σ rE and S = Σ r(EEᵀ + A⁻¹) of each cell
 *
 *   U' = TU + Wt,   S' = T(S − WA⁻¹)Tᵀ + TUtᵀ + t(TU)ᵀ + Wttᵀ + WA'⁻¹,   T = A'⁻¹A,   t = A'⁻¹(Σ'⁻¹μ' − Σ⁻¹μ).
 */
export async function sumsInOtherCells(
  { weight, u, uu }: CellSums,
  from: Cells,
  to: Cells,
  g: Float64Array,
): Promise<CellSums> {
  const k = u.length / weight.length;
  const triangle = triangleSize(k);
  const out = { weight, u: new Float64Array(u.length), uu: new Float64Array(uu.length) };
  for (const [j, w] of weight.entries()) {
    const [old, own] = [posteriorOf(from, j, g, k), posteriorOf(to, j, g, k)];
    const map = await product(own.covariance, old.precision, k, k, k);
    const pull = own.pull.map((v, a) => v - old.pull[a]!);
    const shift = await product(own.covariance, pull, k, k, 1);
    const moved = await product(map, u.subarray(j * k, (j + 1) * k), k, k, 1);
    const whole = fromTriangle(uu.subarray(j * triangle, (j + 1) * triangle), k);
    const squares = whole.map((v, at) => v - w * old.covariance[at]!);
    const spread = await productTransposed(await product(map, squares, k, k, k), map, k);
    for (let a = 0, at = j * triangle; a < k; a++) {
      out.u[j * k + a] = moved[a]! + w * shift[a]!;
      for (let b = 0; b <= a; b++, at++) {
        const shifted = moved[a]! * shift[b]! + shift[a]! * moved[b]! + w * shift[a]! * shift[b]!;
        out.uu[at] = spread[a * k + b]! + shifted + w * own.covariance[a * k + b]!;
      }
    }
  }
  return out;
}

/** A = Σ⁻¹ + G and A⁻¹, [k, k], and Σ⁻¹μ [k], of cell j. */
function posteriorOf({ means, factors }: Cells, j: number, g: Float64Array, k: number) {
  const columns = new Float64Array(k * k);
  const own = new Float64Array(g.length);
  inverseInto(factors, j * k * k, k, columns, own, 0);
  const root = new Float64Array(k * k);
  factorInto(root, 0, own, 0, g, 0, k);
  const inverse = new Float64Array(g.length);
  inverseInto(root, 0, k, columns, inverse, 0);
  const before = fromTriangle(own, k);
  return {
    precision: fromTriangle(
      own.map((v, at) => v + g[at]!),
      k,
    ),
    covariance: fromTriangle(inverse, k),
    pull: Float64Array.from({ length: k }, (_, a) => dot(before, a * k, means, j * k, k)),
  };
}
