/** How an iteration ended. Ending early is a result, not an exception. */
export type EndCode = "converged" | "max-steps" | "non-finite" | "cancelled";

export interface StepReport<State> {
  readonly state: State;
  /** The value that is minimised; what progress shows and history keeps. */
  readonly objective: number;
  /** Relative change that falls to 0 as the iteration settles; compared with the tolerance. */
  readonly change: number;
}

export interface Progress {
  /** What is being done, where a run has parts that count their steps from 0. */
  readonly task?: string;
  readonly step: number;
  readonly maxSteps: number;
  /** The value that is minimised, which may end a run before its most steps; NaN where nothing is. */
  readonly objective: number;
}

export interface IterateOptions<State> {
  readonly state: State;
  /** One step; `index` counts from 0 and seeds whatever the step draws. */
  readonly step: (state: State, index: number) => Promise<StepReport<State>>;
  readonly maxSteps: number;
  /** Stops as `converged` once `change` is at or below this; default 0 (never before maxSteps unless nothing moves). */
  readonly tolerance?: number;
  /** The objectives of the steps already done, which a resumed run goes on from; default none. */
  readonly history?: readonly number[];
  /** Awaited after every step that goes on to another one: the place for checkpoints. */
  readonly afterStep?: (reached: Reached<State>) => Promise<void>;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Reached<State> {
  readonly state: State;
  /** The objective after every step, those of a resumed run's past included. */
  readonly history: readonly number[];
}

export interface Iterated<State> extends Reached<State> {
  /** The last state; after `non-finite` the one before the objective failed. */
  readonly state: State;
  readonly code: EndCode;
  readonly steps: number;
}

/** The one loop of every solver and of training: counts, stops, keeps history, reports, guards against non-finite values. */
export async function iterate<State>(options: IterateOptions<State>): Promise<Iterated<State>> {
  const { maxSteps, tolerance = 0 } = options;
  const history = [...(options.history ?? [])];
  const start = history.length;
  if (!(Number.isInteger(maxSteps) && maxSteps >= start)) {
    throw new RangeError(`iterate: maxSteps: expected an integer of at least ${start}, got ${maxSteps}`);
  }
  let { state } = options;
  let previous = state;
  const end = (code: EndCode, last = state): Iterated<State> => ({
    state: last,
    code,
    steps: history.length,
    history,
  });
  for (let index = start; index < maxSteps; index++) {
    if (options.signal?.aborted) return end("cancelled");
    const report = await options.step(state, index);
    // An objective belongs to the state a step starts from or to the one it makes; the state before is good either way.
    if (!Number.isFinite(report.objective)) return end("non-finite", previous);
    previous = state;
    state = report.state;
    history.push(report.objective);
    options.onProgress?.({ step: index + 1, maxSteps, objective: report.objective });
    if (report.change <= tolerance) return end("converged");
    if (index + 1 < maxSteps) await options.afterStep?.({ state, history });
  }
  return end("max-steps");
}
