import { sizeOf } from "./array.ts";
import { allBytes, type ByteSource, fileSource, firstBytes } from "./bytes.ts";
import { InputError } from "./errors.ts";
import { decodeNpy, NPY_HEADER_BYTES, parseNpyHeader } from "./npy.ts";
import { codecOf } from "./npy-types.ts";
import { METADATA } from "./npz.ts";
import { rowDataset } from "./rowfile.ts";
import type { Dataset } from "./rows.ts";
import { rowMajorSource } from "./turned.ts";
import type { ZipEntry } from "./zip.ts";
import { zipDirectory, zipSource } from "./zip-file.ts";

/**
 * A data set from an .npy file, [samples, ...shape] or [samples], read as a stream. An array in Fortran order is reordered in memory, up
 * to 1 GiB.
 * Unsigned 8-bit numbers are images and are scaled to [0, 1] (divided by 255); other types are taken as they are, in float32.
 */
export async function npyDataset(file: string): Promise<Dataset> {
  return npyStream(await fileSource(file));
}

/** Names of the members of an .npz file that hold samples and labels: this project's names, then scikit-learn's. */
const SAMPLES = ["data", "X"];
const LABELS = ["labels", "y"];

/** A data set from the member `data` or `X` of an .npz file, or its only array; labels from its member `labels` or `y`. */
export async function npzDataset(file: string): Promise<Dataset> {
  const members = await zipDirectory(file);
  const entries = members.filter(({ name }) => name.endsWith(".npy"));
  const called = (names: readonly string[]) => entries.find(({ name }) => names.includes(name.slice(0, -4)));
  const labels = called(LABELS);
  const others = entries.filter((entry) => entry !== labels);
  const chosen = called(SAMPLES) ?? (others.length === 1 ? others[0] : undefined);
  if (!chosen && members.some(({ name }) => name === METADATA)) {
    throw new InputError(
      `${file}: a sketch or another file of this project, not a data set; \`sketchprior inspect\` says what it is`,
    );
  }
  if (!chosen) {
    const have = entries.map(({ name }) => name.slice(0, -4)).join(", ") || "none";
    throw new InputError(`${file}: expected a member "data" or "X" or a single array, got the members ${have}`);
  }
  const dataset = await npyStream(await zipSource(file, chosen));
  return labels ? { ...dataset, labels: () => zipLabels(file, labels, dataset.count) } : dataset;
}

/** A data set from the bytes of an .npy file. */
export async function npyStream(source: ByteSource): Promise<Dataset> {
  const file = source.where;
  const header = parseNpyHeader(await firstBytes(source, NPY_HEADER_BYTES), file);
  const { descr, fortran, shape, start } = header;
  const codec = codecOf(descr, file);
  const [count, ...sample] = shape;
  if (count === undefined) throw new InputError(`${file}: expected an array [samples, ...shape], got a single number`);
  return rowDataset({
    name: file,
    source: fortran && sample.length > 0 ? rowMajorSource(source, header, codec.bytes) : source,
    start,
    count,
    shape: sample.length > 0 ? sample : [1],
    rowBytes: codec.bytes * sizeOf(sample),
    divisor: /u1$/.test(descr) ? 255 : 1,
    decode: (raw) => codec.read(raw, file),
  });
}

async function zipLabels(file: string, entry: ZipEntry, count: number): Promise<Uint8Array> {
  const where = `${file}: ${entry.name.slice(0, -4)}`;
  const source = await zipSource(file, entry);
  const { shape } = parseNpyHeader(await firstBytes(source, NPY_HEADER_BYTES), where);
  if (sizeOf(shape) !== count || (shape[0] ?? 1) !== count) {
    throw new InputError(`${where}: expected ${count} labels, got shape [${shape}]`);
  }
  const { data } = decodeNpy(await allBytes(source), where);
  if (data.every((v) => Number.isInteger(v) && v >= 0 && v <= 255)) return Uint8Array.from(data);
  throw new InputError(`${where}: expected integers from 0 to 255 as labels`);
}
