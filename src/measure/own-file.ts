import type { NdArray } from "ndarray";
import { openDataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { isFolder } from "../data/files.ts";
import { isImageName } from "../data/image.ts";
import { readNpz, readRows } from "../data/index.ts";
import { isRawName } from "../data/raw.ts";
import { readArray } from "../data/read-array.ts";

/** Arrays of a user's file of measurements, of any number type and order. */
export interface OwnArrays {
  readonly y: NdArray;
  /** y is a list of raw numbers without a shape: of one signal or of several. */
  readonly flat?: boolean;
  /** Shape of one signal, where y are images. */
  readonly imageShape?: readonly number[];
  readonly truth?: NdArray;
  readonly matrix?: NdArray;
}

/** Reads a user's own file of measurements: `.npz`, a folder of images, and what `readArray` reads. */
export async function readOwn(file: string): Promise<OwnArrays> {
  if (/\.npz$/i.test(file)) return ownNpz(file);
  if (await isFolder(file)) {
    const images = await openDataset(file);
    return { y: await readRows(images, 0, images.count), imageShape: images.shape };
  }
  const y = await readArray(file);
  return { y, ...(isRawName(file) && { flat: true }), ...(isImageName(file) && { imageShape: y.shape }) };
}

/** The member `y`, or the only array of the file; and if they are there `truth` or `x`, and `A`. */
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
