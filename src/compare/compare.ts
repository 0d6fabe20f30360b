import type { NdArray } from "ndarray";
import type { Problem } from "../solve/index.ts";
import { solveCell } from "./cell.ts";
import { type CellStore, cellKey } from "./cell-file.ts";
import { holm } from "./holm.ts";
import { type MeasuredPicture, measuredPicture } from "./measured-picture.ts";
import type { Method } from "./method.ts";
import { type ComparisonRow, rowOf, type Setting } from "./row.ts";

/** Pictures of one problem: the measurement as an image, if it can be one, and every method's estimate. Of several draws, the first. */
export interface ComparisonCase extends MeasuredPicture, Setting {
  /** By method name. */
  readonly estimates: Readonly<Record<string, NdArray<Float32Array>>>;
  /** Standard deviations of the posteriors, by the names of the methods that know them. */
  readonly deviations: Readonly<Record<string, NdArray<Float32Array>>>;
}

export interface ComparisonTable {
  readonly methods: readonly string[];
  readonly rows: readonly ComparisonRow[];
  readonly truth: NdArray<Float32Array>;
  readonly cases: readonly ComparisonCase[];
  /** The representation errors of generators, of every signal, by method name (`representationErrors`); where they were asked for. */
  readonly representation?: Readonly<Record<string, readonly number[]>>;
  /** How many rows were taken from an earlier comparison. */
  readonly reused: number;
}

export interface CompareOptions {
  /** [batch, ...shape] */
  readonly truth: NdArray<Float32Array>;
  /** The problems to solve. Every method gets the same Φ, y and range. Several draws of one Φ and its noise are a list. */
  readonly problems: readonly (Problem | readonly Problem[])[];
  /** The methods; all others are compared with the first. */
  readonly methods: readonly Method[];
  /** Seeds the confidence intervals; default 1. */
  readonly seed?: number;
  readonly onStart?: (method: string, operator: string) => void;
  /** Called for every finished cell, before Holm's correction, and told whether the cell was finished before. */
  readonly onRow?: (row: ComparisonRow, reused: boolean) => void;
  /**
   * Where finished cells are kept, and for each problem all that its measurements follow from besides the truth: operator, noise, seeds.
   * Default: nowhere.
   */
  readonly cells?: { readonly store: CellStore; readonly measured: readonly string[] };
  readonly signal?: AbortSignal;
}

/**
 * Runs every method on every draw of every problem and summarises the errors. A finished cell, one method on one problem, is kept in
 * `cells` at once, and taken from there if it was finished before. If the signal aborts, its reason is thrown.
 */
export async function compare(options: CompareOptions): Promise<ComparisonTable> {
  const { truth, methods, seed = 1 } = options;
  const problems = options.problems.map((given) => ("operator" in given ? [given] : given));
  requireDifferent(methods, problems);
  const rows: ComparisonRow[] = [];
  const cases: ComparisonCase[] = [];
  let reused = 0;
  for (const [i, draws] of problems.entries()) {
    const { operator, y, noise, range } = draws[0]!;
    const setting = {
      ...{ operator: operator.name, m: y.size / y.shape[0]! },
      ...{ noise: noise.sigma, noiseName: noise.name, noiseSpec: noise.asked ?? noise.spec },
    };
    const estimates: Record<string, NdArray<Float32Array>> = {};
    const deviations: Record<string, NdArray<Float32Array>> = {};
    let reference: readonly number[] | undefined;
    for (const method of methods) {
      options.onStart?.(method.name, operator.name);
      const key = options.cells && (await cellKey(truth, options.cells.measured[i]!, range, method));
      const name = `${operator.name} ${method.name}`;
      const known = key === undefined ? undefined : await options.cells!.store.load(name, key);
      const cell = known ?? (await solveCell(truth, draws, method, options.signal));
      if (known) reused++;
      else if (key !== undefined) await options.cells!.store.save(name, key, cell);
      const row = rowOf(setting, method.name, cell, { seed, reference });
      reference ??= row.errors;
      estimates[method.name] = cell.estimate;
      if (cell.deviation) deviations[method.name] = cell.deviation;
      rows.push(row);
      options.onRow?.(row, known !== undefined);
    }
    cases.push({ ...setting, ...(await measuredPicture(operator, y)), estimates, deviations });
  }
  return { methods: methods.map(({ name }) => name), rows: withHolm(rows), truth, cases, reused };
}

/** Errors (RangeError): two methods of one name, one problem given twice. */
function requireDifferent(methods: readonly Method[], problems: readonly (readonly Problem[])[]): void {
  const twice = (names: readonly string[]) => names.find((name, i) => names.indexOf(name) !== i);
  const name = twice(methods.map((method) => method.name));
  if (name !== undefined) throw new RangeError(`compare: expected methods of different names, got "${name}" twice`);
  const setting = twice(problems.map(([first]) => `"${first!.operator.name}" with ${first!.noise.name}`));
  if (setting !== undefined) throw new RangeError(`compare: expected different problems, got ${setting} twice`);
}

/** The rows with Holm's correction for all the tests of the table. */
function withHolm(rows: readonly ComparisonRow[]): ComparisonRow[] {
  const tested = rows.filter((row) => row.wilcoxon !== undefined);
  const adjusted = holm(tested.map((row) => row.wilcoxon!));
  return rows.map((row) => (row.wilcoxon === undefined ? row : { ...row, holm: adjusted[tested.indexOf(row)]! }));
}
