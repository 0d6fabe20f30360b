/** How an iteration ended. Ending early is a result, not an exception. `max-time`: after `maxSeconds`. */
export type EndCode = "converged" | "max-steps" | "max-time" | "non-finite" | "cancelled";

export interface StepReport<State> {
  readonly state: State;
  /** The value that is minimised; what progress shows and history keeps. */
  readonly objective: number;
  /** Relative change that falls to 0 as the iteration settles; compared with the tolerance. */
  readonly change: number;
  /** Of a call that made several steps: the objectives of those before the last, all finite. */
  readonly earlier?: readonly number[];
}

export interface Progress {
  /** The name of the present part, if a run has several parts that each count steps from 0. */
  readonly task?: string;
  readonly step: number;
  readonly maxSteps: number;
  /** The value that is minimised; NaN if nothing is. If it settles, a run may end before its most steps. */
  readonly objective: number;
}

export interface IterateOptions<State> {
  readonly state: State;
  /** One step, or several (`earlier`). `index` counts from 0; random draws of the step are seeded by it. */
  readonly step: (state: State, index: number) => Promise<StepReport<State>>;
  readonly maxSteps: number;
  /** Ends as `max-time` after the first step that is done later than this; default never. */
  readonly maxSeconds?: number;
  /** Stops as `converged` once `change` is at or below this; default 0 (never before maxSteps unless nothing moves). */
  readonly tolerance?: number;
  /** For a resumed run: the objectives of the steps already done; default none. */
  readonly history?: readonly number[];
  /** Awaited after every call of `step` except the last: the place for checkpoints. */
  readonly afterStep?: (reached: Reached<State>) => Promise<void>;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Reached<State> {
  readonly state: State;
  /** The objective after every step, including the steps before a run was resumed. */
  readonly history: readonly number[];
}

export interface Iterated<State> extends Reached<State> {
  /** The last state; after `non-finite`, the last one before the objective became non-finite. */
  readonly state: State;
  readonly code: EndCode;
  readonly steps: number;
}

/** The one loop of every solver and of training: counts, stops, keeps history, reports, guards against non-finite values. */
export async function iterate<State>(options: IterateOptions<State>): Promise<Iterated<State>> {
  const { maxSteps, maxSeconds = Number.POSITIVE_INFINITY, tolerance = 0 } = options;
  const history = [...(options.history ?? [])];
  const start = history.length;
  if (!(Number.isInteger(maxSteps) && maxSteps >= start)) {
    throw new RangeError(`iterate: maxSteps: expected an integer of at least ${start}, got ${maxSteps}`);
  }
  const deadline = performance.now() + 1000 * maxSeconds;
  let { state } = options;
  let previous = state;
  const end = (code: EndCode, last = state): Iterated<State> => ({
    state: last,
    code,
    steps: history.length,
    history,
  });
  while (history.length < maxSteps) {
    if (options.signal?.aborted) return end("cancelled");
    const report = await options.step(state, history.length);
    // The objective belongs to the state before or after the step. The state before is good in both cases.
    if (!Number.isFinite(report.objective)) return end("non-finite", previous);
    previous = state;
    state = report.state;
    for (const objective of [...(report.earlier ?? []), report.objective]) {
      history.push(objective);
      options.onProgress?.({ step: history.length, maxSteps, objective });
    }
    if (report.change <= tolerance) return end("converged");
    if (performance.now() >= deadline) return end("max-time");
    if (history.length < maxSteps) await options.afterStep?.({ state, history });
  }
  return end("max-steps");
}
