import ndarray from "ndarray";
import { type ByteSource, pieces, skip } from "./bytes.ts";
import { InputError } from "./errors.ts";
import type { NpyData } from "./npy.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireFinite, requireSize } from "./rows.ts";

/** How rows lie in a file: after `start` bytes, `count` times `rowBytes` bytes, each decoded into floats. */
export interface RowLayout {
  readonly name: string;
  readonly source: ByteSource;
  readonly start: number;
  readonly count: number;
  readonly shape: readonly number[];
  readonly rowBytes: number;
  /** The numbers of whole rows, in order. */
  decode(bytes: Uint8Array): NpyData;
  /** Every number is divided by this: 255 for 8-bit images, else 1. */
  readonly divisor: number;
}

/**
 * A data set over rows of fixed size in a file. If the size of the file is known, it is checked for truncation at once. A pass from the
 * first row to the last reads the source from its first byte to its last. So a source with a checksum is checked before the last rows
 * are returned.
 */
export function rowDataset(layout: RowLayout): Dataset {
  const { name, source, start, count, shape, rowBytes, divisor } = layout;
  const expected = start + count * rowBytes;
  const short = (got: number) =>
    new InputError(`${source.where}: file is truncated, expected ${expected} bytes, got ${got}`);
  if (count === 0) throw new InputError(`${name}: holds no samples`);
  if (rowBytes === 0) throw new InputError(`${name}: samples of shape [${shape}] hold no numbers`);
  if (source.size !== undefined && source.size < expected) throw short(source.size);

  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, count, range);
    if (from === to) return;
    requireSize(name, size);
    let first = from;
    let last: Batch | undefined;
    const chunks = from === 0 ? skip(source.stream(0), start) : source.stream(start + from * rowBytes);
    for await (const piece of pieces(chunks, Math.min(size, to - from) * rowBytes)) {
      if (last) continue; // bytes after the last row
      const rows = Math.min(Math.floor(piece.length / rowBytes), to - first);
      if (piece.length < Math.min(size, to - first) * rowBytes) throw short(start + first * rowBytes + piece.length);
      const numbers = layout.decode(piece.subarray(0, rows * rowBytes));
      const data = new Float32Array(numbers);
      if (divisor !== 1) for (let i = 0; i < data.length; i++) data[i] = data[i]! / divisor;
      requireFinite(name, data, first, rows);
      const batch = { first, data: ndarray(data, [rows, ...shape]) };
      first += rows;
      if (first === count) last = batch;
      else yield batch;
      if (first === to && to < count) return;
    }
    if (!last) throw short(start + first * rowBytes);
    yield last;
  }
  const { packed } = source;
  const stored = async () => ({ raw: count * rowBytes, ...(packed !== undefined && { files: packed }) });
  return { name, count, shape, batches, stored };
}
