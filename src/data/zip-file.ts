import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { type ByteSource, plain, skip } from "./bytes.ts";
import { crc32 } from "./crc.ts";
import { InputError, messageOf } from "./errors.ts";
import { fileSize } from "./files.ts";
import {
  damaged,
  localHeaderSize,
  requireChecksum,
  requireMethod,
  requireZip,
  STORED,
  ZIP_TAIL_BYTES,
  type ZipEntry,
  zipDirectoryRange,
  zipEntries,
} from "./zip.ts";

/** The files in a zip file, from the directory at its end; their contents are not read. */
export async function zipDirectory(file: string): Promise<ZipEntry[]> {
  const size = await fileSize(file);
  requireZip(await bytesAt(file, 0, 4), file);
  const tail = await bytesAt(file, Math.max(0, size - ZIP_TAIL_BYTES), ZIP_TAIL_BYTES);
  const { from, to } = zipDirectoryRange(tail, size, file);
  return zipEntries(await bytesAt(file, from, to - from), file);
}

/**
 * The bytes of one file in a zip file, unpacked while they are read, in bounded memory. The CRC-32 is checked when the last byte is
 * read. A packed file is always unpacked from its first byte, so any read to its end is checked. A stored file is read from `start` on,
 * so it is checked only if `start` is 0.
 */
export async function zipSource(file: string, entry: ZipEntry): Promise<ByteSource> {
  requireMethod(entry, file);
  const { offset, packedSize, size, method } = entry;
  const from = offset + localHeaderSize(await bytesAt(file, offset, 30), entry, file);
  const stored = () => plain(file, from, from + packedSize - 1);
  return {
    where: file,
    size,
    packed: packedSize,
    stream: (start) =>
      method === STORED && start > 0
        ? plain(file, from + start, from + size - 1)
        : skip(checked(method === STORED ? stored() : inflated(stored(), file, entry), file, entry), start),
  };
}

/** Passes chunks on. Errors: more bytes than the directory states, at once; a wrong CRC-32, at the end. */
async function* checked(chunks: AsyncIterable<Uint8Array>, file: string, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  let [size, crc] = [0, 0];
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > entry.size) throw damaged(file, entry.name, `it is longer than the ${entry.size} bytes that it says`);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  requireChecksum(crc, entry.crc, file, entry.name);
}

async function* inflated(packed: AsyncIterable<Uint8Array>, file: string, entry: ZipEntry) {
  const input = Readable.from(packed);
  const output = input.pipe(createInflateRaw({ chunkSize: 1 << 18 }));
  input.on("error", (error) => output.destroy(error));
  try {
    yield* output as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw error instanceof InputError ? error : damaged(file, entry.name, messageOf(error));
  } finally {
    input.destroy();
  }
}

async function bytesAt(file: string, from: number, length: number): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
