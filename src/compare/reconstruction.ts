import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../data/errors.ts";
import { member, type Npz } from "../data/npz.ts";
import { readNpz, writeNpz } from "../data/npz-file.ts";
import type { Recovery } from "../solve/index.ts";
import type { Part } from "./reconstruction-parts.ts";
import { outcomeText } from "./row.ts";

/**
 * Recovered signals as .npz, with the members `estimate` and, if known, `deviation`, `samples`, `truth` and `errors`. The rest is in the
 * metadata.
 */
export const RECONSTRUCTION_FORMAT = { format: "sketchprior-reconstruction", version: 1 } as const;

export interface Reconstruction {
  /** [n, ...shape] */
  readonly estimate: NdArray<Float32Array>;
  /** Standard deviation of the posterior, [n, ...shape]. */
  readonly deviation?: NdArray<Float32Array>;
  /** Draws of the posterior, [n, samples, ...shape]. */
  readonly samples?: NdArray<Float32Array>;
  readonly truth?: NdArray<Float32Array>;
  /** Mean squared error per pixel of every signal, if the truth is known. */
  readonly errors?: Float64Array;
  /** Method, λ, operator, noise, seeds, how it ended. */
  readonly facts: Readonly<Record<string, string | number | null>>;
  /** Present if these are not all signals that were measured. */
  readonly part?: Part;
}

/** The facts of a recovery: how it was made, and how it ended. Not how long it took: the same recovery gives the same file. */
export const factsOf = (
  method: string,
  operator: string,
  seed: number,
  recovery: Recovery,
): Reconstruction["facts"] => {
  const { solver, noise, sigma, raised, clipped, lambda, by } = recovery.chosen;
  return {
    ...{ method, solver, operator, noise, sigma, seed },
    lambda: typeof lambda === "number" ? lambda : lambda ? lambda.join(" ") : null,
    outcome: outcomeText(recovery.outcomes),
    steps: recovery.steps,
    ...(raised && { sigmaGiven: raised.from, sigmaRaisedIn: raised.measurements }),
    ...(clipped !== undefined && { clipped }),
    ...(by && { by: by.join("; ") }),
    ...(recovery.warnings.length > 0 && { warnings: recovery.warnings.join(" ") }),
  };
};

/** Writes a reconstruction, whole or not at all. */
export async function saveReconstruction(file: string, reconstruction: Reconstruction): Promise<void> {
  const { estimate, deviation, samples, truth, errors, facts, part } = reconstruction;
  const arrays = {
    ...{ estimate, ...(deviation && { deviation }), ...(samples && { samples }), ...(truth && { truth }) },
    ...(errors && { errors: ndarray(errors, [errors.length]) }),
  };
  await writeNpz(file, { arrays, metadata: { ...RECONSTRUCTION_FORMAT, facts, ...(part && { part }) } });
}

/** Reads a reconstruction. Errors (InputError): those of `readNpz`, a missing or wrong member. */
export async function loadReconstruction(file: string): Promise<Reconstruction> {
  const npz = await readNpz(file, RECONSTRUCTION_FORMAT);
  const { facts, part } = npz.metadata;
  if (typeof facts !== "object" || facts === null) throw new InputError(`${file}: metadata: facts are missing`);
  const errors = npz.arrays.errors;
  return {
    estimate: floats(npz, "estimate", file),
    ...(npz.arrays.deviation && { deviation: floats(npz, "deviation", file) }),
    ...(npz.arrays.samples && { samples: floats(npz, "samples", file) }),
    ...(npz.arrays.truth && { truth: floats(npz, "truth", file) }),
    ...(errors && { errors: Float64Array.from(errors.data) }),
    facts: facts as Reconstruction["facts"],
    ...(part !== undefined && { part: part as Part }),
  };
}

function floats(npz: Npz<unknown>, name: string, file: string): NdArray<Float32Array> {
  const array = member(npz, name, file);
  if (array.data instanceof Float32Array) return array as NdArray<Float32Array>;
  throw new InputError(`${file}: member "${name}": expected 32-bit floats, got ${array.dtype}`);
}
