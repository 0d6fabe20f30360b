import { strFromU8, strToU8, zipSync } from "fflate";
import { InputError, messageOf } from "./errors.ts";
import { decodeNpy, encodeNpy, type NpyArray } from "./npy.ts";
import { unzip } from "./zip.ts";

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

/** What a reader expects of a file. */
export interface Expected {
  readonly format: string;
  /** The newest version that the reader understands. */
  readonly version: number;
}

export const METADATA = "metadata.json";

/** The bytes of an .npz file: a zip of `name.npy` members, as NumPy writes it, plus the metadata. The same content gives the same bytes. */
export function encodeNpz({ arrays, metadata }: Npz): Uint8Array {
  const members: Record<string, Uint8Array> = {};
  if (metadata) members[METADATA] = strToU8(`${JSON.stringify(metadata, null, 2)}\n`);
  for (const [name, array] of Object.entries(arrays)) members[`${name}.npy`] = encodeNpy(array);
  return zipSync(members, { level: 1, mtime: new Date(1980, 0, 1) });
}

/**
 * Decodes the bytes of an .npz file. With `expected`, the metadata must have that format and at most that version.
 * Errors (InputError): not a zip, truncated, damaged (every member's CRC-32 is checked), larger than 2 GiB unpacked, another format, a
 * newer version.
 */
export function decodeNpz(bytes: Uint8Array, where: string): Npz;
export function decodeNpz(bytes: Uint8Array, where: string, expected: Expected): Npz<Metadata>;
export function decodeNpz(bytes: Uint8Array, where: string, expected?: Expected): Npz {
  const members = unzip(bytes, where);
  const text = members.get(METADATA);
  const metadata = text ? parsed(strFromU8(text), where) : undefined;
  if (expected) requireFormat(metadata, expected, where);
  const arrays = [...members]
    .filter(([name]) => name.endsWith(".npy"))
    .map(([name, content]) => [name.slice(0, -4), decodeNpy(content, `${where}: member ${name}`)] as const);
  return { arrays: Object.fromEntries(arrays), metadata };
}

/** The array `name` of a file. Errors (InputError): no such member; the message lists those that are there. */
export function member(npz: Npz<unknown>, name: string, where: string): NpyArray {
  if (Object.hasOwn(npz.arrays, name)) return npz.arrays[name]!;
  throw new InputError(`${where}: has no member "${name}" (has ${Object.keys(npz.arrays).join(", ") || "none"})`);
}

function parsed(text: string, where: string): Metadata {
  try {
    return JSON.parse(text) as Metadata;
  } catch (error) {
    throw new InputError(`${where}: ${METADATA} is not JSON (${messageOf(error)})`);
  }
}

/** Errors (InputError): metadata of another format, or of a newer version. */
export function requireFormat(
  metadata: Metadata | undefined,
  { format, version }: Expected,
  where: string,
): asserts metadata is Metadata {
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
