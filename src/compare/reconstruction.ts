import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../data/errors.ts";
import { member, type Npz } from "../data/npz.ts";
import { readNpz, writeNpz } from "../data/npz-file.ts";

/** Recovered signals as .npz: members `estimate` and, where known, `truth` and `errors`; the rest in the metadata. */
export const RECONSTRUCTION_FORMAT = { format: "sketchprior-reconstruction", version: 1 } as const;

export interface Reconstruction {
  /** [n, ...shape] */
  readonly estimate: NdArray<Float32Array>;
  readonly truth?: NdArray<Float32Array>;
  /** Mean squared error per pixel of every signal, where the truth is known. */
  readonly errors?: Float64Array;
  /** Method, λ, operator, noise, seeds, how it ended. */
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** Writes a reconstruction, whole or not at all. */
export async function saveReconstruction(file: string, reconstruction: Reconstruction): Promise<void> {
  const { estimate, truth, errors, facts } = reconstruction;
  const arrays = { estimate, ...(truth && { truth }), ...(errors && { errors: ndarray(errors, [errors.length]) }) };
  await writeNpz(file, { arrays, metadata: { ...RECONSTRUCTION_FORMAT, facts } });
}

/** Reads a reconstruction. Errors (InputError): those of `readNpz`, a missing or wrong member. */
export async function loadReconstruction(file: string): Promise<Reconstruction> {
  const npz = await readNpz(file, RECONSTRUCTION_FORMAT);
  const { facts } = npz.metadata;
  if (typeof facts !== "object" || facts === null) throw new InputError(`${file}: metadata: facts are missing`);
  const errors = npz.arrays.errors;
  return {
    estimate: floats(npz, "estimate", file),
    ...(npz.arrays.truth && { truth: floats(npz, "truth", file) }),
    ...(errors && { errors: Float64Array.from(errors.data) }),
    facts: facts as Reconstruction["facts"],
  };
}

function floats(npz: Npz<unknown>, name: string, file: string): NdArray<Float32Array> {
  const array = member(npz, name, file);
  if (array.data instanceof Float32Array) return array as NdArray<Float32Array>;
  throw new InputError(`${file}: member "${name}": expected 32-bit floats, got ${array.dtype}`);
}
