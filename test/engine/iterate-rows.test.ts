import type { NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHost } from "../../src/data/array.ts";
import { type IterateRowsOptions, iterateRows, type ReachedRows } from "../../src/engine/iterate-rows.ts";

const test = suite("iterate over rows");

type State = { x: NdArray<Float32Array>; t: NdArray<Float32Array> };
const state = (values: readonly number[]): State => ({
  x: fromHost(Float32Array.from(values.flatMap((v) => [v, 2 * v])), [values.length, 2]),
  t: fromHost(new Float32Array(values.length), [values.length]),
});

/** Halves every row, whose objective is its first number; a broken row is NaN after its third step. */
const halving =
  (broken: readonly boolean[]): IterateRowsOptions<State>["step"] =>
  async ({ x, t }, index) => {
    const rows = t.data.length;
    const next = x.data.map((v, i) => (broken[Math.floor(i / 2)] && index === 2 ? Number.NaN : v / 2));
    const objectives = Array.from({ length: rows }, (_, row) => next[2 * row]!);
    return {
      state: {
        x: fromHost(next, x.shape),
        t: fromHost(
          t.data.map((v) => v + 1),
          t.shape,
        ),
      },
      objectives,
      changes: objectives,
    };
  };

test("a row that is not finite stays as it was before, the others go on to their own ends", async () => {
  const step = halving([false, true, false]);
  const result = await iterateRows({ rows: 3, state: state([8, 64, 1024]), step, maxSteps: 6, tolerance: 1 });
  assert.equal(result.codes, ["converged", "non-finite", "max-steps"]);
  // 8 → 4 → 2 → 1; 64 → 32 and then a step whose objective fails after it; 1024 halved six times
  assert.equal([...result.state.x.data], [1, 2, 32, 64, 16, 32]);
  assert.equal([...result.state.t.data], [3, 1, 6]);
  assert.equal([...result.objectives], [1, 16, 16]);
  assert.equal([result.steps, result.history.length], [6, 6]);
  assert.is(result.history[5], 1 + 16 + 16);
});

test("what becomes of a row does not depend on its batch", async () => {
  const starts = [8, 3, 700];
  const all = await iterateRows({ rows: 3, state: state(starts), step: halving([]), maxSteps: 5, tolerance: 1 });
  for (const [row, start] of starts.entries()) {
    const one = await iterateRows({ rows: 1, state: state([start]), step: halving([]), maxSteps: 5, tolerance: 1 });
    assert.equal([...one.state.x.data], [...all.state.x.data.subarray(2 * row, 2 * row + 2)]);
    assert.is(one.codes[0], all.codes[row]);
  }
});

test("from any step it goes on to the same end, rows that had ended and the state before a failure included", async () => {
  const start = state([8, 64, 1024]);
  const options = { rows: 3, state: start, step: halving([false, true, false]), maxSteps: 6, tolerance: 1 };
  const reached: ReachedRows<State>[] = [];
  const save = async (now: ReachedRows<State>) => {
    const { codes, objectives, changes, history } = now; // which the loop goes on to change
    reached.push({
      ...now,
      ...{ codes: [...codes], objectives: objectives.slice(), changes: changes.slice(), history: [...history] },
    });
  };
  const whole = await iterateRows({ ...options, checkpoints: { seconds: 0, save } });
  assert.is(reached.length, 5); // after every step but the last
  for (const resume of reached) assert.equal(await iterateRows({ ...options, resume }), whole);
});

test("an abort is a checkpoint", async () => {
  const abort = new AbortController();
  let kept: ReachedRows<State> | undefined;
  const options = { rows: 1, state: state([1024]), maxSteps: 6, tolerance: 1 };
  const step: IterateRowsOptions<State>["step"] = async (given, index) => {
    if (index === 2) abort.abort();
    return halving([])(given, index);
  };
  const save = async (reached: ReachedRows<State>) => {
    kept = reached;
  };
  const stopped = await iterateRows({ ...options, step, signal: abort.signal, checkpoints: { seconds: 1e9, save } });
  assert.equal([stopped.codes, kept?.history.length], [["cancelled"], 3]);
  const resumed = await iterateRows({ ...options, step: halving([]), resume: kept });
  assert.equal(resumed, await iterateRows({ ...options, step: halving([]) }));
});

test("the loop ends when every row has, or is cancelled; a row that never was finite has no objective", async () => {
  const none = await iterateRows({
    ...{ rows: 2, state: state([Number.NaN, 2]), step: halving([]), maxSteps: 50, tolerance: 1 },
  });
  assert.equal([none.codes, none.steps], [["non-finite", "converged"], 1]);
  assert.ok(Number.isNaN(none.objectives[0]));
  const signal = AbortSignal.abort();
  const cancelled = await iterateRows({ rows: 1, state: state([2]), step: halving([]), maxSteps: 5, signal });
  assert.equal([cancelled.codes, cancelled.steps], [["cancelled"], 0]);
});

test.run();
