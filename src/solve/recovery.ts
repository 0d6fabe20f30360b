import type { NdArray } from "ndarray";
import type { RowCode } from "../engine/iterate-rows.ts";
import type { Marginals } from "./uncertainty/marginals.ts";

/**
 * How the recovery of one signal ended. Each is tested for that signal: `converged` means that the solver's own measure of distance from
 * the solution is within its tolerance. `settled`: it hardly moves any more, and `discrepancy`: it fits the measurements as well as their noise
 * allows, where these were asked for or are how a method stops. `exact`: computed by a formula, with finite numbers. `truncated`: by a formula too, but parts of
 * the posterior that matter were left out. `fallback`: the solver's own estimate diverged or is not to be trusted, this is its simpler
 * one. `completed`: all steps of a schedule were taken, or what was iterated hardly changes, and no distance from a solution is known. `no-gradient`: a descent without direction, because the data term does not change with z.
 */
export type Outcome = RowCode | "exact" | "truncated" | "fallback" | "no-gradient" | "completed";

/** σ that a solver raised to its floor, without which a matrix would be singular: root mean squares over the measurements of a signal. */
export interface Raised {
  /** σ as it was given. */
  readonly from: number;
  /** σ as it was used. */
  readonly to: number;
  /** How many measurements of a signal it was raised for. */
  readonly measurements: number;
}

/** What was chosen for a recovery. Every output reports it. */
export interface Chosen {
  /** Name of the solver. */
  readonly solver: string;
  /** The noise that was assumed: `gaussian(sigma=0.05)`. */
  readonly noise: string;
  /** σ of the noise that was used: the problem's, or what it was raised to. */
  readonly sigma: number;
  /** Present if the solver raised σ. */
  readonly raised?: Raised;
  /** Present if the solver did not keep to the range of the problem: how many signals had to be clipped to it afterwards. */
  readonly clipped?: number;
  /** Weight of the prior, for solvers that have one: one for all signals, or one each. */
  readonly lambda?: number | readonly number[];
  /** How σ and λ were found if they were not given: `sigma by evidence`, `lambda by the discrepancy principle`. */
  readonly by?: readonly string[];
}

/** What every solver returns for a problem's batch of signals. */
export interface Solved {
  /** [batch, ...shape] */
  readonly estimate: NdArray<Float32Array>;
  /** One a signal. */
  readonly outcomes: readonly Outcome[];
  readonly chosen: Chosen;
  /** Standard deviation of the posterior of every number, [batch, ...shape]; if it was asked for and the solver knows it. */
  readonly deviation?: NdArray<Float32Array>;
  /** Draws of the posterior, [batch, samples, ...shape]; if they were asked for and the solver can make them. */
  readonly samples?: NdArray<Float32Array>;
  /** The posterior of every number of one signal, if the solver knows it: for intervals and their coverage. */
  marginals?(signal: number): Promise<Marginals>;
  /** log p(y) of every signal, [batch], if the solver knows it. */
  readonly evidence?: Float64Array;
  /** Doubts about the result, one sentence each: measurements that do not fit the prior, a gradient that is 0. */
  readonly warnings: readonly string[];
  readonly steps: number;
  /** The minimised objective after every step, summed over the batch. */
  readonly history: readonly number[];
}

/** What `recover` returns. */
export interface Recovery extends Solved {
  /** Wall time of the whole call: tests of Φ, the choice of σ and λ, compiling, solving. */
  readonly seconds: number;
}
