import type { NdArray } from "ndarray";
import type { Prior } from "../../priors/prior.ts";
import type { Options, OptionTable } from "../data/options.ts";
import type { IterateOptions } from "../engine/iterate.ts";
import type { Problem } from "./problem.ts";
import type { Solved } from "./recovery.ts";

/** Options of every solver, besides its own. */
export interface SolveOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** Weight of the prior: one for all signals, or one each. `recover` fills in the default, or what `lambda: "auto"` finds. */
  readonly lambda?: number | readonly number[];
  /** Also return the standard deviation of the posterior; default false. */
  readonly deviation?: boolean;
  /** Also return this many draws of the posterior; default 0. */
  readonly samples?: number;
  /** Seed of every random draw; default 1. */
  readonly seed?: number;
  /** The solver's own options, by the names of its table. */
  readonly own?: Options;
  /** Signals at which iterations begin, [batch, ...shape], for solvers that are `startable`; default 0. */
  readonly start?: NdArray<Float32Array>;
  /** Where a long recovery keeps its state, for solvers that are `resumable`; default nowhere. */
  readonly checkpoints?: RecoveryCheckpoints;
}

/** Where a long recovery keeps its state, so that it can go on after an interruption with the same bits. */
export interface RecoveryCheckpoints {
  /** Name of the place; messages about what `load` gives begin with it. */
  readonly where: string;
  /** Seconds from one checkpoint to the next. One is also saved on an abort. */
  readonly seconds: number;
  /** Reads the newest checkpoint, undefined if there is none. Leave `load` out to begin anew. */
  load?(): Promise<Uint8Array | undefined>;
  save(bytes: Uint8Array): Promise<void>;
}

/** What a solver knows about its λ. */
export interface LambdaRules<P extends Prior = Prior> {
  /** λ if it is neither given nor searched for. Errors (RangeError): the prior has no rule, so λ must be given. */
  default(problem: Problem, prior: P): Promise<number>;
  /** Two λ between which the best one lies: at `low` the prior hardly counts, at `high` almost only the prior counts. */
  range(problem: Problem, prior: P): Promise<readonly [low: number, high: number]>;
  /** The solver's own options for the many solves of a search, which need not be more exact than a choice of λ requires. */
  readonly rough?: Options;
}

/** A way to recover signals with priors of some kind. To add one: its file, one line in the registry, its test. */
export interface Solver<P extends Prior = Prior> {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** Its own options, checked by name before `solve`. */
  readonly options: OptionTable;
  /** Present if the solver weighs the prior by a λ. If λ is given, only such solvers are chosen. */
  readonly lambda?: LambdaRules<P>;
  /** Whether it takes `checkpoints`. */
  readonly resumable?: true;
  /** Whether it takes a `start`. */
  readonly startable?: true;
  /** Whether it can compute the posterior's standard deviation and draw from the posterior. */
  readonly uncertainty: boolean;
  /** True if it accepts this prior and problem, else the reason why not, as the end of a sentence. */
  accepts(prior: Prior, problem: Problem): true | string;
  /** Recovers all signals of the problem. Only called with priors and problems that it accepts. */
  solve(problem: Problem, prior: P, options: SolveOptions): Promise<Solved>;
}
