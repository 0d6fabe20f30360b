import type { LinearOperator } from "../../../operators/operator.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { stream } from "../../data/random.ts";
import { type Batch, type Dataset, type Range, requireSize } from "../../data/rows.ts";
import { pauses } from "../../engine/events.ts";
import type { LossyData } from "./lossy-data.ts";
import { drawnOperator, keptBy, operatorRows } from "./operator-rows.ts";

export interface ThroughOptions {
  /** Spec of a linear operator; default the identity. What it draws is drawn anew for every sample. */
  readonly through?: string;
  /** Standard deviation of the noise; default 0. */
  readonly sigma?: number;
  /** Seed of all draws; default 1. */
  readonly seed?: number;
}

/**
 * A data set seen through measurements only, y_i = Φ_i x_i + w_i, made on the fly. Φ_i and w_i are drawn by the number of the row in the whole
 * data set, so that parts of it are measured as the whole is.
 * Errors (InputError): a σ below 0, patches, an operator that is unknown or not linear, or of other signals.
 */
export async function measuredThrough(dataset: Dataset, options: ThroughOptions = {}): Promise<LossyData> {
  const { through = "identity", sigma = 0, seed = 1 } = options;
  if (!(sigma >= 0 && sigma < Number.POSITIVE_INFINITY)) {
    throw new InputError(`--noise: expected a standard deviation of at least 0, got ${sigma}`);
  }
  if (dataset.typical) throw new InputError("--through: patches cannot be measured; name the images themselves");
  const { shape } = dataset;
  const of = (row: number) => drawnOperator(through, shape, stream(seed, "through", row).integer(2 ** 32));
  const [first, second] = [await of(0), await of(1)];
  const common = { signal: shape, sigma, through };
  const noise = (y: Float32Array, row: number): Float32Array => {
    if (sigma === 0) return y;
    const random = stream(seed, "through noise", row);
    return y.map((v) => v + sigma * random.normal());
  };
  const n = sizeOf(shape);
  const rowsOf = (own: readonly number[], row: (x: Float32Array, at: number) => Promise<Float32Array>) =>
    mapped(dataset, own, through, row);

  const kept = keptBy(first);
  if (through === "identity") {
    return { ...common, form: "fixed", dataset: rowsOf(shape, async (x, at) => noise(x, at)) };
  }
  const isOne = await sameOperator(first, second);
  if (kept && !isOne) {
    const row = async (x: Float32Array, at: number) => {
      const places = keptBy(await of(at))!;
      const out = new Float32Array(n).fill(Number.NaN);
      const seen = noise(
        Float32Array.from(places, (p) => x[p]!),
        at,
      );
      for (const [i, p] of places.entries()) out[p] = seen[i]!;
      return out;
    };
    return { ...common, form: "masked", dataset: rowsOf(shape, row) };
  }
  const m = sizeOf(first.outShape);
  if (isOne) {
    const matrix = await operatorRows(first);
    const row = async (x: Float32Array, at: number) => noise(measuredBy(matrix, x, m), at);
    return { ...common, form: "fixed", dataset: rowsOf([m], row), matrix: fromHost(matrix, [m, n]) };
  }
  const row = async (x: Float32Array, at: number) => {
    const matrix = await operatorRows(await of(at));
    const y = noise(measuredBy(matrix, x, m), at);
    const out = new Float32Array(m * (n + 1));
    for (let q = 0; q < m; q++) {
      out.set(matrix.subarray(q * n, (q + 1) * n), q * (n + 1));
      out[q * (n + 1) + n] = y[q]!;
    }
    return out;
  };
  return { ...common, form: "own", dataset: rowsOf([m, n + 1], row) };
}

/** Φx [m]. */
function measuredBy(matrix: Float32Array, x: Float32Array, m: number): Float32Array {
  const n = x.length;
  return Float32Array.from({ length: m }, (_, q) => {
    let sum = 0;
    for (let i = 0, at = q * n; i < n; i++) sum += matrix[at++]! * x[i]!;
    return sum;
  });
}

/** Whether two draws of one spec are the same operator: then it draws nothing. */
async function sameOperator(a: LinearOperator, b: LinearOperator): Promise<boolean> {
  const [one, other] = [keptBy(a) ?? (await operatorRows(a)), keptBy(b) ?? (await operatorRows(b))];
  return one.length === other.length && one.every((v, i) => v === other[i]);
}

/** A data set with every row mapped to one of another shape. */
function mapped(
  dataset: Dataset,
  shape: readonly number[],
  through: string,
  row: (x: Float32Array, at: number) => Promise<Float32Array>,
): Dataset {
  const { count, labels, labelNames } = dataset;
  const [from, to] = [sizeOf(dataset.shape), sizeOf(shape)];
  const name = `${dataset.name} through ${through}`;
  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    requireSize(name, size);
    const pause = pauses();
    for await (const { first, data } of dataset.batches(size, range)) {
      const rows = data.shape[0]!;
      const numbers = contiguous(data) as Float32Array;
      const out = new Float32Array(rows * to);
      for (let i = 0; i < rows; i++) {
        await pause();
        out.set(await row(numbers.subarray(i * from, (i + 1) * from), first + i), i * to);
      }
      yield { first, data: fromHost(out, [rows, ...shape]) };
    }
  }
  return { name, count, shape, batches, ...(labels && { labels }), ...(labelNames && { labelNames }) };
}
