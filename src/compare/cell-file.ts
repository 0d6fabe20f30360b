import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { fileExists, fileNameOf, removeFile } from "../data/files.ts";
import { sha256 } from "../data/hash.ts";
import { member, type Npz } from "../data/npz.ts";
import { readNpz, writeNpz } from "../data/npz-file.ts";
import type { Problem } from "../solve/index.ts";
import type { Cell, Figures, Said } from "./cell.ts";
import type { Method } from "./method.ts";

/**
 * A finished cell as .npz, with the members `estimate` and, if known, `deviation` of the first draw, and the figures of every draw and
 * signal, [draws, signals].
 */
const CELL_FORMAT = { format: "sketchprior-cell", version: 1 } as const;

/** Where a comparison keeps its finished cells. */
export interface CellStore {
  /** The cell of this key, if there is one. */
  load(name: string, key: string): Promise<Cell | undefined>;
  /** Whether there is one. */
  has(name: string, key: string): Promise<boolean>;
  save(name: string, key: string, cell: Cell): Promise<void>;
}

/** Letters of the key in a file's name. */
const SHORT = 16;
const OWN = new RegExp(`-[0-9a-f]{${SHORT}}\\.npz$`);

/** Cells as files of a folder, which is made when the first one is written. Only with `resume` they are taken from there. */
export const cellsIn = (folder: string, { resume }: { readonly resume: boolean }): CellStore => {
  const file = (name: string, key: string) => path.join(folder, `${fileNameOf(name)}-${key.slice(0, SHORT)}.npz`);
  return {
    load: async (name, key) => {
      const found = file(name, key);
      return resume && (await fileExists(found)) ? loadCell(found, key) : undefined;
    },
    has: (name, key) => fileExists(file(name, key)),
    save: async (name, key, cell) => {
      await mkdir(folder, { recursive: true });
      await saveCell(file(name, key), key, cell);
    },
  };
};

/** Removes the cells of an earlier comparison. */
export async function removeCells(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (OWN.test(name)) await removeFile(path.join(folder, name));
  }
}

/**
 * A hash of all that a cell's numbers follow from: the truth, what the measurements follow from, the range, and the method. The measurements
 * themselves are not in it, because sums on several threads differ in their last bits from run to run. Undefined if the method has no
 * identity.
 */
export async function cellKey(
  truth: NdArray<Float32Array>,
  measured: string,
  range: Problem["range"],
  { name, identity }: Method,
): Promise<string | undefined> {
  if (identity === undefined) return undefined;
  const words = JSON.stringify([CELL_FORMAT, name, identity, truth.shape, measured, range]);
  return sha256([new TextEncoder().encode(words), contiguous(truth)]);
}

const figureNames = ["errors", "relativeErrors", "residuals", "ssims"] as const satisfies readonly (keyof Figures)[];

/** Writes a cell, whole or not at all. */
async function saveCell(file: string, key: string, cell: Cell): Promise<void> {
  const { estimate, deviation, draws, memory } = cell;
  const said: Said[] = draws.map(({ errors, relativeErrors, residuals, ssims, ...rest }) => rest);
  const arrays = Object.fromEntries(
    figureNames.flatMap((name) => {
      const lists = draws.flatMap((draw) => (draw[name] ? [draw[name]] : []));
      return lists.length === 0 ? [] : [[name, stacked(lists)]];
    }),
  );
  await writeNpz(file, {
    arrays: { estimate, ...(deviation && { deviation }), ...arrays },
    metadata: { ...CELL_FORMAT, key, memory, draws: said },
  });
}

/** Reads a cell. Errors (InputError): those of `readNpz`, another key, a missing member. */
async function loadCell(file: string, key: string): Promise<Cell> {
  const npz = await readNpz(file, CELL_FORMAT);
  const { draws, memory } = npz.metadata as unknown as { draws: readonly Said[]; memory: number };
  if (npz.metadata.key !== key) throw new InputError(`${file}: is a cell of another comparison; remove it`);
  const { deviation } = npz.arrays;
  return {
    estimate: member(npz, "estimate", file) as NdArray<Float32Array>,
    ...(deviation && { deviation: deviation as NdArray<Float32Array> }),
    draws: draws.map((said, i) => ({ ...said, ...figuresOf(npz, i, file) })),
    memory,
  };
}

function figuresOf(npz: Npz<unknown>, draw: number, file: string): Figures {
  const row = (name: keyof Figures) => {
    const { data, shape } = member(npz, name, file);
    return Float64Array.from(data.subarray(draw * shape[1]!, (draw + 1) * shape[1]!));
  };
  return {
    ...{ errors: row("errors"), relativeErrors: row("relativeErrors"), residuals: row("residuals") },
    ...(npz.arrays.ssims && { ssims: row("ssims") }),
  };
}

const stacked = (lists: readonly Float64Array[]): NdArray<Float64Array> =>
  ndarray(Float64Array.from(lists.flatMap((list) => [...list])), [lists.length, lists[0]!.length]);
