import type { NdArray } from "ndarray";
import type { Prior } from "../../../priors/prior.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { stream } from "../../data/random.ts";
import { squaredNorm } from "../../data/vector.ts";
import { applyToRows } from "../operator-matrix.ts";
import type { Problem } from "../problem.ts";
import { repeatRows } from "../rows.ts";
import type { SolveOptions, Solver } from "../solver.ts";

/** What measurements tell of a λ without the truth: means over the signals of a problem. */
export interface Trial {
  readonly lambda: number;
  /** ‖y − Φx̂‖² */
  readonly residual: number;
  /** The degrees of freedom tr(∂Φx̂/∂y), estimated; NaN where they were not asked for. */
  readonly freedom: number;
  /** Whether every signal was solved to the tolerance. */
  readonly solved: boolean;
}

export interface TrialOptions extends Pick<SolveOptions, "own" | "seed" | "signal"> {
  /**
   * The step ε of the degrees of freedom, which are estimated where it is given: b'(Φx̂(y + εb) − Φx̂(y))/ε, b of random signs, whose
   * mean is the trace (Girard 1989; for estimates that are not linear Ramani, Blu, Unser 2008). Twice the work.
   */
  readonly probe?: number;
}

/** Numbers of one batch of signals: 64 MB an array of float32. */
const MOST_NUMBERS = 2 ** 24;

/** Solves all signals with every λ, in one batch where memory allows, and no more exactly than a choice of λ needs. */
export async function trialSolves(
  solver: Solver,
  problem: Problem,
  prior: Prior,
  lambdas: readonly number[],
  options: TrialOptions = {},
): Promise<Trial[]> {
  const rows = problem.y.shape[0]! * (options.probe === undefined ? 1 : 2);
  const atOnce = Math.max(1, Math.floor(MOST_NUMBERS / (rows * sizeOf(problem.shape))));
  const trials: Trial[] = [];
  for (let from = 0; from < lambdas.length; from += atOnce) {
    trials.push(...(await solveBatch(solver, problem, prior, lambdas.slice(from, from + atOnce), options)));
  }
  return trials;
}

async function solveBatch(
  solver: Solver,
  problem: Problem,
  prior: Prior,
  lambdas: readonly number[],
  { probe, own, seed = 1, signal }: TrialOptions,
): Promise<Trial[]> {
  const { operator } = problem;
  const signals = problem.y.shape[0]!;
  const m = sizeOf(operator.outShape);
  const y = contiguous(problem.y) as Float32Array;
  const signs = randomSigns(y.length, seed);
  const measured =
    probe === undefined
      ? y
      : joined(
          y,
          y.map((v, i) => v + probe * signs[i]!),
        );
  const rows = measured.length / m;
  const { estimate, outcomes } = await solver.solve(
    { ...problem, y: repeatRows(fromHost(measured, [rows, ...operator.outShape]), lambdas.length) },
    prior,
    {
      ...{ seed, own: { ...solver.lambda!.rough, ...own } },
      lambda: Array.from({ length: rows }, () => lambdas).flat(), // the λ of a signal side by side
      ...(signal && { signal }),
    },
  );
  signal?.throwIfAborted();
  const fitted = await predictions(problem, estimate);
  const fit = (row: number, at: number) => fitted.subarray((row * lambdas.length + at) * m).subarray(0, m);
  return lambdas.map((lambda, at) => {
    let [residual, freedom] = [0, 0];
    for (let s = 0; s < signals; s++) {
      const own = y.subarray(s * m, (s + 1) * m);
      const near = fit(s, at);
      residual += squaredNorm(own.map((v, i) => v - near[i]!)) / signals;
      if (probe === undefined) continue;
      const moved = fit(signals + s, at);
      for (let i = 0; i < m; i++) freedom += (signs[s * m + i]! * (moved[i]! - near[i]!)) / (probe * signals);
    }
    const solved = outcomes.every((outcome, row) => row % lambdas.length !== at || outcome === "converged");
    return { lambda, residual, freedom: probe === undefined ? Number.NaN : freedom, solved };
  });
}

/** Φx̂ of every estimate, row by row. */
async function predictions({ operator }: Problem, estimate: NdArray<Float32Array>): Promise<Float32Array> {
  const n = sizeOf(operator.inShape);
  const rows = fromHost(contiguous(estimate) as Float32Array, [estimate.size / n, n]);
  return (await applyToRows(operator, rows)).data;
}

function randomSigns(count: number, seed: number): Float32Array {
  const random = stream(seed, "probe of the degrees of freedom");
  return Float32Array.from({ length: count }, () => (random.uniform() < 0.5 ? -1 : 1));
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
