import { type Random, stream } from "../../data/random.ts";
import { pauses } from "../../engine/events.ts";
import { type Cells, noCellSums } from "./cells.ts";
import { maximisedCells } from "./maximise.ts";
import { cellPosterior, type Evidence } from "./posterior.ts";

export interface FitCellsOptions {
  /** Cells, K. */
  readonly cells: number;
  /** Steps of expectation maximisation. */
  readonly steps: number;
  /** ν of `maximisedCells`. */
  readonly shrinkage: number;
  readonly seed: number;
  /** Tells groups apart that have cells of their own. */
  readonly group: number;
  readonly signal?: AbortSignal;
}

/** Steps of k-means before the first of expectation maximisation. */
const NEAREST_STEPS = 10;

/**
 * Cells fitted to the measurements of some samples, from one Gaussian of their features: k-means of the posterior means E[u | y], from random
 * samples, then expectation maximisation (Dempster, Laird, Rubin 1977) with what every sample's measurements leave open.
 */
export async function fitCells(
  evidence: Evidence,
  rows: readonly number[],
  gaussian: Cells,
  { cells, steps, shrinkage, seed, group, signal }: FitCellsOptions,
): Promise<Cells> {
  const k = gaussian.means.length;
  const pause = pauses(signal);
  const known = new Float64Array(rows.length * k);
  const start = cellPosterior(gaussian, k);
  for (const [i, row] of rows.entries()) {
    start.meanInto(evidence, row, known, i * k);
    await pause();
  }
  const nearest = nearestCells(known, k, cells, stream(seed, "lossy cells", group));
  const sums = noCellSums(cells, k);
  for (const [i, row] of rows.entries()) {
    start.weigh(evidence, row);
    start.addTo(0, 1, sums, nearest[i]!);
    await pause();
  }
  let fitted = maximisedCells(sums, shrinkage);
  for (let step = 0; step < steps; step++) {
    const posterior = cellPosterior(fitted, k);
    const own = noCellSums(cells, k);
    for (const row of rows) {
      posterior.add(evidence, row, own);
      await pause();
    }
    fitted = maximisedCells(own, shrinkage);
  }
  return fitted;
}

/** The nearest of `cells` means of every point [rows, k]: k-means (Lloyd 1982) from distinct random points. */
function nearestCells(points: Float64Array, k: number, cells: number, random: Random): Int32Array {
  const rows = points.length / k;
  const first = random.permutation(rows);
  const means = new Float64Array(cells * k);
  for (let j = 0; j < cells; j++) {
    const i = first[j % rows]!;
    means.set(points.subarray(i * k, (i + 1) * k), j * k);
  }
  const nearest = new Int32Array(rows);
  for (let step = 0; step < NEAREST_STEPS; step++) {
    for (let i = 0; i < rows; i++) {
      let least = Number.POSITIVE_INFINITY;
      for (let j = 0; j < cells; j++) {
        let distance = 0;
        for (let a = 0; a < k; a++) distance += (points[i * k + a]! - means[j * k + a]!) ** 2;
        if (distance < least) [least, nearest[i]] = [distance, j];
      }
    }
    const counts = new Float64Array(cells);
    const sums = new Float64Array(cells * k);
    for (const [i, j] of nearest.entries()) {
      counts[j]!++;
      for (let a = 0; a < k; a++) sums[j * k + a]! += points[i * k + a]!;
    }
    for (let at = 0; at < means.length; at++) {
      const count = counts[Math.floor(at / k)]!;
      if (count > 0) means[at] = sums[at]! / count; // a cell without points stays where it is
    }
  }
  return nearest;
}
