import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { inProcess, ok, scratch } from "./spawn.ts";

const test = suite("cluster slurm reconstruct and compare");
const folder = scratch();
process.chdir(folder);
// What the scripts get of this process: not the test runner's own modules.
process.execArgv.splice(0, process.execArgv.length, "--import", import.meta.resolve("tsx"));
writeFileSync("y.npy", encodeNpy(ndarray(stream(2, "signals").fillNormal(new Float32Array(20)), [5, 4])));

const status = (run: string) => ok(`cluster status ${run}`);
const bash = (...words: string[]) => spawnSync("bash", words, { encoding: "utf8", cwd: "/" });
const byHand = async (run: string, shards: number) => {
  for (let i = shards; i >= 1; i--) {
    const { status: code, stderr } = bash(path.join(folder, `${run}/task.sh`), String(i));
    assert.is(code, 0, stderr);
  }
  assert.equal((await status(run)).done.length, shards);
  const { status: code, stderr } = bash(path.join(folder, `${run}/merge.sh`));
  assert.is(code, 0, stderr);
  const { merge, failed } = await status(run);
  assert.equal([merge, failed], ["done", []]);
};
const share = async (...words: string[]) => {
  const { code, stdout, stderr } = await inProcess(["cluster", "slurm", ...words]);
  assert.is(code, 0, stderr);
  return stdout;
};

test("a recovery: the bytes of one process", async () => {
  const recover = "reconstruct y.npy --operator identity --shape 4 --noise 0.1 --prior tikhonov --batch 3".split(" ");
  assert.is(
    await share(...recover, "-o", "xhat.npz", "--shards", "2", "--resume"),
    "wrote  xhat.cluster: task.sh, 2 parts; merge.sh, which writes xhat.npz\nnext   bash xhat.cluster/submit.sh\n",
  );
  await byHand("xhat.cluster", 2);
  assert.is((await inProcess([...recover, "--threads", "1", "-o", "one-xhat.npz"])).code, 0);
  assert.ok(readFileSync("xhat.npz").equals(readFileSync("one-xhat.npz")));
});

test("a comparison: the numbers of one process", async () => {
  const comparing = "compare y.npy --operator identity --noise 0.1 --baselines tikhonov,zero --limit 2 --tune-count 0";
  await share(...comparing.split(" "), "-o", "report/", "--shards", "2");
  await byHand("report.cluster", 2);
  assert.is((await inProcess([...comparing.split(" "), "--threads", "1", "-o", "one-report"])).code, 0);
  const errors = (name: string) =>
    JSON.parse(readFileSync(`${name}/report.json`, "utf8")).rows.map((row: { errors: number[] }) => row.errors);
  assert.equal(errors("report"), errors("one-report"));
  const again = await inProcess([
    "cluster",
    "slurm",
    ...comparing.split(" "),
    "-o",
    "report",
    "--shards",
    "2",
    "--force",
  ]);
  assert.is(
    again.stderr,
    "error: report: exists already, and a merge whose output exists is done; remove it or name another folder\n",
  );
});

test.run();
