import { readFileOrExplain, writeAtomic } from "./files.ts";
import { decodeNpz, type Expected, encodeNpz, METADATA, type Metadata, type Npz } from "./npz.ts";
import { zipDirectory } from "./zip-file.ts";

/** Writes an .npz file that `numpy.load` reads, atomically (see `writeAtomic`). */
export async function writeNpz(file: string, content: Npz): Promise<void> {
  await writeAtomic(file, encodeNpz(content));
}

/** Reads an .npz file whole. Errors: no such file, and those of `decodeNpz`. */
export function readNpz(file: string): Promise<Npz>;
export function readNpz(file: string, expected: Expected): Promise<Npz<Metadata>>;
export async function readNpz(file: string, expected?: Expected): Promise<Npz> {
  const bytes = await readFileOrExplain(file);
  return expected ? decodeNpz(bytes, file, expected) : decodeNpz(bytes, file);
}

/** Whether an .npz file has metadata, as the files of this project do. Only the directory is read. */
export const hasMetadata = async (file: string): Promise<boolean> =>
  (await zipDirectory(file)).some(({ name }) => name === METADATA);
