import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { measuredIdentity, methodIdentity } from "../../src/cli/identities.ts";
import { configureEngine } from "../../src/engine/index.ts";
import { scratch } from "./spawn.ts";

const test = suite("identities of results");
process.chdir(scratch());
for (const name of ["apart.onnx", "apart.onnx.data"]) {
  copyFileSync(path.join(import.meta.dirname, "../fixtures/onnx", name), name);
}
for (const file of ["p.js", "q.mjs", "X.npz", "mean.npz", "A.npy", "noise.npy"]) writeFileSync(file, "first");
mkdirSync("prior");
writeFileSync("prior/prior.json", "first");

const method = (spec: string, centre?: string) =>
  methodIdentity({ spec, seed: 1, automatic: false, centre, tuning: undefined });

test("a method is another one when a file that its spec names changes, whatever kind of file it is", async () => {
  const cases: [spec: string, file: string][] = [
    ["onnx:apart.onnx", "apart.onnx.data"],
    ["onnx:apart.onnx:solver=csgm,steps=9", "apart.onnx.data"],
    ["./p.js", "p.js"],
    ["tv+./p.js:weight=2", "p.js"],
    ["./p.js+tv + ./q.mjs:weight=1e+3,solver=fista,steps=5", "q.mjs"],
    ["gaussian:X.npz", "X.npz"],
    ["mean:X.npz", "X.npz"],
    ["prior", "prior/prior.json"],
    ["prior:solver=csgm", "prior/prior.json"],
  ];
  for (const [spec, file] of cases) {
    const before = await method(spec);
    assert.is(await method(spec), before, spec);
    appendFileSync(file, " ");
    assert.is.not(await method(spec), before, spec);
  }
  const before = await method("tv", "mean.npz");
  appendFileSync("mean.npz", " ");
  assert.is.not(await method("tv", "mean.npz"), before);
});

test("so are measurements", async () => {
  const cases: [operator: string, noise: string, file: string][] = [
    ["stack(matrix:file=A.npy; blur)", "0", "A.npy"],
    ["0.5*./p.js*blur", "0", "p.js"],
    ["blur", "gaussian:sigmas=noise.npy", "noise.npy"],
  ];
  for (const [operator, noise, file] of cases) {
    const before = await measuredIdentity({ operator, noise }, 1, 1);
    assert.is(await measuredIdentity({ operator, noise }, 1, 1), before, operator);
    appendFileSync(file, " ");
    assert.is.not(await measuredIdentity({ operator, noise }, 1, 1), before, operator);
  }
});

test("what another engine or device computed is not taken", async () => {
  const found = [await method("tv")];
  for (const settings of [{ engine: "tfjs" }, { engine: "onnx", device: "webgpu" }] as const) {
    configureEngine(settings);
    found.push(await method("tv"));
  }
  configureEngine({ engine: "onnx", device: "cpu" });
  assert.is(new Set(found).size, 3);
});

test("a network that cannot be read, and a sum with an empty part, are said as when they are opened", async () => {
  const refusal = (spec: string) =>
    method(spec).then(
      () => "none",
      (error: Error) => `${error.name}: ${error.message}`,
    );
  assert.match(await refusal("onnx:"), /^InputError: onnx: expected a file/);
  assert.match(await refusal("onnx:none.onnx"), /^InputError: none\.onnx: no such file/);
  assert.match(await refusal("tv+"), /^InputError: penalty: expected name:key=value/);
});

test.run();
