import { fromHost } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { multiply, transpose } from "../data/matmul.ts";
import { stream } from "../data/random.ts";
import { pauses } from "../engine/events.ts";
import { symmetricEigenPausing } from "../engine/float64.ts";
import { type Sketch, samplingFloor } from "../sketch/index.ts";
import { totalOf } from "./best-weights.ts";
import { type Minimum, minimise } from "./minimise.ts";
import { type StandardMoments, someOf, standardMoments } from "./moments.ts";
import { SubspaceMisfit } from "./subspace-misfit.ts";
import type { Learned, TaskOptions } from "./task.ts";

/** Frequencies of a descent from random subspaces for each unknown; the last descent has all. */
const PER_UNKNOWN = 5;
const STEPS = 500;
/** Part by which five steps of the last descent must lower the misfit. */
const TOLERANCE = 1e-5;
/** The search ends when so many descents have the least misfit, those counted whose own is greater by at most a hundredth. */
const ENOUGH = 3;
const ALIKE = 1.01;

/**
 * Subspace clustering: the K affine subspaces of dimension r that samples lie near, from the Fourier moments of a sketch (`SubspaceMisfit`). Of at most
 * `restarts` descents from random means and directions the one of the least misfit is taken. `means` [K, …shape] and orthonormal `directions` [K, r, …shape] of the
 * subspaces, `variances` [K, r] along them, the largest first, and `weights` [K], the largest first. A sample belongs to the subspace with the least ‖x − μₖ‖² − Σ (directionᵀ(x − μₖ))².
 *
 * A subspace of weight 0 was not needed and means nothing.
 *
 * Errors (InputError): no k or no rank; fewer than two features; a rank that leaves no direction across; more subspaces than samples; more unknowns than numbers of moments; those of `standardMoments` and `totalOf`.
 */
export async function subspaces(
  sketch: Sketch,
  { k, rank, restarts, seed, onRound, signal }: TaskOptions,
): Promise<Learned> {
  if (k === undefined) throw new InputError("subspaces: needs the number of subspaces; give -k");
  if (rank === undefined) throw new InputError("subspaces: needs the dimension of the subspaces; give --rank");
  const all = standardMoments("subspaces", sketch);
  const { d, m } = all;
  if (d < 2) throw new InputError("subspaces: needs at least 2 features, got 1");
  if (rank >= d) {
    throw new InputError(
      `subspaces: subspaces of dimension ${rank} fill the ${d} features of the sketch; give a smaller --rank`,
    );
  }
  if (k > all.count) {
    throw new InputError(`subspaces: k = ${k} is more than the ${all.count} samples of the sketch; give a smaller -k`);
  }
  const unknowns = k * (d + rank * d + 1) + 2;
  if (unknowns > 2 * m) {
    throw new InputError(
      `subspaces: k = ${k} of dimension ${rank} have ${unknowns} unknowns in ${d} features, more than the ${2 * m} numbers of ${m} frequencies; ` +
        "give a smaller -k or --rank, or sketch with more --frequencies or fewer --features",
    );
  }
  const few = new SubspaceMisfit(someOf(all, PER_UNKNOWN * unknowns, seed), k, rank);
  const floor = samplingFloor(sketch);
  const pause = pauses(signal);
  const ends: Minimum[] = [];
  for (let restart = 0; restart < restarts; restart++) {
    const start = few.start(stream(seed, "learn", "subspaces", restart));
    ends.push(await minimise(few.value, start, { steps: STEPS, pause }));
    ends.sort((a, b) => a.value - b.value);
    const least = ends[0]!.value;
    onRound?.(restart + 1, restarts + 1, least);
    if (least < 2 * floor || (ends[ENOUGH - 1]?.value ?? Number.POSITIVE_INFINITY) < ALIKE * least) break;
  }
  const misfit = new SubspaceMisfit(all, k, rank);
  const best = await minimise(misfit.value, ends[0]!.x, { steps: STEPS, tolerance: TOLERANCE, pause });
  misfit.value(best.x, new Float64Array(best.x.length)); // for the weights
  const { weights } = misfit;
  const order = Array.from(weights.keys()).sort((a, b) => weights[b]! - weights[a]!);
  const sum = totalOf("subspaces", weights);
  const across = misfit.across(best.x) * all.scale ** 2;
  const found: { readonly mean: Float64Array; readonly directions: Float64Array; readonly variances: Float64Array }[] =
    [];
  for (const at of order) {
    const own = await principal(all, misfit.directions(best.x, at), rank, signal);
    found.push({ mean: all.points(misfit.mean(best.x, at)), ...own });
  }
  const { shape } = sketch.design;
  const rows = (of: readonly Float64Array[]) => Float32Array.from(of.flatMap((row) => Array.from(row)));
  const sorted = Float32Array.from(order, (at) => weights[at]! / sum);
  return {
    arrays: {
      means: fromHost(rows(found.map(({ mean }) => mean)), [k, ...shape]),
      directions: fromHost(rows(found.map(({ directions }) => directions)), [k, rank, ...shape]),
      variances: fromHost(
        rows(found.map(({ variances }) => variances)).map((v) => v + across),
        [k, rank],
      ),
      weights: fromHost(sorted, [k]),
    },
    data: { k, rank, deviation: Math.sqrt(across), misfit: best.value, floor },
    words: {
      weights: Array.from(sorted, (w) => w.toPrecision(2)).join(", "),
      deviation: `${Math.sqrt(across).toPrecision(3)} from the subspaces, along each direction across them`,
      misfit: `${best.value.toPrecision(3)}, mean squared over the moments; sampling noise is ${floor.toPrecision(3)}`,
    },
    shown: [
      { name: "means", directions: false },
      { name: "directions", directions: true },
    ],
  };
}

/** The principal directions of VᵀV, orthonormal in the samples' numbers, and the variances along them. */
async function principal(moments: StandardMoments, v: Float64Array, rank: number, signal: AbortSignal | undefined) {
  const { d, scale } = moments;
  const covariance = multiply(transpose(v, rank, d), v, d, rank, d);
  const { values, vectors } = await symmetricEigenPausing(covariance, d, rank, signal);
  return {
    directions: moments.directions(vectors).map((x) => x / scale),
    variances: values.map((x) => Math.max(x, 0) * scale ** 2),
  };
}
