import { readdir } from "node:fs/promises";
import path from "node:path";
import ndarray from "ndarray";
import { sameShape, sizeOf } from "./array.ts";
import { InputError } from "./errors.ts";
import { explained, fileSize, isFolder } from "./files.ts";
import { colours, type Image, imageEndings, isImageName, readImage } from "./image.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize } from "./rows.ts";

/** A data set of one sample, an image. */
export const imageFile = (file: string): Promise<Dataset> => imageDataset(file, [file]);

/**
 * A data set from a folder of images (see `readImage`) in the order of their names, read one at a time. For images in sub-folders, the
 * label (0, 1, …) is the sub-folder's place in the alphabet, and the label's name is the sub-folder's name. With more than 256
 * sub-folders there are no labels. Samples are [height, width] if the first 16 images are grey, else [height, width, 3]. Files whose
 * name begins with a dot are left out.
 * Errors (InputError) that name the file: no image, an image of another size than the first, an image beside sub-folders of
 * images, those of `readImage`.
 */
export async function imageFolder(folder: string): Promise<Dataset> {
  const { here, classes } = await imagesIn(folder);
  const [stray] = here;
  if (stray !== undefined && classes.length > 0) {
    throw new InputError(
      `${stray}: is an image beside ${classes.length} sub-folders of images (${classes[0]!.name}, …), which are classes; ` +
        "move it into one, or give one of the sub-folders",
    );
  }
  const dataset = await imageDataset(folder, [...here, ...classes.flatMap(({ files }) => files)]);
  if (classes.length === 0 || classes.length > 256) return dataset;
  const labels = Uint8Array.from(classes.flatMap(({ files }, label) => files.map(() => label)));
  return { ...dataset, labels: async () => labels, labelNames: classes.map(({ name }) => name) };
}

/** Paths of the images in a folder, and its sub-folders that hold images, with their paths; all in the order of their names. */
export async function imagesIn(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw explained(folder, error);
  });
  const found = await Promise.all(
    entries.map(async (entry) => ({
      name: entry.name,
      isClass: entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path.join(folder, entry.name)))),
    })),
  );
  const names = (folders: boolean) => found.filter(({ isClass }) => isClass === folders).map(({ name }) => name);
  const classes: { readonly name: string; readonly files: readonly string[] }[] = [];
  for (const name of names(true).sort()) {
    const own = path.join(folder, name);
    const files = name.startsWith(".") ? [] : imagesOf(own, await readdir(own));
    if (files.length > 0) classes.push({ name, files });
  }
  return { here: imagesOf(folder, names(false)), classes };
}

const imagesOf = (folder: string, names: readonly string[]): string[] =>
  names
    .filter((name) => !name.startsWith(".") && isImageName(name))
    .sort()
    .map((name) => path.join(folder, name));

/** How many images are read to find out whether the images are grey or in colour. */
const GREY_IMAGES = 16;

/** Whether one of the first images is in colour: then all are read so. */
export async function areInColour(files: readonly string[]): Promise<boolean> {
  for (const file of files.slice(0, GREY_IMAGES)) if ((await readImage(file)).shape.length === 3) return true;
  return false;
}

/** The numbers of an image, in colour or not as all the others. Errors (InputError): it is in colour, the others are not. */
export function numbersAs(colour: boolean, image: Image, file: string): Float32Array {
  if (colour) return colours(image);
  if (image.shape.length === 2) return image.data;
  throw new InputError(`${file}: is in colour, but the first images are grey`);
}

async function imageDataset(name: string, files: readonly string[]): Promise<Dataset> {
  const [firstFile] = files;
  if (firstFile === undefined) {
    throw new InputError(`${name}: holds no images (${imageEndings.join(", ")}), nor do its sub-folders`);
  }
  const { shape: first, bytes } = await readImage(firstFile);
  const size = first.slice(0, 2);
  const colour = first.length === 3 || (await areInColour(files.slice(1)));
  const shape = colour ? [...size, 3] : size;

  const numbersOf = (image: Image, file: string): Float32Array => {
    const own = image.shape.slice(0, 2);
    if (!sameShape(own, size)) {
      const text = ([height, width]: readonly number[]) => `${width}×${height}`;
      throw new InputError(
        `${file}: is ${text(own)}, but ${firstFile} is ${text(size)}; all images must have one size`,
      );
    }
    return numbersAs(colour, image, file);
  };

  async function* batches(rows: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, files.length, range);
    requireSize(name, rows);
    for (let at = from; at < to; at += rows) {
      const used = files.slice(at, Math.min(to, at + rows));
      const data = new Float32Array(used.length * sizeOf(shape));
      for (const [i, file] of used.entries()) data.set(numbersOf(await readImage(file), file), i * sizeOf(shape));
      yield { first: at, data: ndarray(data, [used.length, ...shape]) };
    }
  }
  const stored = async () => {
    const sizes = await Promise.all(files.map((file) => fileSize(file)));
    const raw = files.length * sizeOf(shape) * bytes;
    return { raw, files: sizes.reduce((sum, size) => sum + size, 0) };
  };
  return { name, count: files.length, shape, batches, stored };
}
