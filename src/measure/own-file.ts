import { stat } from "node:fs/promises";
import type { NdArray } from "ndarray";
import { fromHost } from "../data/array.ts";
import { openDataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { readFileOrExplain } from "../data/files.ts";
import { readNpz, readRows } from "../data/index.ts";
import { readArray } from "../data/read-array.ts";

/** Arrays of a user's file of measurements, of any number type and order. */
export interface OwnArrays {
  readonly y: NdArray;
  /** Raw numbers, which have no shape: as many signals as there are. */
  readonly flat?: boolean;
  /** Shape of one signal, where y are images. */
  readonly imageShape?: readonly number[];
  readonly truth?: NdArray;
  readonly matrix?: NdArray;
}

/** Reads a file of measurements of others: `.npz`, raw float32, one image or a folder of them, and what `readArray` reads. */
export async function readOwn(file: string): Promise<OwnArrays> {
  if (/\.npz$/i.test(file)) return ownNpz(file);
  if (/\.(raw|bin|f32)$/i.test(file)) return { y: await rawFloats(file), flat: true };
  const folder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (folder || /\.(png|jpe?g|tiff?|webp)$/i.test(file)) {
    const images = await openDataset(file);
    return { y: await readRows(images, 0, images.count), imageShape: images.shape };
  }
  return { y: await readArray(file) };
}

/** Members `y`, and where they are there `truth` or `x`, and `A`; or the only array. */
async function ownNpz(file: string): Promise<OwnArrays> {
  const { arrays } = await readNpz(file);
  const names = Object.keys(arrays);
  const y = arrays.y ?? (names.length === 1 ? arrays[names[0]!] : undefined);
  if (!y) {
    throw new InputError(
      `${file}: expected a member "y" or a single array, got the members ${names.join(", ") || "none"}`,
    );
  }
  const { truth = arrays.x, A: matrix } = arrays;
  return { y, ...(truth && { truth }), ...(matrix && { matrix }) };
}

/** Raw little-endian float32 numbers. */
async function rawFloats(file: string): Promise<NdArray> {
  const bytes = await readFileOrExplain(file);
  if (bytes.length === 0 || bytes.length % 4 !== 0) {
    throw new InputError(`${file}: ${bytes.length} bytes are not a number of float32 numbers, of 4 bytes each`);
  }
  const data = new Float32Array(new Uint8Array(bytes).buffer);
  return fromHost(data, [data.length]);
}
