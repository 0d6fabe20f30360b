import { type ByteSource, fileSource, firstBytes, pieces, zipMembers, zipSource } from "./bytes.ts";
import { InputError } from "./errors.ts";
import { codecOf, NPY_HEADER_BYTES, parseNpyHeader } from "./npy.ts";
import { rowDataset } from "./rowfile.ts";
import type { Dataset } from "./rows.ts";

/**
 * A data set from an .npy file, [samples, ...shape] or [samples], read as a stream.
 * 8-bit numbers are images and are scaled to [0, 1] (divided by 255); other types are taken as they are, in float32.
 */
export async function npyDataset(file: string): Promise<Dataset> {
  return npyStream(await fileSource(file));
}

/** A data set from the member `data` of an .npz file, or its only array; labels from its member `labels`. */
export async function npzDataset(file: string): Promise<Dataset> {
  const names = (await zipMembers(file)).filter((name) => name.endsWith(".npy"));
  const others = names.filter((name) => name !== "labels.npy");
  const chosen = names.includes("data.npy") ? "data.npy" : others.length === 1 ? others[0] : undefined;
  if (!chosen) {
    const have = names.map((name) => name.slice(0, -4)).join(", ") || "none";
    throw new InputError(`${file}: expected a member "data" or a single array, got the members ${have}`);
  }
  const dataset = await npyStream(await zipSource(file, chosen));
  if (!names.includes("labels.npy")) return dataset;
  return { ...dataset, labels: () => zipLabels(file, dataset.count) };
}

/** A data set from the bytes of an .npy file. */
export async function npyStream(source: ByteSource): Promise<Dataset> {
  const file = source.where;
  const { descr, fortran, shape, start } = parseNpyHeader(await firstBytes(source, NPY_HEADER_BYTES), file);
  const codec = codecOf(descr, file);
  const [count, ...sample] = shape;
  if (count === undefined) throw new InputError(`${file}: expected an array [samples, ...shape], got a single number`);
  if (fortran && sample.length > 0) {
    throw new InputError(`${file}: is in Fortran order; save it with numpy.save(f, numpy.ascontiguousarray(a))`);
  }
  return rowDataset({
    name: file,
    source,
    start,
    count,
    shape: sample.length > 0 ? sample : [1],
    rowBytes: codec.bytes * sample.reduce((a, b) => a * b, 1),
    divisor: descr === "|u1" ? 255 : 1,
    decode: (raw) => codec.read(raw, file),
  });
}

async function zipLabels(file: string, count: number): Promise<Uint8Array> {
  const source = await zipSource(file, "labels.npy");
  const { descr, shape, start } = parseNpyHeader(await firstBytes(source, NPY_HEADER_BYTES), `${file}: labels`);
  const codec = codecOf(descr, `${file}: labels`);
  if (shape.length !== 1 || shape[0] !== count) {
    throw new InputError(`${file}: labels: expected ${count} numbers, got shape [${shape}]`);
  }
  for await (const raw of pieces(source, start, count * codec.bytes)) {
    const labels = codec.read(raw, file);
    if (labels.every((v) => Number.isInteger(v) && v >= 0 && v <= 255)) return Uint8Array.from(labels);
    throw new InputError(`${file}: labels: expected integers from 0 to 255`);
  }
  throw new InputError(`${file}: labels: file is truncated`);
}
