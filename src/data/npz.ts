import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { InputError, messageOf } from "./errors.ts";
import { readFileOrExplain, writeAtomic } from "./files.ts";
import { decodeNpy, encodeNpy, type NpyArray } from "./npy.ts";

/** The member `metadata.json` of every .npz file that this project writes. */
export interface Metadata {
  /** What the file is: `sketchprior-sketch`, `sketchprior-measurements`, … */
  readonly format: string;
  /** Version of that format; readers refuse a newer one. */
  readonly version: number;
  readonly [key: string]: unknown;
}

export interface Npz<M = Metadata | undefined> {
  readonly arrays: Readonly<Record<string, NpyArray>>;
  readonly metadata: M;
}

/** What a reader asks of a file. */
export interface Expected {
  readonly format: string;
  /** The newest version that the reader understands. */
  readonly version: number;
}

const METADATA = "metadata.json";

/** An .npz file's bytes: a zip of `name.npy` members, as NumPy's, plus the metadata. The same content gives the same bytes. */
export function encodeNpz({ arrays, metadata }: Npz): Uint8Array {
  const members: Record<string, Uint8Array> = {};
  if (metadata) members[METADATA] = strToU8(`${JSON.stringify(metadata, null, 2)}\n`);
  for (const [name, array] of Object.entries(arrays)) members[`${name}.npy`] = encodeNpy(array);
  return zipSync(members, { level: 1, mtime: new Date(1980, 0, 1) });
}

/** Decodes an .npz file's bytes; with `expected`, the metadata must be of that format and no newer than that version. */
export function decodeNpz(bytes: Uint8Array, where: string): Npz;
export function decodeNpz(bytes: Uint8Array, where: string, expected: Expected): Npz<Metadata>;
export function decodeNpz(bytes: Uint8Array, where: string, expected?: Expected): Npz {
  const members = unzipped(bytes, where);
  const text = members[METADATA];
  const metadata = text ? parsed(strFromU8(text), where) : undefined;
  if (expected) requireFormat(metadata, expected, where);
  const arrays: Record<string, NpyArray> = {};
  for (const [name, content] of Object.entries(members)) {
    if (name.endsWith(".npy")) arrays[name.slice(0, -4)] = decodeNpy(content, `${where}: member ${name}`);
  }
  return { arrays, metadata };
}

/** Writes an .npz file that `numpy.load` reads, atomically (see `writeAtomic`). */
export async function writeNpz(file: string, content: Npz): Promise<void> {
  await writeAtomic(file, encodeNpz(content));
}

/** Reads an .npz file whole. Errors: no such file, not a zip, truncated, of another format, from a newer version. */
export function readNpz(file: string): Promise<Npz>;
export function readNpz(file: string, expected: Expected): Promise<Npz<Metadata>>;
export async function readNpz(file: string, expected?: Expected): Promise<Npz> {
  const bytes = await readFileOrExplain(file);
  return expected ? decodeNpz(bytes, file, expected) : decodeNpz(bytes, file);
}

/** The array `name` of a file, in the wanted type; a missing member is refused with the names that are there. */
export function member(npz: Npz<unknown>, name: string, where: string): NpyArray {
  const array = npz.arrays[name];
  if (array) return array;
  throw new InputError(`${where}: has no member "${name}" (has ${Object.keys(npz.arrays).join(", ") || "none"})`);
}

function unzipped(bytes: Uint8Array, where: string): Record<string, Uint8Array> {
  if (!(bytes[0] === 0x50 && bytes[1] === 0x4b)) throw new InputError(`${where}: is not an .npz (zip) file`);
  try {
    return unzipSync(bytes);
  } catch (error) {
    throw new InputError(`${where}: file is truncated or damaged (${messageOf(error)}, ${bytes.length} bytes)`);
  }
}

function parsed(text: string, where: string): Metadata {
  try {
    return JSON.parse(text) as Metadata;
  } catch (error) {
    throw new InputError(`${where}: ${METADATA} is not JSON (${messageOf(error)})`);
  }
}

function requireFormat(metadata: Metadata | undefined, { format, version }: Expected, where: string): void {
  if (metadata?.format !== format) {
    throw new InputError(`${where}: is not a ${format} file, it is ${metadata?.format ?? `without ${METADATA}`}`);
  }
  if (!(metadata.version <= version)) {
    throw new InputError(
      `${where}: was written by a newer sketchprior (${format} version ${metadata.version}, this one reads up to ` +
        `${version}); update sketchprior`,
    );
  }
}
