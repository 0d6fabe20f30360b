import ndarray, { type NdArray } from "ndarray";
import { contiguous, type HostArray, sizeOf } from "./array.ts";
import { allBytes, fileSource } from "./bytes.ts";
import { type CsvOptions, csvArray } from "./csv.ts";
import { InputError } from "./errors.ts";
import { fileExists } from "./files.ts";
import { isImageName, readImage } from "./image.ts";
import { decodeNpy, type NpyArray, type NpyData } from "./npy.ts";
import { isRawName } from "./raw.ts";
import { zipDirectory, zipSource } from "./zip-file.ts";

/** An array of numbers in row-major order. */
export type FileArray = NdArray<Float32Array | Float64Array>;

export interface ReadArrayOptions extends CsvOptions {
  /** Shape of raw float32 numbers, whose files do not hold it. Other files are reshaped to it; the number of numbers must agree. */
  readonly shape?: readonly number[];
}

/**
 * Reads one array: measurements, a signal, a matrix, standard deviations. Shape and numbers are those of the file. The result is float32
 * if the file has float32 or float16, else float64.
 *
 * - `.npy`, `.npy.gz`: any order, any type of `codecOf`;
 * - `.npz`: its only array, or `file.npz:member`;
 * - `.csv`, `.tsv` (also `.gz`): [lines, columns], or [lines] if each line holds one number;
 * - `.raw`, `.bin`, `.f32`: little-endian float32 numbers, one axis unless `shape` is given;
 * - images (`readImage`): [height, width], or [height, width, 3] in colour. Only images are scaled, to [0, 1].
 *
 * Errors (InputError): another kind of file, no such file or member, NaN or Inf, no numbers, a shape of another size, an array that
 * unpacks to more than 2 GiB.
 */
export async function readArray(spec: string, { shape, header }: ReadArrayOptions = {}): Promise<FileArray> {
  const array = await read(spec, header === undefined ? {} : { header });
  if (array.size === 0) throw new InputError(`${spec}: holds no numbers`);
  const data = rowMajor(array);
  requireAllFinite(spec, data, array.shape);
  if (!shape) return ndarray(data, [...array.shape]);
  if (sizeOf(shape) === data.length) return ndarray(data, [...shape]);
  throw new InputError(`${spec}: holds ${data.length} numbers, shape [${array.shape}], which is not [${shape}]`);
}

async function read(spec: string, csv: CsvOptions): Promise<NpyArray> {
  const [, archive, name] = /^(.+\.npz)(?::([^:/\\]+))?$/i.exec(spec) ?? [];
  if (archive !== undefined) return npzArray(archive, name);
  if (/\.npy(\.gz)?$/i.test(spec)) return decodeNpy(await allBytes(await fileSource(spec)), spec);
  if (/\.(csv|tsv)(\.gz)?$/i.test(spec)) return csvArray(spec, csv);
  if (isRawName(spec)) return rawArray(spec);
  if (isImageName(spec)) {
    const { data, shape } = await readImage(spec);
    return ndarray(data, [...shape]);
  }
  throw new InputError(
    `${spec}: ${(await fileExists(spec)) ? "is not a kind of file that holds one array" : "no such file"}; expected ` +
      ".npy, .npz, .csv, .tsv, .raw, .bin, .f32 or an image",
  );
}

async function npzArray(file: string, wanted: string | undefined): Promise<NpyArray> {
  const entries = (await zipDirectory(file)).filter(({ name }) => name.endsWith(".npy"));
  const names = entries.map(({ name }) => name.slice(0, -4));
  const chosen = wanted === undefined && entries.length === 1 ? entries[0] : entries[names.indexOf(wanted ?? "")];
  if (chosen) return decodeNpy(await allBytes(await zipSource(file, chosen)), `${file}: member ${chosen.name}`);
  const have = names.join(", ") || "none";
  if (wanted !== undefined) throw new InputError(`${file}: has no member "${wanted}" (has ${have})`);
  throw new InputError(`${file}: holds ${entries.length} arrays (${have}); name one, as ${file}:${names[0] ?? "y"}`);
}

async function rawArray(file: string): Promise<NpyArray> {
  const bytes = await allBytes(await fileSource(file));
  if (bytes.length % 4 !== 0)
    throw new InputError(`${file}: ${bytes.length} bytes are no whole number of float32 numbers`);
  // a copy: the bytes may be a part of Node's pool of buffers, whose slice() copies nothing
  return ndarray(new Float32Array(new Uint8Array(bytes).buffer), [bytes.length / 4]);
}

/** The numbers in row-major order. Integers and bool become float64, which holds all of them exactly. */
function rowMajor(array: NpyArray): Float32Array | Float64Array {
  const data: NpyData = contiguous(array as HostArray);
  return data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data);
}

function requireAllFinite(where: string, data: Float32Array | Float64Array, shape: readonly number[]): void {
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return;
  const place = shape.map((length, axis) => Math.floor(bad / sizeOf(shape.slice(axis + 1))) % length);
  throw new InputError(
    `${where}: entry [${place.join(", ")}] is ${data[bad]}, counted from 0; expected finite numbers`,
  );
}
