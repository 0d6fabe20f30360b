import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../src/data/errors.ts";
import type { NpyArray } from "../src/data/npy.ts";
import { member, type Npz } from "../src/data/npz.ts";
import type { ResidualRoot } from "./residual-root.ts";

/** A list of arrays as members `name.0`, `name.1`, … of an .npz file. */
export const numbered = (name: string, arrays: readonly NdArray<Float32Array>[]): Record<string, NpyArray> =>
  Object.fromEntries(arrays.map((array, i) => [`${name}.${i}`, array]));

/** The list that `numbered` wrote. Errors (InputError): a missing member, another type. */
export const readNumbered = (npz: Npz<unknown>, name: string, count: number, file: string): NdArray<Float32Array>[] =>
  Array.from({ length: count }, (_, i) => readFloat32(npz, `${name}.${i}`, file));

/** A float32 member of an .npz file. Errors (InputError): a missing member, another type. */
export function readFloat32(npz: Npz<unknown>, name: string, file: string): NdArray<Float32Array> {
  const array = member(npz, name, file);
  if (array.data instanceof Float32Array) return ndarray(array.data, array.shape);
  throw new InputError(`${file}: ${name}: expected float32, got ${array.dtype}`);
}

const FACTOR = "residualRoot.factor";
const DEVIATIONS = "residualRoot.standardDeviations";

/** A residual's root as members of an .npz file; none where there is none. */
export const rootMembers = (root: ResidualRoot | undefined): Record<string, NpyArray> => ({
  ...(root && { [FACTOR]: root.factor }),
  ...(root?.standardDeviations && { [DEVIATIONS]: root.standardDeviations }),
});

/** What `rootMembers` wrote, as the entry of a model. Errors (InputError): another type than float32. */
export const readRoot = (npz: Npz<unknown>, file: string): { readonly residualRoot?: ResidualRoot } => ({
  ...(FACTOR in npz.arrays && {
    residualRoot: {
      factor: readFloat32(npz, FACTOR, file),
      ...(DEVIATIONS in npz.arrays && { standardDeviations: readFloat32(npz, DEVIATIONS, file) }),
    },
  }),
});
