import { readdir } from "node:fs/promises";
import path from "node:path";
import jpeg from "jpeg-js";
import ndarray from "ndarray";
import { PNG } from "pngjs";
import { InputError, messageOf } from "./errors.ts";
import { explained, readFileOrExplain } from "./files.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize } from "./rows.ts";

/** An image as 8-bit red, green, blue, alpha. */
interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Image formats by the end of the name. To add one: a line here. */
const decoders: Readonly<Record<string, (bytes: Buffer) => Pixels>> = {
  ".png": (bytes) => PNG.sync.read(bytes),
  ".jpg": (bytes) => jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true }),
  ".jpeg": (bytes) => jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true }),
};

/** Pixels that are looked at to tell grey from colour. */
const GREY_IMAGES = 16;

/**
 * A data set from a folder of PNG and JPEG files in the order of their names, read one at a time. Images in sub-folders have
 * the sub-folder's place in the alphabet as label (0, 1, …). Numbers are in [0, 1]. Samples are [height, width] where the
 * first 16 images are grey, else [height, width, 3]; transparency is ignored.
 * Errors (InputError) that name the file: no image, an image of another size than the first, a damaged image.
 */
export async function imageFolder(folder: string): Promise<Dataset> {
  const { files, labels } = await imageFiles(folder);
  const [firstFile] = files;
  if (firstFile === undefined) {
    throw new InputError(`${folder}: holds no images (${Object.keys(decoders).join(", ")}), nor do its sub-folders`);
  }
  const { width, height } = await decode(firstFile);
  let colour = false;
  for (const file of files.slice(0, GREY_IMAGES)) colour ||= !isGrey(await decode(file));
  const shape = colour ? [height, width, 3] : [height, width];
  const channels = colour ? 3 : 1;
  const size = width * height * channels;

  async function* batches(rows: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(folder, files.length, range);
    requireSize(folder, rows);
    for (let first = from; first < to; first += rows) {
      const used = files.slice(first, Math.min(to, first + rows));
      const data = new Float32Array(used.length * size);
      for (const [i, file] of used.entries()) {
        const image = await decode(file);
        if (image.width !== width || image.height !== height) {
          throw new InputError(
            `${file}: is ${image.width}×${image.height}, but ${firstFile} is ${width}×${height}; all images must have one size`,
          );
        }
        if (!colour && !isGrey(image)) throw new InputError(`${file}: is in colour, but the first images are grey`);
        for (let at = 0; at < size; at++) {
          data[i * size + at] = image.data[4 * Math.floor(at / channels) + (at % channels)]! / 255;
        }
      }
      yield { first, data: ndarray(data, [used.length, ...shape]) };
    }
  }
  return { name: folder, count: files.length, shape, batches, ...(labels && { labels: async () => labels }) };
}

async function imageFiles(folder: string): Promise<{ files: string[]; labels?: Uint8Array }> {
  const inside = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw explained(folder, error);
  });
  const imagesOf = (names: readonly string[], parent: string) =>
    names
      .filter((name) => path.extname(name).toLowerCase() in decoders)
      .sort()
      .map((name) => path.join(parent, name));
  const here = imagesOf(
    inside.filter((entry) => !entry.isDirectory()).map((entry) => entry.name),
    folder,
  );
  if (here.length > 0) return { files: here };
  const classes: string[][] = [];
  const names = inside.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const name of names.sort()) {
    const files = imagesOf(await readdir(path.join(folder, name)), path.join(folder, name));
    if (files.length > 0) classes.push(files);
  }
  const files = classes.flat();
  if (classes.length > 256) return { files };
  return { files, labels: Uint8Array.from(classes.flatMap((own, label) => own.map(() => label))) };
}

async function decode(file: string): Promise<Pixels> {
  const bytes = Buffer.from(await readFileOrExplain(file));
  try {
    return decoders[path.extname(file).toLowerCase()]!(bytes);
  } catch (error) {
    throw new InputError(`${file}: the image cannot be read (${messageOf(error)})`);
  }
}

/** JPEG's rounding between colour spaces moves a grey pixel's channels apart by at most this. */
const GREY_TOLERANCE = 2;

function isGrey({ data }: Pixels): boolean {
  for (let at = 0; at < data.length; at += 4) {
    const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!];
    if (Math.max(r, g, b) - Math.min(r, g, b) > GREY_TOLERANCE) return false;
  }
  return true;
}
