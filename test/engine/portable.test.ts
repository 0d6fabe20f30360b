import path from "node:path";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("the engine without Node");
const root = path.resolve(import.meta.dirname, "../..");

/** Bundled for a browser, where a module of Node is an error; the host's binding is left out. */
const bundled = (contents: string) =>
  build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    ...{ bundle: true, write: false, platform: "browser", format: "esm", logLevel: "silent" },
    external: ["onnxruntime-node"],
    plugins: [
      {
        name: "host binding",
        setup: ({ onResolve }) => onResolve({ filter: /\/node\.ts$/ }, ({ path }) => ({ path, external: true })),
      },
    ],
  });

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
