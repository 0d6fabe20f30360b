import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("demo");
const root = path.resolve(import.meta.dirname, "../..");

const demo = (...args: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "scripts/demo.ts", ...args], { cwd: root, encoding: "utf8" });

test("the whole chain runs at toy size: every operator, every method, a report and a prior", () => {
  const out = mkdtempSync(path.join(os.tmpdir(), "sketchprior-demo-"));
  try {
    const small = ["--limit", "2", "--tune-count", "2", "--sketch-size", "30000", "--steps", "2"];
    const { status, stdout, stderr } = demo(...small, "--json", "--out", out);
    assert.is(status, 0, stderr);
    const { rows, methods } = JSON.parse(stdout) as { rows: { mse: number; operator: string }[]; methods: string[] };
    assert.equal(methods, ["mixture", "generator", "gaussian", "tikhonov", "tv", "wavelet"]);
    assert.is(rows.length, 5 * 6);
    assert.ok(rows.every((row) => row.mse > 0 && row.mse < 1));
    assert.match(readFileSync(path.join(out, "index.html"), "utf8"), /<img[^>]*data:image\/png/);
    for (const file of ["report.json", "report.csv", "sketch.npz", "mixture/prior.json", "generator/generator.onnx"]) {
      assert.ok(existsSync(path.join(out, file)), file);
    }
  } finally {
    rmSync(out, { recursive: true });
  }
});

test("a wrong option ends in one line", () => {
  const { status, stdout, stderr } = demo("--limit", "0");
  assert.is(status, 1);
  assert.is(stdout, "");
  assert.match(stderr, /^error: --limit.*got 0\n$/);
});

test.run();
