import type { OptionTable, OptionValues } from "../../data/options.ts";
import type { Problem } from "../problem.ts";
import type { Solved } from "../recovery.ts";
import type { SolveOptions } from "../solver.ts";

/**
 * A baseline that is a way to recover, not a penalty: what it takes for likely is in how it works. To add one: its file, which exports
 * this; one line in the registry; its test. Specs, help and the tests of all methods are read from here and listed nowhere else.
 */
export interface RecoveryMethod<T extends OptionTable = OptionTable> {
  /** One line for help texts. */
  readonly summary: string;
  readonly options: T;
  /** Specs on small signals, each with an operator that it takes, for the tests of all methods. */
  readonly samples: readonly { readonly shape: readonly number[]; readonly operator: string; readonly spec: string }[];
  /** Errors (InputError, RangeError): options out of range. */
  check?(values: OptionValues<T>): void;
  /** True if it takes the problem, else the reason why not, as the end of a sentence. */
  accepts(problem: Problem): true | string;
  /** Recovers all signals of a problem that it accepts. Errors (InputError): what only Φ's numbers tell it cannot take. */
  solve(problem: Problem, values: OptionValues<T>, options: SolveOptions): Promise<Omit<Solved, "chosen">>;
}

/** An entry of the registry; keeps the exact types of its options. */
export const recoveryMethod = <const T extends OptionTable>(method: RecoveryMethod<T>): RecoveryMethod<T> => method;
