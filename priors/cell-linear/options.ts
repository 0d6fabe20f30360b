import { InputError } from "../../src/data/errors.ts";
import { checkedOptions, type OptionTable } from "../../src/data/options.ts";

export interface CellLinearOptions {
  /** Size of the latent z, at most the number k of features; default 100, or k where that is less. */
  readonly latent?: number;
  /** H, directions that the cells share; default 1800. */
  readonly directions?: number;
  /** Adam steps; default 200. */
  readonly steps?: number;
  /** Adam's step size at first, falling to 0 along a cosine; default 0.05. */
  readonly learningRate?: number;
  /** Default 1. */
  readonly seed?: number;
}

export type CellLinearSettings = Required<CellLinearOptions>;

/** The options by name, for options objects and the command line. */
export const cellLinearTable = {
  latent: { type: "integer", description: "size of the latent z; default 100, at most the number of features" },
  directions: { type: "integer", default: 1800, description: "directions that the cells share" },
  steps: { type: "integer", default: 200, description: "Adam steps" },
  learningRate: { type: "number", default: 0.05, description: "Adam's step size" },
} as const satisfies OptionTable;

/** Options with their defaults, for k features. Errors (InputError): an option out of range, or of another name. */
export function completed({ seed = 1, ...options }: CellLinearOptions, k: number): CellLinearSettings {
  const given = checkedOptions("cell-linear", cellLinearTable, options);
  const settings = { ...given, latent: given.latent ?? Math.min(100, k), seed };
  const { latent, directions, steps, learningRate } = settings;
  if (!(latent > 0 && latent <= k)) {
    throw new InputError(
      `cell-linear: latent: expected an integer from 1 to ${k}, the number of features, got ${latent}`,
    );
  }
  for (const [name, value] of Object.entries({ directions, steps })) {
    if (!(value > 0)) throw new InputError(`cell-linear: ${name}: expected a positive integer, got ${value}`);
  }
  if (!(learningRate > 0)) {
    throw new InputError(`cell-linear: learningRate: expected a positive number, got ${learningRate}`);
  }
  return settings;
}
