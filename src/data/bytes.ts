import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { InputError, messageOf } from "./errors.ts";
import { explained, fileSize } from "./files.ts";
import { MOST_UNPACKED } from "./zip.ts";

/** Bytes of a file as data readers see them: unpacked, in order, from any offset, in bounded memory. */
export interface ByteSource {
  /** The file, as messages name it. */
  readonly where: string;
  /** Unpacked size, if it is known without unpacking. */
  readonly size?: number;
  /** Bytes on disk, packed where the file is; absent if it is no file of the user. */
  readonly packed?: number;
  /** The bytes from `start` on, in chunks of any sizes. */
  stream(start: number): AsyncIterable<Uint8Array>;
}

/** The bytes of a plain file, or the unpacked bytes of a `.gz` file. */
export async function fileSource(file: string): Promise<ByteSource> {
  const size = await fileSize(file);
  const where = file;
  if (await isGzip(file)) return { where, packed: size, stream: (start) => skip(gunzipped(file), start) };
  return { where, size, packed: size, stream: (start) => plain(file, start) };
}

/** The first `length` bytes, or fewer where the source is shorter. */
export async function firstBytes(source: ByteSource, length: number): Promise<Uint8Array> {
  for await (const piece of pieces(source.stream(0), length)) return piece;
  return new Uint8Array(0);
}

/** All bytes, in memory. Errors (InputError): more than `most` (2 GiB). A small packed file can unpack to more. */
export async function allBytes(source: ByteSource, most = MOST_UNPACKED): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source.stream(0)) {
    size += chunk.length;
    if (size > most) throw new InputError(`${source.where}: holds more than the limit of ${most} bytes, unpacked`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Chunks as pieces of exactly `length` bytes; the last one may be shorter. */
export async function* pieces(chunks: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(0);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === 0) piece = new Uint8Array(length);
      const part = chunk.subarray(at, at + length - filled);
      piece.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < length) continue;
      yield piece;
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

async function isGzip(file: string): Promise<boolean> {
  for await (const chunk of plain(file, 0, 1)) return chunk[0] === 0x1f && chunk[1] === 0x8b;
  return false;
}

/** The bytes `start` to `end`, both included, of a file as it is. */
export async function* plain(file: string, start: number, end?: number): AsyncGenerator<Uint8Array> {
  if (end !== undefined && end < start) return;
  try {
    yield* createReadStream(file, { start, highWaterMark: 1 << 20, ...(end === undefined ? {} : { end }) });
  } catch (error) {
    throw explained(file, error);
  }
}

async function* gunzipped(file: string): AsyncGenerator<Uint8Array> {
  const input = createReadStream(file, { highWaterMark: 1 << 18 });
  const output = input.pipe(createGunzip({ chunkSize: 1 << 18 }));
  input.on("error", (error) => output.destroy(error));
  try {
    yield* output;
  } catch (error) {
    throw new InputError(`${file}: gzip file is truncated or damaged (${messageOf(error)})`);
  } finally {
    input.destroy();
  }
}

/** What comes after the first `count` bytes. */
export async function* skip(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    yield left > 0 ? chunk.subarray(left) : chunk;
    left = 0;
  }
}
