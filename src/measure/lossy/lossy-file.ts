import type { NdArray } from "ndarray";
import { contiguous, fromHost, type HostArray, sameShape, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { sha256 } from "../../data/hash.ts";
import { member, type Npz } from "../../data/npz.ts";
import { readNpz } from "../../data/npz-file.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize } from "../../data/rows.ts";
import type { LossyData } from "./lossy-data.ts";

/**
 * Lossy measurements of one's own, from an .npz file:
 *
 * - `y` [N, ...shape] and `mask`, of y's shape or of one sample's: pixels are seen where it is not 0;
 * - `y` [N, ...shape] alone: pixels of NaN are missing; without any, all are seen;
 * - `y` [N, m] and `operator` [m, n]: one Φ for all; `operators` [N, m, n]: one for each;
 * - `labels` [N], where they are known; `shape`, that of x, beside operators (default [n]).
 *
 * `through` says the kind of Φ, of one for all its digest, and not the file: parts in files of other names merge. `sigma` is the standard deviation of the noise, 0 by default. Errors (InputError): members that are missing or do not fit each other, numbers that are
 * not finite, masks under which nothing is ever seen.
 */
export async function openLossy(file: string, sigma = 0): Promise<LossyData> {
  const npz = await readNpz(file);
  const y = floats(npz, "y", file);
  const [count = 0, ...own] = y.shape;
  if (count === 0 || own.length === 0) {
    throw new InputError(`${file}: y: expected measurements [samples, …], got shape [${y.shape}]`);
  }
  const name = file.replace(/.*[\\/]/, "");
  const labels = "labels" in npz.arrays && labelsIn(npz, count, file);
  const rows = (shape: readonly number[], row: (at: number) => Float32Array) =>
    rowsOf(name, count, shape, row, labels || undefined);
  const width = sizeOf(own);
  const sample = (at: number) => y.data.subarray(at * width, (at + 1) * width);

  for (const name of ["operator", "operators"] as const) {
    if (!(name in npz.arrays)) continue;
    if ("mask" in npz.arrays) throw new InputError(`${file}: has a mask and ${name}; give one of the two`);
    const phi = floats(npz, name, file);
    requireAllFinite(phi, name, file);
    const expected = name === "operator" ? [width] : [count, width];
    const n = phi.shape.at(-1)!;
    if (own.length !== 1 || !sameShape(phi.shape.slice(0, -1), expected)) {
      throw new InputError(`${file}: ${name}: expected [${expected}, n] for y of [${y.shape}], got [${phi.shape}]`);
    }
    const signal = signalIn(npz, n, file);
    if (name === "operator") {
      requireAllFinite(y, "y", file);
      const through = `matrix ${(await sha256([phi.data])).slice(0, 12)}`;
      return { sigma, through, form: "fixed", signal, dataset: rows(own, sample), matrix: phi };
    }
    const row = (at: number) => {
      const out = new Float32Array(width * (n + 1));
      for (let q = 0; q < width; q++) {
        const from = (at * width + q) * n;
        out.set(phi.data.subarray(from, from + n), q * (n + 1));
        out[q * (n + 1) + n] = y.data[at * width + q]!;
      }
      return out;
    };
    return { sigma, through: "matrix", form: "own", signal, dataset: rows([width, n + 1], row) };
  }
  const mask = "mask" in npz.arrays ? floats(npz, "mask", file) : undefined;
  if (mask && !sameShape(mask.shape, y.shape) && !sameShape(mask.shape, own)) {
    throw new InputError(`${file}: mask: expected [${y.shape}], as y, or [${own}], as one sample, got [${mask.shape}]`);
  }
  const seen = (at: number) =>
    mask ? mask.data[mask.data.length === width ? at % width : at] !== 0 : !Number.isNaN(y.data[at]);
  let missing = 0;
  for (let at = 0; at < y.data.length; at++) {
    if (!seen(at)) missing++;
    else if (!Number.isFinite(y.data[at])) {
      throw new InputError(
        `${file}: y: row ${Math.floor(at / width)} holds ${y.data[at]} where its mask says that it is seen`,
      );
    }
  }
  if (missing === y.data.length)
    throw new InputError(`${file}: every pixel of every sample is missing, there is nothing to learn`);
  if (missing === 0) return { sigma, through: "identity", form: "fixed", signal: own, dataset: rows(own, sample) };
  const row = (at: number) => sample(at).map((v, i) => (seen(at * width + i) ? v : Number.NaN));
  return { sigma, through: "mask", form: "masked", signal: own, dataset: rows(own, row) };
}

/** The shape of x beside operators. Errors (InputError): one of another number of numbers. */
function signalIn(npz: Npz<unknown>, n: number, file: string): readonly number[] {
  if (!("shape" in npz.arrays)) return [n];
  const shape = [...member(npz, "shape", file).data];
  if (shape.every((v) => Number.isInteger(v) && v > 0) && sizeOf(shape) === n) return shape;
  throw new InputError(`${file}: shape: expected that of a signal of ${n} numbers, got [${shape}]`);
}

function floats(npz: Npz<unknown>, name: string, file: string): NdArray<Float32Array> {
  const array = member(npz, name, file);
  return fromHost(Float32Array.from(contiguous(array as HostArray)), array.shape);
}

function requireAllFinite({ data, shape }: NdArray<Float32Array>, name: string, file: string): void {
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return;
  const width = data.length / shape[0]!;
  throw new InputError(`${file}: ${name}: row ${Math.floor(bad / width)} holds ${data[bad]}; expected finite numbers`);
}

function labelsIn(npz: Npz<unknown>, count: number, file: string): Uint8Array {
  const { data, shape } = member(npz, "labels", file);
  if (!sameShape(shape, [count])) throw new InputError(`${file}: labels: expected [${count}], got [${shape}]`);
  if (data.every((v) => Number.isInteger(v) && v >= 0 && v <= 255)) return Uint8Array.from(data);
  throw new InputError(`${file}: labels: expected integers from 0 to 255`);
}

function rowsOf(
  name: string,
  count: number,
  shape: readonly number[],
  row: (at: number) => Float32Array,
  labels?: Uint8Array,
): Dataset {
  const width = sizeOf(shape);
  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, count, range);
    requireSize(name, size);
    for (let first = from; first < to; first += size) {
      const rows = Math.min(size, to - first);
      const data = new Float32Array(rows * width);
      for (let i = 0; i < rows; i++) data.set(row(first + i), i * width);
      yield { first, data: fromHost(data, [rows, ...shape]) };
    }
  }
  return { name, count, shape, batches, ...(labels && { labels: async () => labels }) };
}
