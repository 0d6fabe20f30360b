import type { NdArray } from "ndarray";
import type { EndCode } from "../engine/iterate.ts";
import type { Marginals } from "./uncertainty/marginals.ts";

/**
 * How the recovery of one signal ended. `exact`: a formula; `fallback`: the solver's simpler estimate, because its own diverged;
 * `no-gradient`: a descent that nothing led, because the data term does not change with z.
 */
export type Outcome = EndCode | "exact" | "fallback" | "no-gradient";

/** What was chosen for a recovery, said in every output. */
export interface Chosen {
  /** Name of the solver. */
  readonly solver: string;
  /** The noise that was assumed: `gaussian(sigma=0.05)`. */
  readonly noise: string;
  /** σ of the noise that was assumed. Where a floor was put under it, the floor. */
  readonly sigma: number;
  /** Weight of the prior, where there is one: one for all signals, or one each. */
  readonly lambda?: number | readonly number[];
  /** How σ or λ were found, where they were not given: `sigma by evidence`, `lambda by the discrepancy principle`. */
  readonly by?: readonly string[];
}

/** What every solver returns for a problem's batch of signals. */
export interface Solved {
  /** [batch, ...shape] */
  readonly estimate: NdArray<Float32Array>;
  /** One a signal. */
  readonly outcomes: readonly Outcome[];
  readonly chosen: Chosen;
  /** Standard deviation of the posterior in every number, [batch, ...shape]; where it was asked for and the solver knows it. */
  readonly deviation?: NdArray<Float32Array>;
  /** Draws of the posterior, [batch, samples, ...shape]; where they were asked for and the solver can make them. */
  readonly samples?: NdArray<Float32Array>;
  /** The posterior of every number of one signal, where the solver knows it: for intervals and their coverage. */
  marginals?(signal: number): Promise<Marginals>;
  /** log p(y) of every signal, [batch], where the solver knows it. */
  readonly evidence?: Float64Array;
  /** What speaks against the result, one sentence each: measurements that do not fit the prior, a gradient that is 0. */
  readonly warnings: readonly string[];
  readonly steps: number;
  /** The minimised objective after every step, summed over the batch. */
  readonly history: readonly number[];
}

/** What `recover` returns. */
export interface Recovery extends Solved {
  /** Wall time of all that was done: tests of Φ, the choice of σ and λ, compiling, solving. */
  readonly seconds: number;
}
