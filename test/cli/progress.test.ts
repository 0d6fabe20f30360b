import { Writable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe, duration, openProgress } from "../../src/cli/progress.ts";

const test = suite("progress");

function stream(isTTY: boolean) {
  let text = "";
  const writable = new Writable({
    write: (chunk, _, done) => {
      text += chunk;
      done();
    },
  });
  const terminal = { isTTY, columns: 120, cursorTo: () => {}, clearLine: () => {}, moveCursor: () => {} };
  return { stream: Object.assign(writable, terminal) as unknown as NodeJS.WriteStream, text: () => text };
}

test("rate, objective and time left", () => {
  assert.equal(describe({ step: 50, maxSteps: 200, objective: 0.012345 }, 5), [
    "5.0/s",
    "objective 0.01235",
    "at most 30 s left", // it may settle before
  ]);
  assert.equal(describe({ step: 500, maxSteps: 1000, objective: Number.NaN }, 500), ["500/s", "1 s left"]);
  assert.equal(describe({ step: 0, maxSteps: 9, objective: Number.NaN }, undefined), []);
});

test("durations in the units that fit", () => {
  assert.equal(
    [duration(0), duration(59.2), duration(200), duration(7500)],
    ["0 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"],
  );
});

test("where stderr is no terminal: nothing in the first ten seconds, then a line every ten", () => {
  const { stream: out, text } = stream(false);
  let now = 0;
  const display = openProgress("train", out, () => now);
  for (let step = 1; step <= 25; step++) {
    now = step * 1000;
    display.update({ step, maxSteps: 100, objective: 0.5 });
  }
  display.stop();
  assert.is(
    text(),
    "train: 10 of 100, 1.0/s, objective 0.5000, at most 1 min 30 s left\n" +
      "train: 20 of 100, 1.0/s, objective 0.5000, at most 1 min 20 s left\n",
  );
});

test("the rate leaves out what came before the first report, steps of a run that is resumed, other tasks and earlier passes", () => {
  const { stream: out, text } = stream(false);
  let now = 0;
  const display = openProgress("recover", out, () => now);
  const report = (seconds: number, step: number, task?: string) => {
    now = seconds * 1000;
    display.update({ step, maxSteps: 100, objective: Number.NaN, ...(task && { task }) });
  };
  report(5, 0, "choosing λ");
  report(50, 90, "choosing λ"); // 2 a second
  report(59, 60); // 60 were done before, and took nothing of these 59 s
  report(71, 66); // 6 in 12 s
  report(80, 60); // begun anew, where it had begun before
  report(92, 72); // 12 in 12 s
  assert.is(
    text(),
    "recover, choosing λ: 90 of 100, 2.0/s, 5 s left\nrecover: 66 of 100, 0.50/s, 1 min 8 s left\n" +
      "recover: 72 of 100, 1.0/s, 28 s left\n",
  );
});

test("on a terminal: a bar with label, count and details", () => {
  const { stream: out, text } = stream(true);
  const display = openProgress("recover", out);
  display.update({ step: 2, maxSteps: 10, objective: 3 });
  for (const from = performance.now(); performance.now() < from + 150; ); // the bar is drawn 8 times a second
  display.update({ step: 3, maxSteps: 10, objective: 2 });
  display.stop();
  assert.match(text(), /recover .*2\/10 objective 3\.000/);
  assert.match(text(), /recover .*3\/10 .*\/s, objective 2\.000, at most .* left/);
});

test.run();
