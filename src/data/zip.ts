import { inflateSync } from "fflate";
import { crc32 } from "./crc.ts";
import { InputError, messageOf } from "./errors.ts";

/** One file in a zip file, as the directory at its end describes it. */
export interface ZipEntry {
  readonly name: string;
  /** 0: stored as it is; 8: deflated. */
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** The most unpacked bytes that are read from one zip file into memory. A small file can hold terabytes of zeros. */
export const MOST_UNPACKED = 2 ** 31;

/** Bytes at the end of a file that surely hold the end record, its longest comment, and zip64's two records before it. */
export const ZIP_TAIL_BYTES = 22 + 65_535 + 20 + 56;
const LOCAL_HEADER_BYTES = 30;
export const STORED = 0;
const DEFLATED = 8;
const WIDE = 0xffffffff;

const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** Refuses bytes that do not begin as a zip file does. */
export function requireZip(bytes: Uint8Array, where: string): void {
  if (!isZip(bytes)) throw new InputError(`${where}: is not an .npz (zip) file`);
}

/** Where the directory of a zip file lies, from the last `ZIP_TAIL_BYTES` (or fewer) of its `size` bytes. */
export function zipDirectoryRange(tail: Uint8Array, size: number, where: string): { from: number; to: number } {
  const view = viewOf(tail);
  const end = lastSignature(view, 0x06054b50);
  if (end < 0)
    throw new InputError(`${where}: file is truncated or damaged, the directory at its end is missing (${size} bytes)`);
  return understood(where, () => {
    let length = view.getUint32(end + 12, true);
    let from = view.getUint32(end + 16, true);
    if (from === WIDE || length === WIDE || view.getUint16(end + 10, true) === 0xffff) {
      const wide = lastSignature(view, 0x06064b50);
      length = wideNumber(view, wide + 40);
      from = wideNumber(view, wide + 48);
    }
    if (from + length > size) throw new RangeError("the directory lies beyond the end");
    return { from, to: from + length };
  });
}

/** The files of a zip file, from the bytes of its directory. */
export function zipEntries(directory: Uint8Array, where: string): ZipEntry[] {
  const view = viewOf(directory);
  const entries: ZipEntry[] = [];
  understood(where, () => {
    for (let at = 0; at < directory.length; ) {
      if (view.getUint32(at, true) !== 0x02014b50) throw new RangeError("an entry begins wrongly");
      const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
        number,
        number,
        number,
      ];
      const sizes = [24, 20, 42].map((field) => view.getUint32(at + field, true)) as [number, number, number];
      const [size, packedSize, offset] = widened(view, sizes, at + 46 + name, at + 46 + name + extra);
      entries.push({
        name: new TextDecoder().decode(directory.subarray(at + 46, at + 46 + name)),
        method: view.getUint16(at + 10, true),
        crc: view.getUint32(at + 16, true),
        ...{ packedSize, size, offset },
      });
      at += 46 + name + extra + comment;
    }
  });
  return entries;
}

/** The size of an entry's local header, which precedes its content. Its lengths may differ from those in the directory. */
export function localHeaderSize(header: Uint8Array, { name }: ZipEntry, where: string): number {
  return understood(`${where}: member ${name}`, () => {
    const view = viewOf(header);
    if (view.getUint32(0, true) !== 0x04034b50) throw new RangeError("it begins wrongly");
    return LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  });
}

/** Errors (InputError), before anything is unpacked: the entry is packed by an unknown method. */
export function requireMethod({ name, method }: ZipEntry, where: string): void {
  if (method === STORED || method === DEFLATED) return;
  throw new InputError(`${where}: member ${name} is packed by method ${method}; write it with numpy.savez_compressed`);
}

/**
 * Unpacks a whole zip file in memory: the content of each of its files by name. Sizes are checked before anything is unpacked, the
 * CRC-32 afterwards.
 * Errors (InputError): not a zip file, truncated or damaged, unpacked larger than `most` bytes.
 */
export function unzip(bytes: Uint8Array, where: string, most = MOST_UNPACKED): Map<string, Uint8Array> {
  requireZip(bytes, where);
  const tailAt = Math.max(0, bytes.length - ZIP_TAIL_BYTES);
  const { from, to } = zipDirectoryRange(bytes.subarray(tailAt), bytes.length, where);
  const entries = zipEntries(bytes.subarray(from, to), where);
  requireUnpackedSize(entries, where, most);
  return new Map(entries.map((entry) => [entry.name, content(bytes, entry, where)]));
}

/** Errors (InputError): by the sizes in the directory, the files would unpack to more than `most` bytes. */
export function requireUnpackedSize(entries: readonly ZipEntry[], where: string, most = MOST_UNPACKED): void {
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (size <= most) return;
  throw new InputError(
    `${where}: unpacks to ${size} bytes, more than the limit of ${most}; split it into smaller files`,
  );
}

/** An entry's unpacked bytes, checked. Bytes beyond the stated size are dropped, so a wrong size shows in the CRC. */
function content(bytes: Uint8Array, entry: ZipEntry, where: string): Uint8Array {
  requireMethod(entry, where);
  const { name, method, offset, packedSize, size, crc } = entry;
  const from = offset + localHeaderSize(bytes.subarray(offset), entry, where);
  const packed = bytes.subarray(from, from + packedSize);
  let out: Uint8Array;
  try {
    out = method === STORED ? packed : inflateSync(packed, { out: new Uint8Array(size) });
  } catch (error) {
    throw damaged(where, name, messageOf(error));
  }
  requireChecksum(crc32(out), crc, where, name);
  return out;
}

/** Errors (InputError): the CRC-32 of an entry is not the expected one. */
export function requireChecksum(found: number, expected: number, where: string, name: string): void {
  if (found !== expected) throw damaged(where, name, "its CRC-32 differs");
}

export const damaged = (where: string, name: string, why: string): InputError =>
  new InputError(`${where}: member ${name} is truncated or damaged (${why}); make or copy the file again`);

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const wideNumber = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

function lastSignature(view: DataView, signature: number): number {
  let at = view.byteLength - 4;
  while (at >= 0 && view.getUint32(at, true) !== signature) at--;
  return at;
}

/** Replaces sizes that do not fit in 32 bits by those in zip64's extra field, which holds only these, in this order. */
function widened(view: DataView, sizes: [number, number, number], from: number, to: number): [number, number, number] {
  let at = from;
  while (at + 4 <= to && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  at += 4;
  return sizes.map((size) => {
    if (size !== WIDE) return size;
    at += 8;
    return wideNumber(view, at - 8);
  }) as [number, number, number];
}

/** Runs a reader of the directory. A RangeError, such as a read outside the bytes, means that the directory is damaged. */
function understood<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(`${where}: directory of the zip file cannot be understood; make or copy the file again`);
  }
}
