import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { Unzip, UnzipInflate } from "fflate";
import { InputError, messageOf } from "./errors.ts";
import { explained, fileSize } from "./files.ts";

/** Bytes of a file as data readers see them: unpacked, in order, from any offset, in bounded memory. */
export interface ByteSource {
  /** The file, as messages name it. */
  readonly where: string;
  /** Unpacked size, where the file system knows it without unpacking. */
  readonly size?: number;
  /** The bytes from `start` on, in chunks of any sizes. */
  stream(start: number): AsyncIterable<Uint8Array>;
}

/** The bytes of a plain file, or of what a `.gz` file holds. */
export async function fileSource(file: string): Promise<ByteSource> {
  const size = await fileSize(file);
  const where = file;
  if (await isGzip(file)) return { where, stream: (start) => skip(gunzipped(file), start) };
  return { where, size, stream: (start) => plain(file, start) };
}

/** The bytes of one member of a zip file (.npz), unpacked while they are read. */
export async function zipSource(file: string, member: string): Promise<ByteSource> {
  await fileSize(file);
  return { where: file, stream: (start) => skip(unzipped(file, member), start) };
}

/** Names of the members of a zip file, from the directory at its end. */
export async function zipMembers(file: string): Promise<string[]> {
  const size = await fileSize(file);
  const handle = await open(file);
  try {
    const read = async (from: number, length: number) => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    };
    const magic = await read(0, 4);
    if (!(magic[0] === 0x50 && magic[1] === 0x4b)) throw new InputError(`${file}: is not an .npz (zip) file`);
    const tail = await read(Math.max(0, size - 65_557), 65_557); // the end record, with the longest comment
    const end = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
    if (end < 0)
      throw new InputError(`${file}: file is truncated, the directory at its end is missing (${size} bytes)`);
    let [entries, at] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 16)];
    if (at === 0xffffffff || entries === 0xffff) {
      const record = tail.lastIndexOf("PK\x06\x06", end, "latin1"); // zip64
      if (record < 0) throw new InputError(`${file}: directory of the zip file cannot be understood`);
      entries = Number(tail.readBigUInt64LE(record + 32));
      at = Number(tail.readBigUInt64LE(record + 48));
    }
    const directory = await read(at, size - at);
    const names: string[] = [];
    for (let i = 0, p = 0; i < entries; i++) {
      const lengths = [28, 30, 32].map((offset) => directory.readUInt16LE(p + offset));
      names.push(directory.toString("utf8", p + 46, p + 46 + lengths[0]!));
      p += 46 + lengths[0]! + lengths[1]! + lengths[2]!;
    }
    return names;
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${file}: directory of the zip file cannot be understood`);
    throw error;
  } finally {
    await handle.close();
  }
}

/** The first `length` bytes, or fewer where the source is shorter. */
export async function firstBytes(source: ByteSource, length: number): Promise<Uint8Array> {
  for await (const piece of pieces(source, 0, length)) return piece;
  return new Uint8Array(0);
}

/** The bytes from `start` on in pieces of exactly `length` bytes; the last one may be shorter. */
export async function* pieces(source: ByteSource, start: number, length: number): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of source.stream(start)) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + length - filled);
      piece.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < length) continue;
      yield piece;
      piece = new Uint8Array(length);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

async function isGzip(file: string): Promise<boolean> {
  for await (const chunk of plain(file, 0, 1)) return chunk[0] === 0x1f && chunk[1] === 0x8b;
  return false;
}

async function* plain(file: string, start: number, end?: number): AsyncGenerator<Uint8Array> {
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

async function* unzipped(file: string, member: string): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let done = false;
  const unzip = new Unzip((entry) => {
    if (entry.name !== member) return;
    entry.ondata = (error, chunk, final) => {
      if (error) throw error;
      ready.push(chunk);
      done ||= final;
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  try {
    for await (const chunk of plain(file, 0)) {
      unzip.push(chunk);
      yield* ready;
      if (done) return;
      ready = [];
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: member ${member} is truncated or damaged (${messageOf(error)})`);
  }
}

async function* skip(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
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
