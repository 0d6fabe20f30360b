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
  assert.equal(describe({ step: 50, maxSteps: 200, objective: 0.012345 }, 10), [
    "5.0/s",
    "objective 0.01235",
    "30 s left",
  ]);
  assert.equal(describe({ step: 500, maxSteps: 1000, objective: Number.NaN }, 1), ["500/s", "1 s left"]);
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
    "train: 10 of 100, 1.0/s, objective 0.5000, 1 min 30 s left\ntrain: 20 of 100, 1.0/s, objective 0.5000, 1 min 20 s left\n",
  );
});

test("on a terminal: a bar with label, count and details", () => {
  const { stream: out, text } = stream(true);
  const display = openProgress("recover", out);
  display.update({ step: 3, maxSteps: 10, objective: 2 });
  display.stop();
  assert.match(text(), /recover .*3\/10 .*\/s, objective 2\.000, .* left/);
});

test.run();
