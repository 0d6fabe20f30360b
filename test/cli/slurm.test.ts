import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Slurm, slurmLacks, startSlurm, until } from "../../scripts/slurm.ts";
import { encodeNpy } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { inProcess, scratch } from "./spawn.ts";

const test = suite("a sketch by a real Slurm");

/** Slurm is no dependency; .ci/run installs it. Where something of it lacks, every test here is skipped. */
const lacks = slurmLacks();
if (lacks !== undefined) console.log(`no ${lacks}: the tests with Slurm are skipped`);
const slurmTest = lacks === undefined ? test : test.skip;

/** A name that shells and batch scripts read amiss where it is not quoted. */
const folder = path.join(scratch(), "it's 100% odd");
mkdirSync(folder);
process.chdir(folder);
// What the tasks inherit of this process: not the test runner's own modules.
process.execArgv.splice(0, process.execArgv.length, "--import", import.meta.resolve("tsx"));

const DATA = "my data.npy";
writeFileSync(DATA, encodeNpy(ndarray(stream(1, "rows").fillNormal(new Float32Array(40_000)), [20_000, 2])));
const SKETCH = ["sketch", DATA, "--frequencies", "300", "--scale", "1", "--block", "500"];

const answer = async (...words: string[]) => {
  const { code, stdout, stderr } = await inProcess([...words, "--json", "--quiet"]);
  return { code, stderr, data: JSON.parse(stdout || "{}") };
};
const submitted = async (out: string, ...more: string[]) => {
  const { code, stderr } = await answer(
    "cluster",
    "slurm",
    ...SKETCH,
    "-o",
    `${out}.npz`,
    "--shards",
    "2",
    "--submit",
    ...more,
  );
  assert.equal([code, stderr], [0, ""]);
};
const resubmit = (out: string) => execFileSync("bash", [`${out}.cluster/submit.sh`]);
const jobs = (out: string) =>
  readFileSync(`${out}.cluster/jobs`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[1]!);
const queue = (out: string, format: string) => {
  const line = ["-h", "-r", "-o", format, "-j", ["1", ...jobs(out)].join(",")]; // squeue refuses one job alone that it has forgotten
  return execFileSync("squeue", line, { encoding: "utf8" }).trim().split("\n").filter(Boolean);
};
const log = (out: string, name: string) => {
  const file = `${out}.cluster/logs/${name}.log`;
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};
const ended = (out: string) => until(`the jobs of ${out}`, () => queue(out, "%T").length === 0, 120);
const sameAsOneProcess = (out: string) => assert.ok(readFileSync(`${out}.npz`).equals(whole), log(out, "merge"));

/** The node processes of part `i`, found as Slurm names them in their environment. */
const nodeOf = (out: string, i: number): number[] =>
  readdirSync("/proc")
    .filter((pid) => {
      try {
        const [job] = jobs(out);
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        return (
          readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(`${process.execPath}\0`) &&
          [`SLURM_ARRAY_JOB_ID=${job}`, `SLURM_ARRAY_TASK_ID=${i}`].every((entry) => environment.includes(entry))
        );
      } catch {
        return false;
      }
    })
    .map(Number);

let slurm: Slurm | undefined;
let whole: Buffer;
if (lacks === undefined) {
  test.before(async () => {
    const made = await answer(...SKETCH, "-o", "whole.npz");
    assert.is(made.code, 0, made.stderr);
    whole = readFileSync("whole.npz");
    slurm = await startSlurm();
    Object.assign(process.env, slurm.env);
    delete process.env.SKETCHPRIOR_THREADS; // the processors that Slurm lends decide
  });
  test.after(() => slurm?.stop());
}

slurmTest("a clean run is the file of one process; status says so", async () => {
  await submitted("clean");
  const early = await answer("cluster", "status", "clean.cluster");
  assert.is(early.code, 0, early.stderr);
  assert.is(early.data.done.length + early.data.running.length + early.data.waiting.length, 2);
  await ended("clean");
  sameAsOneProcess("clean");
  const { code, data } = await answer("cluster", "status", "clean.cluster");
  assert.equal([code, data.done, data.failed, data.merge], [0, [1, 2], [], "done"]);
});

