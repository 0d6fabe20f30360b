import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/npy.ts";
import { uniformSignals } from "./signals.ts";
import { ok, refused, run, scratch } from "./spawn.ts";

const test = suite("compare --shard");
process.chdir(scratch());
writeFileSync("data.npy", encodeNpy(uniformSignals(20)));

const words =
  "compare data.npy --operator gaussian:m=9,18 --noise 0.1 --baselines tikhonov,dct,zero --limit 2 --tune-count 0 --threads 1";
const cells = (out: string) => readdirSync(path.join(out, "cells")).sort();

/** A report's rows without what is measured anew in every run. */
function rows(out: string): object[] {
  const { rows } = JSON.parse(readFileSync(path.join(out, "report.json"), "utf8"));
  return rows.map(({ seconds: _, memory: __, ...row }: { seconds: number; memory: number }) => row);
}

test("shares in any order, then --merge: the numbers of one process, bit for bit, and none computed again", async () => {
  await ok(`${words} -o whole`);
  const last = await ok(`${words} --shard 2/2 -o shared`);
  assert.equal([last.from, last.to, last.cells], [3, 6, 6]);
  assert.is(cells("shared").length, 3);
  assert.is(existsSync("shared/report.json"), false);
  const early = await run(`${words} --merge -o shared`);
  assert.is(early.code, 1);
  assert.match(
    early.stderr,
    /^error: --merge: shared\/cells lacks gaussian\(m=9\), noise .*, tikhonov; .*, dct; .*, zero; the --shard that has it computes it\n$/,
  );
  await ok(`${words} --shard 1/2 -o shared`);
  assert.equal(cells("shared"), cells("whole"));
  const { stderr } = await run(`${words} --merge -o shared`);
  assert.is(stderr.match(/, finished before\n/g)!.length, 6);
  assert.equal(rows("shared"), rows("whole"));
});

test("a share again with --resume takes what is there, and leaves the others' alone", async () => {
  rmSync(path.join("shared/cells", cells("shared").find((name) => name.includes("9-dct"))!));
  const { stderr } = await run(`${words} --shard 1/2 --resume -o shared`);
  assert.is(stderr.match(/, finished before\n/g)!.length, 2);
  await ok(`${words} --merge -o shared`);
  assert.equal(rows("shared"), rows("whole"));
});

test("a damaged result, more parts than results, and both options are refused in one line", async () => {
  await refused(
    `${words} --shard 1/7 -o none`,
    /^error: --shard: 3 methods on 2 problems are 6 results: at most 6 parts; give fewer\n$/,
  );
  await refused(
    `${words} --shard 1/2 --merge -o none`,
    /^error: --merge: puts together what every --shard computed; give one/,
  );
  const damaged = path.join("shared/cells", cells("shared")[0]!);
  writeFileSync(damaged, readFileSync(damaged).subarray(0, 300));
  const { code, stderr } = await run(`${words} --merge -o shared --quiet`);
  assert.is(code, 1);
  assert.match(stderr, /^error: shared\/cells\/.*\.npz: .*\n$/);
});

test.run();
