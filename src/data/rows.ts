import ndarray, { type NdArray } from "ndarray";
import { contiguous } from "./array.ts";
import { InputError } from "./errors.ts";

/** Rows from `from` to `to`, without `to` itself. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Consecutive samples: `data` is [rows, ...shape], and its first row is sample `first` of the data set. */
export interface Batch {
  readonly first: number;
  readonly data: NdArray<Float32Array>;
}

/** How large a data set is where it is kept. */
export interface StoredSize {
  /** Bytes of all samples as their source holds them unpacked: 1 a number for 8-bit pixels. A number of text counts 4, as float32. */
  readonly raw: number;
  /** Bytes on disk, packed where the files are; absent if the samples come from no file. */
  readonly files?: number;
}

/** A data set that can be read in order, any number of times. The memory for this does not grow with its size. */
export interface Dataset {
  /** Its name in messages and reports. */
  readonly name: string;
  /** Number of samples. */
  readonly count: number;
  /** Shape of one sample, without the leading batch axis. */
  readonly shape: readonly number[];
  /** The samples of `range` (default all) in order, in batches of `size`; the last one may be smaller. NaN and Inf are refused. */
  batches(size: number, range?: Range): AsyncIterable<Batch>;
  /** `rows` samples from all over `range`, or as many as it holds; drawn, so one may come twice. Sets of patches have it, others' first ones are taken for typical. */
  typical?(rows: number, range: Range, signal?: AbortSignal): Promise<NdArray<Float32Array>>;
  /** One label per sample, if the data set has labels. */
  labels?(): Promise<Uint8Array>;
  /** Names of the labels 0, 1, …, if they are known. */
  readonly labelNames?: readonly string[];
  /** How large it is where it is kept; absent if it is kept nowhere, as numbers in memory or drawn ones. */
  stored?(): Promise<StoredSize>;
}

/** The samples from `from` to `to`, without `to` itself, as one array [to - from, ...shape]: for pilots, tests and figures. */
export async function readRows(dataset: Dataset, from: number, to: number): Promise<NdArray<Float32Array>> {
  const { from: first, to: last } = checkedRange(dataset.name, dataset.count, { from, to });
  for await (const { data } of dataset.batches(Math.max(1, last - first), { from: first, to: last })) return data;
  return ndarray(new Float32Array(0), [0, ...dataset.shape]);
}

/** The first `count` samples of a data set, as one of its own under the same name. */
export const firstRows = (dataset: Dataset, count: number): Dataset => ({
  ...dataset,
  count,
  batches: (size, range) => dataset.batches(size, checkedRange(dataset.name, count, range)),
  ...(dataset.labels && { labels: async () => (await dataset.labels!()).subarray(0, count) }),
});

/** The range with every bound checked against the data set; the default is everything. */
export function checkedRange(name: string, count: number, range?: Range): Range {
  const { from, to } = range ?? { from: 0, to: count };
  const whole = Number.isInteger(from) && Number.isInteger(to);
  if (whole && 0 <= from && from <= to && to <= count) return { from, to };
  throw new InputError(`${name}: rows ${from} to ${to} were asked for, but it has rows 0 to ${count}`);
}

/** A data set in memory, [count, ...shape]: for tests, and for generated samples. */
export function arrayDataset(name: string, array: NdArray<Float32Array>, labels?: Uint8Array): Dataset {
  const [count = 0, ...shape] = array.shape;
  if (count === 0) throw new InputError(`${name}: holds no samples`);
  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, count, range);
    requireSize(name, size);
    for (let first = from; first < to; first += size) {
      const rows = Math.min(size, to - first);
      const data = contiguous(array.lo(first).hi(rows)) as Float32Array;
      requireFinite(name, data, first, rows);
      yield { first, data: ndarray(data, [rows, ...shape]) };
    }
  }
  return { name, count, shape, batches, ...(labels ? { labels: async () => labels } : {}) };
}

export function requireSize(name: string, size: number): void {
  if (!(Number.isInteger(size) && size > 0)) {
    throw new RangeError(`${name}: batches: size must be a positive integer, got ${size}`);
  }
}

/** Refuses NaN and Inf; the message names the row. One such number would make every sum over the data NaN. */
export function requireFinite(name: string, data: Float32Array, first: number, rows: number): void {
  if (areFinite(data)) return;
  const bad = data.findIndex((value) => !Number.isFinite(value));
  const width = data.length / rows;
  throw new InputError(
    `${name}: row ${first + Math.floor(bad / width)} holds ${data[bad]} (number ${bad % width} of the row); ` +
      "remove or repair such rows",
  );
}

/** The bits of a float32 number's exponent. They are all ones of NaN and Inf alone. */
const EXPONENT = 0x7f800000;
/** The last of these bits. Added to all ones it carries into the bit of the sign. */
const CARRY = 0x00800000;

/** Whether no number is NaN or Inf, by integers: four times as fast as sums of differences. */
function areFinite(data: Float32Array): boolean {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  let [any, i] = [0, 0];
  for (; i + 4 <= bits.length; i += 4) {
    any |=
      ((bits[i]! & EXPONENT) + CARRY) |
      ((bits[i + 1]! & EXPONENT) + CARRY) |
      ((bits[i + 2]! & EXPONENT) + CARRY) |
      ((bits[i + 3]! & EXPONENT) + CARRY);
  }
  for (; i < bits.length; i++) any |= (bits[i]! & EXPONENT) + CARRY;
  return any >= 0;
}
