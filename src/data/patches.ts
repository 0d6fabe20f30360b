import ndarray from "ndarray";
import { sizeOf } from "./array.ts";
import { InputError } from "./errors.ts";
import type { OptionTable, OptionValues } from "./options.ts";
import { stream } from "./random.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize, type StoredSize } from "./rows.ts";

/** Images that may differ in size, read one at a time. */
export interface ImageSource {
  readonly name: string;
  /** [height, width] of every image. */
  readonly sizes: readonly (readonly [number, number])[];
  /** 1 for grey images, 3 for colour. */
  readonly channels: 1 | 3;
  /** One image, row by row, its channels together. */
  read(index: number): Promise<Float32Array>;
  stored?(): Promise<StoredSize>;
}

export const patchOptions = {
  side: { type: "integer", default: 8, description: "side of a patch in pixels" },
  stride: { type: "integer", default: 1, description: "pixels from one patch to the next" },
  grey: { type: "flag", default: false, description: "colours are averaged" },
} as const satisfies OptionTable;

/** What says where patches are. */
export type PatchOptions = Pick<OptionValues<typeof patchOptions>, "side" | "stride">;

/** Images as grey ones: the mean of the three colours at every pixel. */
export function greyImages(images: ImageSource): ImageSource {
  if (images.channels === 1) return images;
  const read = async (index: number): Promise<Float32Array> => {
    const colours = await images.read(index);
    return Float32Array.from(
      { length: colours.length / 3 },
      (_, p) => (colours[3 * p]! + colours[3 * p + 1]! + colours[3 * p + 2]!) / 3,
    );
  };
  return { ...images, channels: 1, read };
}

/**
 * Where the patches of some images are: the number of the first patch of each image, and at last of all patches; how many are along an axis.
 * Errors (InputError): a side or stride that is no positive integer, an image smaller than a patch.
 */
export function patchPlaces({ name, sizes }: ImageSource, { side, stride }: PatchOptions) {
  for (const [key, value] of Object.entries({ side, stride })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new InputError(`patches: ${key}: expected a positive integer, got ${value}`);
  }
  const across = (length: number) => Math.floor((length - side) / stride) + 1;
  const starts = [0];
  for (const [i, [height, width]] of sizes.entries()) {
    if (Math.min(height, width) < side) {
      throw new InputError(`${name}: image ${i} is ${width}×${height}, smaller than a patch of ${side}×${side}`);
    }
    starts.push(starts.at(-1)! + across(height) * across(width));
  }
  return { starts, across };
}

/** Images that samples spread over the whole set are taken from. */
const SPREAD_IMAGES = 200;

/**
 * All patches of some images as a data set, [side, side] or [side, side, 3]: image by image, row by row. One image is in memory at a time.
 * Neighbouring samples are alike, so `typical` draws samples from all over the set.
 * Errors (InputError): those of `patchPlaces`.
 */
export function patchDataset(source: ImageSource, { side, stride }: PatchOptions): Dataset {
  const { sizes, channels } = source;
  const name = `patches of ${source.name}`;
  const { starts, across } = patchPlaces(source, { side, stride });
  const count = starts.at(-1)!;
  const shape = channels === 1 ? [side, side] : [side, side, channels];
  const d = sizeOf(shape);

  /** Copies patch `at` of image `i` to place `row` of `out`. */
  const copy = (image: Float32Array, i: number, at: number, out: Float32Array, row: number): void => {
    const width = sizes[i]![1];
    const columns = across(width);
    const corner = stride * (Math.floor(at / columns) * width + (at % columns)) * channels;
    const line = side * channels;
    for (let y = 0, to = row * d; y < side; y++, to += line) {
      const from = corner + y * width * channels;
      for (let x = 0; x < line; x++) out[to + x] = image[from + x]!;
    }
  };
  let kept: { readonly index: number; readonly image: Promise<Float32Array> } | undefined;
  const imageAt = (index: number): Promise<Float32Array> => {
    if (kept?.index !== index) kept = { index, image: source.read(index) };
    return kept.image;
  };

  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, count, range);
    requireSize(name, size);
    let i = starts.findIndex((start) => start > from) - 1;
    for (let first = from; first < to; first += size) {
      const rows = Math.min(size, to - first);
      const data = new Float32Array(rows * d);
      for (let row = 0; row < rows; ) {
        while (starts[i + 1]! <= first + row) i++;
        const image = await imageAt(i);
        const end = Math.min(rows, starts[i + 1]! - first);
        for (; row < end; row++) copy(image, i, first + row - starts[i]!, data, row);
      }
      yield { first, data: ndarray(data, [rows, ...shape]) };
    }
  }

  const typical: Dataset["typical"] = async (wanted, { from, to }, signal) => {
    const rows = Math.min(wanted, to - from);
    const random = stream(0, "typical patches");
    const within = (at: number) => Math.min(to, Math.max(from, at));
    const images = [...random.permutation(sizes.length)]
      .filter((i) => within(starts[i]!) < within(starts[i + 1]!))
      .slice(0, SPREAD_IMAGES)
      .sort((a, b) => a - b);
    const before = [0]; // patches of the chosen images
    for (const i of images) before.push(before.at(-1)! + within(starts[i + 1]!) - within(starts[i]!));
    const places = Array.from({ length: rows }, () => random.integer(before.at(-1)!)).sort((a, b) => a - b);
    const data = new Float32Array(rows * d);
    const order = random.permutation(rows);
    let k = 0;
    for (const [n, place] of places.entries()) {
      while (before[k + 1]! <= place) k++;
      const i = images[k]!;
      signal?.throwIfAborted();
      copy(await imageAt(i), i, within(starts[i]!) - starts[i]! + place - before[k]!, data, order[n]!);
    }
    return ndarray(data, [rows, ...shape]);
  };
  return { name, count, shape, batches, typical, ...(source.stored && { stored: source.stored }) };
}
