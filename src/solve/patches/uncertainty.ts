import { fromHost, sizeOf } from "../../data/array.ts";
import { randomGrid, type Sizes } from "../../data/grid.ts";
import { stream } from "../../data/random.ts";
import { squaredNorm } from "../../data/vector.ts";
import { pauses } from "../../engine/events.ts";
import { applyToRows } from "../operator-matrix.ts";
import type { WhitenedProblem } from "../penalised/whitening.ts";
import type { Solved } from "../recovery.ts";
import type { SolveOptions } from "../solver.ts";
import type { PatchStep } from "./patch-step.ts";
import { withPosteriorDraws } from "./posterior-draws.ts";
import { patchPrecision } from "./precision.ts";

/** Draws that a deviation is made of: it is then within 12 % (one standard error) of that of all draws. */
const DRAWS = 32;
/**
 * H⁻¹ takes the component of every patch for known, and is too small: the mean of (x − x̂)²/v was 2.6 (noise of 25/255), 1.6 (missing pixels) and
 * 2.1 (blur). The factor of the variance that is likeliest for the three together, on crops of training photographs (docs/patches.md).
 */
const INFLATION = 2;
/** Patches that are filtered at a time, of several draws if an image has few. */
const FILTERED = 16384;

/** What an estimate was made of. */
export interface Estimated {
  readonly problem: WhitenedProblem;
  readonly patch: PatchStep;
  readonly sizes: Sizes;
  /** σ of the noise of the whitened problem. */
  readonly sigma: number;
  /** s of the patches' precision. */
  readonly s: number;
  /** x̂ [batch, ...shape] */
  readonly estimate: Float32Array;
}

/** What is known of the posterior beside its estimate. */
export type Uncertainty = Pick<Solved, "deviation" | "samples" | "marginals" | "warnings">;

/**
 * Laplace's approximation of the posterior at the estimate x̂ of half-quadratic splitting, widened: N(x̂, 2H⁻¹) with
 *
 *     H = Φ'Φ/σ² + Σ_P c_P P'(Σ_k(P) + s²I)⁻¹P
 *
 * (`patchPrecision`) over a grid of patches, every half of a side. The deviation is the root mean square of draws. The range of signals does not count.
 */
export async function patchUncertainty(
  { problem, patch, sizes, sigma, s, estimate }: Estimated,
  { deviation = false, samples = 0, seed = 1, onProgress, signal }: SolveOptions,
): Promise<Uncertainty> {
  const count = Math.max(deviation ? DRAWS : 0, samples);
  if (count === 0) return { warnings: [] };
  const n = sizeOf(problem.shape);
  const batch = estimate.length / n;
  const grid = randomGrid(sizes, Math.max(1, sizes.side >> 1), stream(seed, "patch grid of the posterior"));
  const rows = Math.max(1, Math.min(count, Math.floor(FILTERED / (grid.rows.length * grid.columns.length))));
  const runs = Math.ceil(count / rows);
  const pause = pauses(signal);
  const variance = new Float64Array(batch * n);
  const drawn = new Float32Array(batch * samples * n);
  let settled = true;
  await withPosteriorDraws(problem, { sigma, rows, pause }, async (draws) => {
    for (let i = 0; i < batch; i++) {
      const own = estimate.subarray(i * n, (i + 1) * n);
      const precision = await patchPrecision(patch, own, { grid, sizes, s, most: FILTERED, pause, signal });
      for (let run = 0; run < runs; run++) {
        const streams = Array.from({ length: rows }, (_, row) =>
          stream(seed, "posterior of patches", run * rows + row),
        );
        const found = await draws(precision, streams);
        settled &&= found.settled;
        for (const [at, narrow] of found.draws.entries()) {
          const v = Math.sqrt(INFLATION) * narrow;
          const draw = run * rows + Math.floor(at / n);
          variance[i * n + (at % n)]! += v ** 2 / (runs * rows);
          if (draw < samples) drawn[(i * samples + draw) * n + (at % n)] = own[at % n]! + v;
        }
        onProgress?.({ task: "deviation", step: i * runs + run + 1, maxSteps: batch * runs, objective: Number.NaN });
      }
    }
  });
  const shape = problem.shape;
  return {
    ...(deviation && {
      deviation: fromHost(Float32Array.from(variance, Math.sqrt), [batch, ...shape]),
      marginals: async (i: number) => [
        {
          probability: 1,
          mean: Float64Array.from(estimate.subarray(i * n, (i + 1) * n)),
          variance: variance.slice(i * n, (i + 1) * n),
        },
      ],
    }),
    ...(samples > 0 && { samples: fromHost(drawn, [batch, samples, ...shape]) }),
    warnings: [
      ...(settled ? [] : ["the deviation is rough: its conjugate gradients had not settled after their most steps"]),
      ...((await seesMeans(problem))
        ? []
        : ["Φ does not see the mean of an image, which counts as known in the deviation"]),
    ],
  };
}

/** Whether Φ sees an image that is constant in one channel, for every channel. Patches know nothing of means. */
async function seesMeans({ operator, shape }: WhitenedProblem): Promise<boolean> {
  const channels = shape[2] ?? 1;
  const n = sizeOf(shape);
  const constants = Float32Array.from({ length: channels * n }, (_, at) =>
    Number(at % channels === Math.floor(at / n)),
  );
  const { data } = await applyToRows(operator, fromHost(constants, [channels, n]));
  const m = data.length / channels;
  return Array.from({ length: channels }, (_, c) => squaredNorm(data, c * m, m)).every((seen) => seen > 1e-10 * n);
}
