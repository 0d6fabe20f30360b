import type { Prior } from "../../priors/prior.ts";
import type { Options, OptionTable } from "../data/options.ts";
import type { IterateOptions } from "../engine/iterate.ts";
import type { Problem } from "./problem.ts";
import type { Solved } from "./recovery.ts";

/** What may be asked of any solver beside its own options. */
export interface SolveOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** Weight of the prior: one for all signals, or one each. Default: that of the prior's kind, or what `lambda: "auto"` finds. */
  readonly lambda?: number | readonly number[];
  /** Also return the standard deviation of the posterior; default false. */
  readonly deviation?: boolean;
  /** Also return so many draws of the posterior; default 0. */
  readonly samples?: number;
  /** Seed of every random draw; default 1. */
  readonly seed?: number;
  /** The solver's own options, by the names of its table. */
  readonly own?: Options;
}

/** What a solver knows of its λ. */
export interface LambdaRules<P extends Prior = Prior> {
  /** λ where nothing chooses it. Errors (RangeError): the prior has no rule, so that λ must be given. */
  default(problem: Problem, prior: P): Promise<number>;
  /** Two λ between which the best one lies: nearly no prior, and nothing but the prior. */
  range(problem: Problem, prior: P): Promise<readonly [low: number, high: number]>;
  /** The solver's own options for the many solves of a search: as exact as a choice of λ needs. */
  readonly rough?: Options;
}

/** A way to recover signals with priors of some kind. To add one: its file, one line in the registry, its test. */
export interface Solver<P extends Prior = Prior> {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** Its own options, checked by name before `solve`. */
  readonly options: OptionTable;
  /** Present where it weighs the prior by a λ. Where λ is given, only such solvers are chosen. */
  readonly lambda?: LambdaRules<P>;
  /** Whether it can tell the posterior's standard deviation and draw from it. */
  readonly uncertainty: boolean;
  /** Whether it can take this prior and problem: true, or why not, as the end of a sentence. */
  accepts(prior: Prior, problem: Problem): true | string;
  /** Recovers all signals of the problem. Called with priors that it accepts only. */
  solve(problem: Problem, prior: P, options: SolveOptions): Promise<Solved>;
}
