import type { NdArray } from "ndarray";
import { csvDataset } from "../data/csv.ts";
import { InputError } from "../data/errors.ts";
import { readFileOrExplain } from "../data/files.ts";
import { decodeNpy } from "../data/npy.ts";
import { member, readNpz } from "../data/npz.ts";
import { readRows } from "../data/rows.ts";

/** Any one array of a file, in the shape and number type of the file: `.npy`, `.npz` (its only array), `file.npz:member`, `.csv`. */
export async function readArray(spec: string): Promise<NdArray> {
  const [, archive, name] = /^(.*\.npz):([^:]+)$/i.exec(spec) ?? [];
  if (archive) return member(await readNpz(archive), name!, archive);
  if (/\.npz$/i.test(spec)) {
    const { arrays } = await readNpz(spec);
    const names = Object.keys(arrays);
    if (names.length === 1) return arrays[names[0]!]!;
    throw new InputError(`${spec}: holds several arrays (${names.join(", ")}); say which, as ${spec}:${names[0]}`);
  }
  if (/\.(csv|tsv)$/i.test(spec)) {
    const rows = await csvDataset(spec);
    return readRows(rows, 0, rows.count);
  }
  return decodeNpy(await readFileOrExplain(spec), spec);
}
