import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pauses } from "../../src/engine/events.ts";

const test = suite("events");

test("a computation that pauses hears of an interruption, and ends with its reason", async () => {
  const controller = new AbortController();
  const pause = pauses(controller.signal);
  setTimeout(() => controller.abort(new Error("enough")));
  const compute = async () => {
    for (let i = 0; i < 3e7; i++) await pause(); // some seconds, were it not heard
  };
  await compute().then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, "enough"),
  );
});

test("an abort is heard at the next pause, however soon", async () => {
  const controller = new AbortController();
  const pause = pauses(controller.signal);
  await pause();
  controller.abort(new Error("enough"));
  await pause().then(
    () => assert.unreachable(),
    (error) => assert.is(error.message, "enough"),
  );
});

test.run();
