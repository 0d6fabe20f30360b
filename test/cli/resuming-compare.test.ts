import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/npy.ts";
import { uniformSignals } from "./signals.ts";
import { program, run, scratch } from "./spawn.ts";

const test = suite("compare --resume");
const folder = scratch();
process.chdir(folder);
writeFileSync("data.npy", encodeNpy(uniformSignals(20)));

const words =
  "compare data.npy --operator gaussian:m=9,18 --noise 0.1 --baselines tikhonov,dct --limit 2 --tune-count 0";
const cells = (out: string) => readdirSync(path.join(out, "cells")).sort();

/** The errors of a report's rows. */
function errors(out: string): number[][] {
  const { rows } = JSON.parse(readFileSync(path.join(out, "report.json"), "utf8"));
  return rows.map((row: { errors: number[] }) => row.errors);
}

/** Runs the command in a process of its own, which is killed after the first finished cell. */
const killed = (out: string) =>
  new Promise<string | null>((resolve) => {
    const child = spawn(process.execPath, [...program, ...words.split(" "), "-o", out], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.on("data", () => child.kill("SIGKILL"));
    child.on("close", (_, signal) => resolve(signal));
  });

test("what was finished before a kill is not computed again, and the numbers are those of a run that was not killed", async () => {
  assert.is(await killed("report"), "SIGKILL");
  const before = cells("report");
  assert.ok(before.length >= 1 && before.length < 4, `${before}`);
  const refused = await run(`${words} -o report`);
  assert.match(
    refused.stderr,
    /^error: report: is not empty; name another folder, give --resume to go on from what an earlier run finished, or give --force/,
  );
  const { code, stderr, stdout } = await run(`${words} -o report --resume`);
  assert.is(code, 0, stderr);
  assert.is(stderr.match(/, finished before\n/g)!.length, before.length);
  assert.equal(
    cells("report").filter((name) => before.includes(name)),
    before,
  );
  assert.is(cells("report").length, 4);
  assert.is(stdout.match(/\n\S+\s+(9|18)\s+0\.1 /g)!.length, 2);
  await run(`${words} -o whole`);
  const [resumed, whole] = [errors("report").flat(), errors("whole").flat()];
  assert.is(resumed.length, 4 * 2);
  // float32 sums on several threads may differ in their last bits from run to run
  for (const [i, error] of resumed.entries())
    assert.ok(Math.abs(error / whole[i]! - 1) < 1e-4, `${error}, ${whole[i]}`);
});

test("a method more computes its own alone; --force begins again without what was there", async () => {
  const more = await run(`${words.replace("dct", "dct,zero")} -o report --resume`);
  assert.match(more.stderr, /dct: \S+, finished before\n.*zero: \S+\n/);
  assert.is(cells("report").length, 6);
  await run(`${words} -o report --force`);
  assert.is(cells("report").length, 4);
});

test.run();
