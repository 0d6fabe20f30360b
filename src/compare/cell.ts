import type { NdArray } from "ndarray";
import { clipped } from "../data/range.ts";
import type { Outcome, Problem, Raised } from "../solve/index.ts";
import { type Coverage, calibrationOf } from "./coverage.ts";
import type { Method } from "./method.ts";
import { meanSquaredErrors, relativeErrors } from "./metrics.ts";
import { withPeakMemory } from "./peak-memory.ts";
import { residuals } from "./residuals.ts";
import { hasSsim, ssim } from "./ssim.ts";

/** What is measured of every signal of a draw, [batch]. */
export interface Figures {
  /** Mean squared error per pixel. */
  readonly errors: Float64Array;
  /** ‖x̂ − x‖/‖x‖; NaN for a signal that is 0. */
  readonly relativeErrors: Float64Array;
  /** Root mean square of y − Φ(x̂). */
  readonly residuals: Float64Array;
  /** Structural similarity, of images that are large enough. */
  readonly ssims?: Float64Array;
}

/** What a method said of one draw. */
export interface Said {
  readonly seconds: number;
  readonly outcomes: readonly Outcome[];
  readonly warnings: readonly string[];
  readonly lambda?: number;
  readonly raised?: Raised;
  /** How many signals had to be clipped to the range. */
  readonly clipped: number;
  readonly coverage?: Coverage;
}

/** One method on one draw. */
type Draw = Figures & Said;

/** One method on all draws of one problem. */
export interface Cell {
  /** Of the first draw, [batch, ...shape]. */
  readonly estimate: NdArray<Float32Array>;
  /** Standard deviation of the posterior of the first draw, [batch, ...shape], if the method knows it. */
  readonly deviation?: NdArray<Float32Array>;
  readonly draws: readonly Draw[];
  /** The largest resident memory of the process meanwhile, in bytes. */
  readonly memory: number;
}

/** Runs a method on every draw of a problem. If the signal aborts, its reason is thrown. */
export async function solveCell(
  truth: NdArray<Float32Array>,
  problems: readonly Problem[],
  method: Method,
  signal?: AbortSignal,
): Promise<Cell> {
  const { result, peak } = await withPeakMemory(async () => {
    let first: Arrays | undefined;
    const draws: Draw[] = [];
    for (const problem of problems) {
      signal?.throwIfAborted();
      const { arrays, draw } = await solveDraw(truth, problem, method);
      first ??= arrays;
      draws.push(draw);
    }
    signal?.throwIfAborted();
    return { ...first!, draws };
  });
  return { ...result, memory: peak };
}

/** What is kept of the first draw alone. */
type Arrays = Pick<Cell, "estimate" | "deviation">;

async function solveDraw(
  truth: NdArray<Float32Array>,
  problem: Problem,
  method: Method,
): Promise<{ readonly arrays: Arrays; readonly draw: Draw }> {
  const { estimate: raw, marginals, outcomes, warnings, seconds, chosen } = await method.recover(problem);
  const estimate = problem.range ? clipped(raw, problem.range) : raw;
  const { coverage, deviation } = marginals ? await calibrationOf(truth, marginals) : {};
  const draw = {
    ...{ outcomes, warnings, seconds, clipped: chosen.clipped ?? 0 },
    errors: meanSquaredErrors(truth, estimate),
    relativeErrors: relativeErrors(truth, estimate),
    residuals: await residuals(problem, estimate),
    ...(hasSsim(problem.shape) && { ssims: ssim(truth, estimate) }),
    ...(typeof chosen.lambda === "number" && { lambda: chosen.lambda }),
    ...(chosen.raised && { raised: chosen.raised }),
    ...(coverage && { coverage }),
  };
  return { arrays: { estimate, ...(deviation && { deviation }) }, draw };
}
