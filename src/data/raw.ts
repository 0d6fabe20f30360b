import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { sizeOf } from "./array.ts";
import { type ByteSource, fileSource, firstBytes } from "./bytes.ts";
import { InputError } from "./errors.ts";
import { unwritable } from "./files.ts";
import { isNpy } from "./npy.ts";
import { npyStream } from "./npyset.ts";
import { rowDataset } from "./rowfile.ts";
import type { Dataset } from "./rows.ts";

/** Whether a file of this name holds raw float32 numbers. */
export const isRawName = (file: string): boolean => /\.(raw|bin|f32)$/i.test(file);

/** A data set from raw little-endian float32 numbers: samples of `shape`, one after the other. Errors (InputError): no shape given. */
export async function rawDataset(file: string, shape: readonly number[] | undefined): Promise<Dataset> {
  if (!shape) throw new InputError(`${file}: raw float32 numbers need their shape; say --shape, as 28,28`);
  return rawRows(await fileSource(file), shape);
}

function rawRows(source: ByteSource, shape: readonly number[]): Dataset {
  const rowBytes = 4 * sizeOf(shape);
  if (source.size === undefined) throw new InputError(`${source.where}: raw numbers cannot be read from a gzip file`);
  if (source.size === 0) throw new InputError(`${source.where}: holds no samples`);
  if (source.size % rowBytes !== 0) {
    throw new InputError(
      `${source.where}: ${source.size} bytes are no whole number of float32 samples of shape [${shape}] (${rowBytes} bytes each)`,
    );
  }
  return rowDataset({
    ...{ name: source.where, source, start: 0, count: source.size / rowBytes, shape, rowBytes, divisor: 1 },
    decode: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
  });
}

/**
 * A data set from a stream: an .npy file, or, with `shape`, raw little-endian float32 numbers. The stream is first written to a file in
 * the system's temporary folder, because a data set must know its size and is read more than once (pilot, then pass). The file is
 * removed when the process ends.
 * Errors (InputError): neither an .npy file nor a shape, a full disk.
 */
export async function streamDataset(input: NodeJS.ReadableStream, shape?: readonly number[]): Promise<Dataset> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-stdin-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "data");
  await pipeline(input, createWriteStream(file)).catch((error: unknown) => {
    throw unwritable(file, error);
  });
  const { packed: _, ...bytes } = await fileSource(file); // a file of ours, not of the user
  const source = { ...bytes, where: "standard input" };
  const head = await firstBytes(source, 8);
  if (head.length === 0) throw new InputError("standard input: holds no samples");
  if (isNpy(head)) return npyStream(source);
  if (shape) return rawRows(source, shape);
  throw new InputError("standard input: is not an .npy file; for raw float32 numbers say --shape, as 28,28");
}
