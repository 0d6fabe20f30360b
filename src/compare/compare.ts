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
  const problems = problemsOf(options);
  const rows: ComparisonRow[] = [];
  const cases: ComparisonCase[] = [];
  let reused = 0;
  for (const [i, draws] of problems.entries()) {
    const { operator, y, noise } = draws[0]!;
    const setting = {
      ...{ operator: operator.name, m: y.size / y.shape[0]! },
      ...{ noise: noise.sigma, noiseName: noise.name, noiseSpec: noise.asked ?? noise.spec },
    };
    const estimates: Record<string, NdArray<Float32Array>> = {};
    const deviations: Record<string, NdArray<Float32Array>> = {};
    let reference: readonly number[] | undefined;
    for (const method of methods) {
      const { cell, known } = await finishedCell(options, draws, i, method);
      if (known) reused++;
      const row = rowOf(setting, method.name, cell, { seed, reference });
      reference ??= row.errors;
      estimates[method.name] = cell.estimate;
      if (cell.deviation) deviations[method.name] = cell.deviation;
      rows.push(row);
      options.onRow?.(row, known);
    }
    cases.push({ ...setting, ...(await measuredPicture(operator, y)), estimates, deviations });
  }
  return { methods: methods.map(({ name }) => name), rows: withHolm(rows), truth, cases, reused };
}

/** How many cells a comparison has. */
export const cellCount = ({ problems, methods }: Pick<CompareOptions, "problems" | "methods">): number =>
  problems.length * methods.length;

/**
 * Computes some of the cells alone, those from the number `from` to before `to`, problem by problem, and keeps them in `cells`: a share of a comparison, which
 * depends on nothing but these numbers. `onCell` is called for every one, and told whether it was finished before.
 */
export async function compareShare(
  options: CompareOptions,
  { from, to }: { readonly from: number; readonly to: number },
  onCell?: (name: string, reused: boolean) => void,
): Promise<void> {
  const problems = problemsOf(options);
  for (let at = from; at < to; at++) {
    const [i, j] = placesOf(options, at);
    const { known } = await finishedCell(options, problems[i]!, i, options.methods[j]!);
    onCell?.(cellTitle(problems[i]!, options.methods[j]!), known);
  }
}

/** What the cells are called that are not in `cells`. */
export async function missingCells(options: CompareOptions): Promise<string[]> {
  const problems = problemsOf(options);
  const missing: string[] = [];
  for (let at = 0; at < cellCount(options); at++) {
    const [i, j] = placesOf(options, at);
    const method = options.methods[j]!;
    const key = await keyOf(options, problems[i]!, i, method);
    const there = key !== undefined && (await options.cells!.store.has(cellName(problems[i]!, method), key));
    if (!there) missing.push(cellTitle(problems[i]!, method));
  }
  return missing;
}

/** The problem and the method of a cell. */
const placesOf = ({ methods }: CompareOptions, cell: number): readonly [problem: number, method: number] => [
  Math.floor(cell / methods.length),
  cell % methods.length,
];

const cellName = ([first]: readonly Problem[], { name }: Method): string => `${first!.operator.name} ${name}`;

const cellTitle = ([first]: readonly Problem[], { name }: Method): string =>
  `${first!.operator.name}, noise ${first!.noise.name}, ${name}`;

const keyOf = async ({ truth, cells }: CompareOptions, [first]: readonly Problem[], i: number, method: Method) =>
  cells && (await cellKey(truth, cells.measured[i]!, first!.range, method));

/** The cell of a method on problem i: what was finished before (`known`), or else computed, and kept at once. */
async function finishedCell(options: CompareOptions, draws: readonly Problem[], i: number, method: Method) {
  options.onStart?.(method.name, draws[0]!.operator.name);
  const key = await keyOf(options, draws, i, method);
  const name = cellName(draws, method);
  const known = key === undefined ? undefined : await options.cells!.store.load(name, key);
  const cell = known ?? (await solveCell(options.truth, draws, method, options.signal));
  if (!known && key !== undefined) await options.cells!.store.save(name, key, cell);
  return { cell, known: known !== undefined };
}

/** The draws of every problem. Errors (RangeError): two methods of one name, one problem given twice. */
function problemsOf({ problems: given, methods }: CompareOptions): (readonly Problem[])[] {
  const problems = given.map((one) => ("operator" in one ? [one] : one));
  requireDifferent(methods, problems);
  return problems;
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
