import { existsSync } from "node:fs";
import { sizeOf } from "./array.ts";
import { fileSource, firstBytes, pieces } from "./bytes.ts";
import { InputError } from "./errors.ts";
import type { NpyData } from "./npy.ts";
import { rowDataset } from "./rowfile.ts";
import type { Dataset } from "./rows.ts";

/** The types of the IDX format (yann.lecun.com/exdb/mnist), by their code; numbers are big endian. */
const types: Readonly<Record<number, { readonly bytes: number; read(view: DataView, at: number): number }>> = {
  8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  9: { bytes: 1, read: (view, at) => view.getInt8(at) },
  11: { bytes: 2, read: (view, at) => view.getInt16(at) },
  12: { bytes: 4, read: (view, at) => view.getInt32(at) },
  13: { bytes: 4, read: (view, at) => view.getFloat32(at) },
  14: { bytes: 8, read: (view, at) => view.getFloat64(at) },
};
const UINT8 = 8;

interface IdxHeader {
  readonly type: number;
  readonly shape: readonly number[];
  readonly start: number;
}

const header = (bytes: Uint8Array, where: string): IdxHeader => {
  const [zero0, zero1, type = 0, rank = 0] = bytes;
  if (zero0 !== 0 || zero1 !== 0 || !types[type] || rank === 0) {
    throw new InputError(
      `idx: ${where}: is not an IDX file (begins with ${[...bytes.subarray(0, 4)].join(" ") || "nothing"})`,
    );
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw new InputError(`idx: ${where}: file is truncated in its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { type, shape: Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i)), start };
};

const HEADER_BYTES = 4 + 4 * 255;

/**
 * A data set from an IDX file (MNIST's format), plain or gzip, read as a stream.
 * 8-bit numbers are images and are scaled to [0, 1] (divided by 255); other types are taken as they are.
 * Labels come from `labels`, or from the file beside it whose name has `labels-idx1` instead of `images-idx3`.
 */
export async function idxDataset(file: string, options: { name?: string; labels?: string } = {}): Promise<Dataset> {
  const source = await fileSource(file);
  const { type, shape, start } = header(await firstBytes(source, HEADER_BYTES), file);
  const [count = 0, ...sample] = shape;
  const { bytes, read } = types[type]!;
  const layout = {
    name: options.name ?? file,
    source: { ...source, where: `idx: ${file}` },
    start,
    count,
    shape: sample.length > 0 ? sample : [1],
    rowBytes: bytes * sizeOf(sample),
    divisor: type === UINT8 ? 255 : 1,
    decode: (raw: Uint8Array): NpyData => {
      if (type === UINT8) return raw;
      const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
      return Float64Array.from({ length: raw.length / bytes }, (_, i) => read(view, i * bytes));
    },
  };
  const labelFile = options.labels ?? labelsBeside(file);
  const dataset = rowDataset(layout);
  return labelFile ? { ...dataset, labels: () => idxLabels(labelFile, count) } : dataset;
}

/** The labels of an IDX file, one byte a sample; `count` labels are expected. */
export async function idxLabels(file: string, count: number): Promise<Uint8Array> {
  const source = await fileSource(file);
  const { type, shape, start } = header(await firstBytes(source, HEADER_BYTES), file);
  if (type !== UINT8 || shape.length !== 1) {
    throw new InputError(`idx: ${file}: expected labels (8-bit, one axis), got type ${type} with shape [${shape}]`);
  }
  if (shape[0] !== count) throw new InputError(`idx: ${file}: expected ${count} labels, got ${shape[0]}`);
  for await (const labels of pieces(source.stream(start), count)) if (labels.length === count) return labels;
  throw new InputError(`idx: ${file}: file is truncated, expected ${count} labels`);
}

function labelsBeside(file: string): string | undefined {
  const beside = file.replace(/images([-.])idx3/, "labels$1idx1");
  return beside !== file && existsSync(beside) ? beside : undefined;
}
