import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../src/data/errors.ts";
import type { NpyArray } from "../src/data/npy.ts";
import { member, type Npz } from "../src/data/npz.ts";
import type { Poses } from "./prior.ts";
import { type Residual, residualOfRoot } from "./residual-root.ts";

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

/** Members of a residual: the root if known (much smaller than C), else C; no members without a residual. */
export function residualMembers({ residual, residualRoot: root }: Partial<Residual>): Record<string, NpyArray> {
  if (!root) return residual ? { residual } : {};
  return { [FACTOR]: root.factor, ...(root.standardDeviations && { [DEVIATIONS]: root.standardDeviations }) };
}

/** What `residualMembers` wrote. Errors (InputError): another type than float32. */
export async function readResidual(npz: Npz<unknown>, file: string): Promise<Residual | undefined> {
  const read = (name: string) => readFloat32(npz, name, file);
  if (FACTOR in npz.arrays) {
    const deviations = DEVIATIONS in npz.arrays && { standardDeviations: read(DEVIATIONS) };
    return residualOfRoot({ factor: read(FACTOR), ...deviations });
  }
  return "residual" in npz.arrays ? { residual: read("residual") } : undefined;
}

const POSES = { warps: "poses.warps", weights: "poses.weights", offset: "poses.offset" } as const;

/** Members of the poses of a mixture; none without. */
export const posesMembers = (poses: Poses | undefined): Record<string, NpyArray> =>
  poses
    ? {
        [POSES.warps]: poses.warps,
        [POSES.weights]: ndarray(poses.weights, [poses.weights.length / poses.warps.shape[0]!, poses.warps.shape[0]!]),
        [POSES.offset]: poses.offset,
      }
    : {};

/** What `posesMembers` wrote, as a part of a model. Errors (InputError): a missing member, another type. */
export function readPoses(npz: Npz<unknown>, file: string): { readonly poses?: Poses } {
  if (!(POSES.warps in npz.arrays)) return {};
  const weights = Float64Array.from(member(npz, POSES.weights, file).data);
  return {
    poses: { warps: readFloat32(npz, POSES.warps, file), weights, offset: readFloat32(npz, POSES.offset, file) },
  };
}
