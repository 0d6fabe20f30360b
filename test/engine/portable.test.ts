import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundled } from "./bundled.ts";

const test = suite("the engine without Node");

test("only its binding needs Node", async () => {
  const { outputFiles } = await bundled(
    'export * from "./src/engine/index.ts"; export * from "./src/engine/iterate.ts"; export * from "./src/engine/adam.ts";',
  );
  const hosts = outputFiles[0]!.text.match(/from ".*\/node\.ts"/g) ?? [];
  assert.ok(hosts.length > 0, "the binding was met");
});

test("a module of Node would be noticed", async () => {
  const failed = await bundled('import "./src/engine/doctor.ts";').then(() => "", String);
  assert.match(failed, /Could not resolve "node:/);
});

test.run();
