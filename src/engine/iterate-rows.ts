import type { NdArray } from "ndarray";
import { fromHost } from "../data/array.ts";
import { type EndCode, type IterateOptions, iterate, type Reached } from "./iterate.ts";

/** The state of a batch: arrays by name. Each holds equally long parts, one for each row, one after the other. */
export type RowState = { readonly [name: string]: NdArray<Float32Array> };

/** How a row ended: by the loop's own rules, or by one of a solver. */
export type RowCode = EndCode | "settled" | "discrepancy";

export interface RowsReport<State extends RowState> {
  readonly state: State;
  /** The value that is minimised, of every row. */
  readonly objectives: ArrayLike<number>;
  /** A measure for every row that falls to 0 as the row settles. It is compared with the tolerance. */
  readonly changes: ArrayLike<number>;
  /** Rows that end for another reason than the tolerance; default none. */
  readonly codes?: readonly (RowCode | undefined)[];
}

export interface IterateRowsOptions<State extends RowState>
  extends Pick<IterateOptions<unknown>, "maxSteps" | "maxSeconds" | "tolerance" | "onProgress" | "signal"> {
  readonly rows: number;
  readonly state: State;
  /** Where the loop goes on after an interruption; `history` is that of the steps before. Default: at the start. */
  readonly resume?: ReachedRows<State> | undefined;
  /** Awaited between two steps whenever so many seconds have passed, and on an abort: the place for checkpoints. */
  readonly checkpoints?: { readonly seconds: number; save(reached: ReachedRows<State>): Promise<void> } | undefined;
  /** One step of the whole batch. No row may depend on another. */
  readonly step: (state: State, index: number) => Promise<RowsReport<State>>;
}

/** How far the loop has come: all that the next steps depend on. The loop goes on to change what `save` gets; copy it, or write it at once. */
export interface ReachedRows<State extends RowState> {
  readonly state: State;
  /** The state before the last step. */
  readonly before: State;
  /** How every row ended, undefined for those that go on. */
  readonly codes: readonly (RowCode | undefined)[];
  readonly objectives: Float32Array;
  readonly changes: Float32Array;
  readonly history: readonly number[];
}

export interface IteratedRows<State extends RowState> {
  readonly state: State;
  /** How every row ended. */
  readonly codes: readonly RowCode[];
  /** The last finite objective of every row, NaN if there was none. `changes` are those of the same step. */
  readonly objectives: Float32Array;
  readonly changes: Float32Array;
  readonly steps: number;
  /** The sum of the rows' objectives after every step. */
  readonly history: readonly number[];
}

/**
 * `iterate` for a batch of independent rows. A converged row is frozen. A row whose objective becomes non-finite returns to its last good
 * state and is frozen there. So the result of a row does not depend on its batch.
 */
export async function iterateRows<State extends RowState>(
  options: IterateRowsOptions<State>,
): Promise<IteratedRows<State>> {
  const { rows, tolerance = 0, state: start, step, resume, checkpoints, ...loop } = options;
  const codes = [...(resume?.codes ?? new Array<RowCode | undefined>(rows).fill(undefined))];
  const objectives = resume?.objectives.slice() ?? new Float32Array(rows).fill(Number.NaN);
  const changes = resume?.changes.slice() ?? new Float32Array(rows).fill(Number.NaN);
  let saved = performance.now();
  const save = async ({ state: { now, before }, history }: Reached<{ now: State; before: State }>) => {
    await checkpoints?.save({ state: now, before, codes, objectives, changes, history });
    saved = performance.now();
  };
  const run = await iterate<{ now: State; before: State }>({
    ...loop,
    state: { now: resume?.state ?? start, before: resume?.before ?? start },
    ...(resume && { history: resume.history }),
    afterStep: async (reached) => {
      if (checkpoints && performance.now() - saved >= 1000 * checkpoints.seconds) await save(reached);
    },
    step: async ({ now, before }, index) => {
      const report = await step(now, index);
      const sources = codes.map((code, row) => {
        if (code) return now;
        const [objective, change] = [report.objectives[row]!, report.changes[row]!];
        if (!Number.isFinite(objective)) {
          codes[row] = "non-finite";
          return before; // the objective may belong to the state that the step began with
        }
        codes[row] = change <= tolerance ? "converged" : report.codes?.[row];
        [objectives[row], changes[row]] = [objective, change];
        return report.state;
      });
      return {
        state: { now: pickRows(report.state, sources), before: now },
        objective: objectives.reduce((sum, v) => sum + (Number.isNaN(v) ? 0 : v), 0),
        change: codes.every(Boolean) ? 0 : Number.POSITIVE_INFINITY,
      };
    },
  });
  const { state, code, steps, history } = run;
  if (code === "cancelled" && steps > 0) await save(run);
  const rest = code === "cancelled" || code === "max-time" ? code : "max-steps";
  return { state: state.now, codes: codes.map((c) => c ?? rest), objectives, changes, steps, history };
}

/** The state whose row i is that of `sources[i]`; `like` itself if all rows come from it. */
function pickRows<State extends RowState>(like: State, sources: readonly State[]): State {
  if (sources.every((source) => source === like)) return like;
  const picked = Object.entries(like).map(([name, { data, shape }]) => {
    const out = data.slice();
    const length = data.length / sources.length;
    for (const [row, source] of sources.entries()) {
      if (source === like) continue;
      out.set(source[name]!.data.subarray(row * length, (row + 1) * length), row * length);
    }
    return [name, fromHost(out, shape)];
  });
  return Object.fromEntries(picked) as State;
}
