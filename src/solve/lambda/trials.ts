import type { NdArray } from "ndarray";
import type { Prior } from "../../../priors/prior.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { stream } from "../../data/random.ts";
import { squaredNorm } from "../../data/vector.ts";
import { applyToRows } from "../operator-matrix.ts";
import type { Problem } from "../problem.ts";
import { repeatRows } from "../rows.ts";
import type { SolveOptions, Solver } from "../solver.ts";
import { solvedAtOnce } from "./batches.ts";

/** What can be said about a λ from the measurements alone. All numbers are means over the signals of a problem. */
export interface Trial {
  readonly lambda: number;
  /** ‖y − Φx̂‖² */
  readonly residual: number;
  /** The degrees of freedom tr(∂Φx̂/∂y), estimated; NaN if they were not asked for. */
  readonly freedom: number;
}

export interface TrialOptions extends Pick<SolveOptions, "own" | "seed" | "signal"> {
  /**
   * The step ε. If it is given, the degrees of freedom are estimated by b'(Φx̂(y + εb) − Φx̂(y))/ε, where b has random signs. The mean
   * of this number is the trace (Girard 1989; for nonlinear estimates Ramani, Blu, Unser 2008). This doubles the work.
   */
  readonly probe?: number;
  /** Called after every batch with the number of λ that the batch solved. */
  readonly onSolved?: (count: number) => void;
}

/** Solves all signals with every λ, to the solver's rough tolerance (`LambdaRules.rough`). */
export async function trialSolves(
  solver: Solver,
  problem: Problem,
  prior: Prior,
  lambdas: readonly number[],
  options: TrialOptions = {},
): Promise<Trial[]> {
  const rows = problem.y.shape[0]! * (options.probe === undefined ? 1 : 2);
  const trials: Trial[] = [];
  for (const part of solvedAtOnce(lambdas, rows * sizeOf(problem.shape))) {
    trials.push(...(await solveBatch(solver, problem, prior, part, options)));
    options.onSolved?.(part.length);
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
  const { estimate } = await solver.solve(
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
    return { lambda, residual, freedom: probe === undefined ? Number.NaN : freedom };
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
