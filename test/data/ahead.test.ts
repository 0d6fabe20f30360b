import v8 from "node:v8";
import vm from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ahead } from "../../src/data/ahead.ts";

const test = suite("reading ahead");

/** Numbers from 0, and a note of what was made and when all ended. A number below 0 is thrown. */
function counted(numbers: readonly number[]) {
  const notes: string[] = [];
  async function* make(): AsyncGenerator<number> {
    try {
      for (const n of numbers) {
        notes.push(`made ${n}`);
        if (n < 0) throw new Error(`failed at ${n}`);
        yield n;
      }
    } finally {
      notes.push("ended");
    }
  }
  return { values: make(), notes };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("the next value is made while one is used, and no other", async () => {
  const { values, notes } = counted([0, 1, 2, 3]);
  const seen: number[] = [];
  for await (const n of ahead(values)) {
    await turn();
    assert.is(notes.at(-1), n < 3 ? `made ${n + 1}` : "ended");
    seen.push(n);
  }
  assert.equal(seen, [0, 1, 2, 3]);
});

test("on an abort no more come, and one that is being made is not waited for", async () => {
  const stop = new AbortController();
  async function* values(): AsyncGenerator<number> {
    yield 0;
    yield 1;
    await new Promise(() => {}); // never made
  }
  const seen: number[] = [];
  for await (const n of ahead(values(), stop.signal)) {
    seen.push(n);
    if (n === 1) setImmediate(() => stop.abort());
  }
  assert.equal(seen, [0, 1]);
});

test("an error comes in its place, after the values before it", async () => {
  const { values } = counted([0, 1, -2, 3]);
  const seen: number[] = [];
  try {
    for await (const n of ahead(values)) {
      await turn(); // it has failed by now
      seen.push(n);
    }
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, "failed at -2");
  }
  assert.equal(seen, [0, 1]);
});

test("leaving early ends the generator, also where the next value fails", async () => {
  for (const numbers of [
    [0, 1, 2],
    [0, -1],
  ]) {
    const { values, notes } = counted(numbers);
    for await (const n of ahead(values)) if (n === 0) break;
    assert.is(notes.at(-1), "ended");
  }
});

test("a value that was used is kept no longer", async () => {
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  async function* values() {
    for (let i = 0; i < 20; i++) yield { of: i };
  }
  const seen: WeakRef<object>[] = [];
  let kept = 0;
  for await (const value of ahead(values(), new AbortController().signal)) {
    seen.push(new WeakRef(value));
    await turn(); // a WeakRef holds its value until the turn ends
    collect();
    kept = seen.filter((one) => one.deref()).length;
  }
  assert.ok(kept <= 3, `${kept} of 20 values are kept`); // the last ones may be on the stack
});

test.run();
