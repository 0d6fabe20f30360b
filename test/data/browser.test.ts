import path from "node:path";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundled } from "../engine/bundled.ts";

const test = suite("data without Node");

/** What code above the files stands on: a browser can run all of it. */
const pure = ["npz", "npy", "zip", "random", "linalg", "cholesky", "matmul", "rows", "synthetic", "range", "nearest"];

test("codecs, random streams and linear algebra bundle for the browser: nothing in them needs Node", async () => {
  const root = path.resolve(import.meta.dirname, "../../src/data");
  const { outputFiles } = await build({
    entryPoints: pure.map((name) => path.join(root, `${name}.ts`)),
    ...{ bundle: true, platform: "browser", format: "esm", write: false, outdir: "out", logLevel: "silent" },
  });
  assert.is(outputFiles.length, pure.length);
});

for (const entry of ["src/sketch/index.ts", "priors/learned.ts", "src/solve/index.ts"]) {
  test(`${entry} bundles for the browser: sketching, training and recovery need no files`, async () => {
    const { outputFiles } = await bundled(`export * from "./${entry}";`);
    assert.is(outputFiles.length, 1);
  });
}

test.run();
