import { InputError, messageOf } from "../src/data/errors.ts";
import { suggestion } from "../src/data/nearest.ts";
import type { PenaltyPrior } from "./prior.ts";
import { tikhonov } from "./tikhonov.ts";
import { tv } from "./tv.ts";
import { wavelet } from "./wavelet.ts";

export interface PriorEntry {
  readonly summary: string;
  readonly make: (shape: readonly number[]) => PenaltyPrior;
}

export const baselineNames = ["tikhonov", "tv", "wavelet"] as const;
export type BaselineName = (typeof baselineNames)[number];

/** Every hand-made prior that the command line knows. To add one: its file, its name above, its entry here, its test. */
export const baselines: { readonly [K in BaselineName]: PriorEntry } = {
  tikhonov: { summary: "least energy, r(x) = ‖x‖²", make: tikhonov },
  tv: { summary: "piecewise constant, r(x) = Σ |∇x|, isotropic total variation", make: tv },
  wavelet: { summary: "sparse wavelet coefficients, r(x) = ‖Ψx‖₁, orthogonal sym4", make: (shape) => wavelet(shape) },
};

/**
 * The baseline `name` for signals of `shape`.
 * Errors (InputError): an unknown name, with the nearest one; a shape that the prior cannot take.
 */
export function makePrior(name: string, shape: readonly number[]): PenaltyPrior {
  if (!Object.hasOwn(baselines, name)) {
    throw new InputError(`prior: unknown baseline "${name}"; ${suggestion(name, baselineNames)}`);
  }
  try {
    return baselines[name as BaselineName].make(shape);
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

/** All baselines with their penalties, for `--help`. */
export function describeBaselines(): string {
  return ["Baselines:", ...baselineNames.map((name) => `  ${name.padEnd(10)} ${baselines[name].summary}`)].join("\n");
}