slurmTest(
  "parts that fail are named with their reason, the merge refuses, and submitting again makes what is missing",
  async () => {
    await answer(
      "cluster",
      "slurm",
      ...SKETCH,
      "-o",
      "failing.npz",
      "--shards",
      "2",
      "--retries",
      "0",
      "--sbatch",
      "--time=5 --comment='no use'",
    );
    renameSync(DATA, "elsewhere.npy");
    resubmit("failing");
    await ended("failing");
    const { code, stderr, data } = await answer("cluster", "status", "failing.cluster");
    assert.equal([code, data.failed, data.merge], [1, [1, 2], "failed"]);
    assert.match(
      stderr,
      /^error: parts 1, 2 failed; failing\.cluster\/logs\/1\.log says: my data\.npy: no such file.*; bash failing\.cluster\/submit\.sh makes what is missing\n$/,
    );
    assert.match(log("failing", "1"), /part 1: try 1 of 1 ended with code 1 on /);
    assert.is(log("failing", "merge"), "error: missing parts: 1 2; bash submit.sh makes them\n");
    renameSync("elsewhere.npy", DATA);
    resubmit("failing");
    await ended("failing");
    sameAsOneProcess("failing");
  },
);

slurmTest("a task whose node process is killed tries again inside the task", async () => {
  await submitted("killed");
  await until("a task to kill", () => nodeOf("killed", 2).length > 0);
  for (const pid of nodeOf("killed", 2)) process.kill(pid, "SIGKILL");
  await ended("killed");
  assert.match(log("killed", "2"), /part 2: try 1 of 3 ended with code 137/);
  sameAsOneProcess("killed");
});

slurmTest("a recovery whose task is killed, and a comparison: the bytes, and the numbers, of one process", async () => {
  writeFileSync("y.npy", encodeNpy(ndarray(stream(2, "signals").fillNormal(new Float32Array(20 * 64)), [20, 64])));
  const share = async (words: readonly string[], out: string) => {
    const { code, stderr } = await answer("cluster", "slurm", ...words, "-o", out, "--shards", "2", "--submit");
    assert.equal([code, stderr], [0, ""]);
  };
  const tv = "tv --lambda 0.1 --solver primal-dual:tolerance=1e-12,steps=600 --checkpoint-every 0 --batch 10".split(
    " ",
  );
  const recover = [
    "reconstruct",
    "y.npy",
    "--operator",
    "identity",
    "--shape",
    "8,8",
    "--noise",
    "0.1",
    "--prior",
    ...tv,
  ];
  await share(recover, "xhat.npz");
  await until("a task to kill", () => existsSync("xhat.cluster/parts/part-2.checkpoint-10.npz"));
  for (const pid of nodeOf("xhat", 2)) process.kill(pid, "SIGKILL");
  const comparing =
    "compare y.npy --operator gaussian:m=20 --noise 0.1 --baselines zero,tikhonov --limit 2 --tune-count 0";
  await share(comparing.split(" "), "report");
  await ended("xhat");
  assert.match(log("xhat", "2"), /part 2: try 1 of 3 ended with code 137/);
  assert.is((await answer(...recover, "--threads", "1", "-o", "one-xhat.npz")).code, 0);
  assert.ok(readFileSync("xhat.npz").equals(readFileSync("one-xhat.npz")), log("xhat", "merge"));
  await ended("report");
  assert.is((await answer(...comparing.split(" "), "--threads", "1", "-o", "one-report")).code, 0);
  const errors = (name: string) =>
    JSON.parse(readFileSync(`${name}/report.json`, "utf8")).rows.map((row: { errors: number[] }) => row.errors);
  assert.equal(errors("report"), errors("one-report"));
  const { data } = await answer("cluster", "status", "report.cluster");
  assert.equal([data.done, data.failed, data.merge], [[1, 2], [], "done"]);
});

slurmTest("a lost node's part is made on another node, and the merge waits for it", async () => {
  await submitted("lost");
  const onTwo = () => queue("lost", "%K %N %T").find((line) => / two RUNNING$/.test(line));
  await until(
    "a task on node two",
    () => onTwo() !== undefined && nodeOf("lost", Number(onTwo()!.split(" ")[0])).length > 0,
  );
  slurm!.loseNode("two");
  await ended("lost");
  sameAsOneProcess("lost");
});

test.run();
