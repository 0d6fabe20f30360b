import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseJobs, parseQueue } from "../../src/cli/cluster/queue.ts";
import { quoted } from "../../src/cli/cluster/scripts.ts";
import { fractionIn, timeLeft } from "../../src/cli/cluster/status.ts";
import { sharedWords } from "../../src/cli/cluster/words.ts";
import { encodeNpy } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { filesIn, inProcess, program, scratch } from "./spawn.ts";

const test = suite("cluster");
const folder = scratch();
process.chdir(folder);
// What the scripts get of this process: not the test runner's own modules.
process.execArgv.splice(0, process.execArgv.length, "--import", import.meta.resolve("tsx"));
writeFileSync("data.npy", encodeNpy(ndarray(stream(1, "rows").fillNormal(new Float32Array(2000)), [1000, 2])));
writeFileSync("y.npy", encodeNpy(ndarray(stream(2, "signals").fillNormal(new Float32Array(20)), [5, 4])));
const SKETCH = "sketch data.npy --frequencies 32 --scale 1 --block 100".split(" ");
const slurm = (...words: string[]) => inProcess(["cluster", "slurm", ...SKETCH, ...words]);
const status = async (name: string) => {
  const { code, stdout, stderr } = await inProcess(["cluster", "status", name, "--json"]);
  return { code, stderr, data: JSON.parse(stdout || "{}") };
};

test("of a command line, the options of cluster are taken out, wherever they stand", () => {
  const words =
    "cluster slurm --shards 4 sketch a.npy --sbatch --time=5 --by-label --submit --setup=x -o X.npz --at-once 2 --json";
  assert.is(sharedWords(words.split(" ")).join(" "), "cluster slurm sketch a.npy --by-label -o X.npz");
});

test("words reach bash as they are", () => {
  for (const word of ["plain-1.npz", "two words", "it's", '$HOME "x" `y`', "back\\slash", "*", "a;b", ""]) {
    assert.is(execFileSync("bash", ["-c", `printf %s ${quoted(word)}`], { encoding: "utf8" }), word);
  }
});

test("the parts by hand, then the merge: the bytes of one process; what is there is left alone", async () => {
  const { code, stdout } = await slurm("-o", "X.npz", "--shards", "2");
  assert.equal(
    [code, stdout],
    [
      0,
      "wrote  X.cluster: task.sh, 2 parts; merge.sh, which writes X.npz; design.npz\nnext   bash X.cluster/submit.sh\n",
    ],
  );
  assert.equal((await status("X.cluster")).data.waiting, [1, 2]);
  const bash = (...words: string[]) => spawnSync("bash", words, { encoding: "utf8", cwd: "/" });
  const at = (name: string) => path.join(folder, "X.cluster", name);
  assert.is(bash(at("task.sh"), "1").status, 0);
  assert.equal((await status("X.cluster")).data.done, [1]);
  const part = readFileSync("X.cluster/parts/part-1.npz");
  writeFileSync("X.cluster/merge-now.sh", readFileSync("X.cluster/merge.sh", "utf8").replace("sleep 5", "sleep 0"));
  const early = bash(at("merge-now.sh"));
  assert.equal([early.status, early.stderr], [1, "error: missing parts: 2; bash submit.sh makes them\n"]);
  for (const i of ["1", "2"]) assert.is(bash(at("task.sh"), i).status, 0);
  assert.ok(part.equals(readFileSync("X.cluster/parts/part-1.npz")));
  assert.is(bash(at("merge.sh")).status, 0);
  assert.is((await inProcess([...SKETCH, "-o", "whole.npz"])).code, 0);
  assert.ok(readFileSync("X.npz").equals(readFileSync("whole.npz")));
  assert.is((await status("X.cluster")).data.merge, "done");
  assert.equal(bash(at("merge.sh")).stdout, ""); // done already
  const again = await slurm("-o", "X.npz", "--shards", "2", "--force");
  assert.is(
    again.stderr,
    "error: X.npz: exists already, and a merge whose output exists is done; remove it or name another file\n",
  );
  rmSync("X.npz");
  const replaced = await slurm("-o", "X.npz", "--shards", "3", "--force");
  assert.is(replaced.code, 0, replaced.stderr);
  assert.equal((await status("X.cluster")).data.waiting, [1, 2, 3]);
  const kept = await slurm("-o", "X.npz", "--shards", "3");
  assert.match(
    kept.stderr,
    /^error: .*X\.cluster: is not empty; name another folder, or submit it again by bash .*submit\.sh, or give --force/,
  );
});

test("the line of docs/scale.md for one large machine, as it stands there", async () => {
  const docs = readFileSync(path.resolve(import.meta.dirname, "../../docs/scale.md"), "utf8");
  const [, lines] = /\n((?: {4}.*\n)* {4}seq .*\n(?: {4}.*\n)*)/.exec(docs)!;
  const short = lines!
    .replaceAll(/^ {4}/gm, "")
    .replaceAll("mnist", "data.npy")
    .replaceAll("8", "2")
    .replace("-P 4", "-P 2");
  mkdirSync("bin", { recursive: true });
  writeFileSync("bin/sketchprior", `#!/bin/sh\nexec ${[process.execPath, ...program].map(quoted).join(" ")} "$@"\n`, {
    mode: 0o755,
  });
  assert.is((await inProcess(["design", ...SKETCH.slice(1), "-o", "D.npz"])).code, 0);
  const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` };
  const { status, stderr } = spawnSync("bash", ["-ec", short.replace(/^.*sketchprior design.*\n/m, "")], {
    env,
    encoding: "utf8",
  });
  assert.is(status, 0, stderr);
  assert.is((await inProcess(["sketch", "data.npy", "--design", "D.npz", "-o", "one.npz"])).code, 0);
  assert.ok(readFileSync("X.npz").equals(readFileSync("one.npz")));
});

test("the queue: what runs counts before what waits, other jobs do not count", () => {
  const jobs = parseJobs("parts 7\nmerge 8\nparts 9\n");
  assert.equal(jobs, { parts: ["7", "9"], merge: ["8"] });
  const { parts, merge } = parseQueue(
    "7 1 RUNNING\n7 2 PENDING\n9 1 PENDING\n9 3 COMPLETING\n8 N/A PENDING\n5 4 RUNNING\n",
    jobs,
  );
  assert.equal(
    [...parts],
    [
      [1, "running"],
      [2, "waiting"],
      [3, "running"],
    ],
  );
  assert.is(merge, "waiting");
});

test("the time left: parts as those that are done, shared by the tasks that run", () => {
  const started = { seconds: 4, fraction: Number.NaN };
  assert.is(timeLeft([10, 10], [started, started], 4), (6 + 6 + 40) / 2);
  assert.is(timeLeft([10], [started, started], 0), 6);
  assert.is(timeLeft([], [{ seconds: 4, fraction: 0.2 }], 1), 16 + 20); // by its own progress
  assert.is(timeLeft([10], [], 3), undefined);
  assert.is(timeLeft([], [started], 3), undefined);
  assert.is(fractionIn("sketch: 10 of 40, 3/s\nsketch: 30 of 40, 3/s, 3 s left\n"), 0.75);
  assert.ok(Number.isNaN(fractionIn("")));
});

test("tasks see samples through the masks and noise of one process", async () => {
  const lossy = "sketch data.npy --through mask:keep=.7 --noise .1 --seed 3 --block 100".split(" ");
  const made = await inProcess(["cluster", "slurm", ...lossy, "-o", "lossy.npz", "--shards", "2"]);
  assert.is(made.code, 0, made.stderr);
  for (const words of [["task.sh", "1"], ["task.sh", "2"], ["merge.sh"]]) {
    const { status, stderr } = spawnSync("bash", [`lossy.cluster/${words[0]}`, ...words.slice(1)], {
      encoding: "utf8",
    });
    assert.is(status, 0, stderr);
  }
  assert.is((await inProcess([...lossy, "-o", "lossy-whole.npz"])).code, 0);
  assert.ok(readFileSync("lossy.npz").equals(readFileSync("lossy-whole.npz")));
});

test("faults are one line, before anything is written", async () => {
  const before = filesIn(folder);
  for (const [line, message] of [
    ["slurm sketch data.npy -o Y.npz", /^error: missing option --shards; see sketchprior cluster --help\n$/],
    ["slurm sketch data.npy -o Y.npz --shards 0", /^error: --shards: expected an integer of at least 1, got 0\n$/],
    [
      "slurm sketch data.npy -o Y.npz --shards 90 --block 100 --scale 1",
      /^error: --shard: data.npy has 1000 samples, which are 10 blocks of 100/,
    ],
    [
      "slurm sketch data.npy -o Y.npz --shards 2 --shard 1/2",
      /^error: cluster slurm: --shard is the number of a task; give --shards, how many there are\n$/,
    ],
    [
      "slurm sketch data.npy --epsilon 1 --delta 1e-5 --clip 2 -o Y.npz --shards 1",
      /^error: cluster slurm: private sketches are not shared out, for parts would be sums without noise; sketch each/,
    ],
    [
      "slurm sketch data.npy --clip 2 -o Y.npz --shards 1",
      /^error: --clip: is of private sketches; give --epsilon too\n$/,
    ],
    ["slurm sketch data.npy -o Y.npz --shards 2 --blok 5", /^error: unknown option --blok; did you mean --block\?\n$/],
    [
      "slurm sketch - -o Y.npz --shards 2",
      /^error: cluster slurm: the tasks cannot read standard input; write it to a file first\n$/,
    ],
    ["slurm sketch nowhere.npy -o Y.npz --shards 2", /^error: nowhere.npy: no such file; check the path/],
    [
      "slurm train X.npz --shards 2",
      /^error: cluster slurm: expected a command line of sketch, reconstruct or compare, got "train"; see/,
    ],
    [
      "slurm --shards 2",
      /^error: cluster slurm: expected a command line of sketch, reconstruct or compare, got none; see/,
    ],
    [
      "slurm reconstruct y.npy --operator identity --shape 4 --noise 0.1 --prior tikhonov -o Y.npz --shards 3 --batch 4",
      /^error: --shard: 5 signals are 2 batches of 4 that are recovered together: at most 2 parts; give fewer, or --batch 1 or less\n$/,
    ],
    [
      "slurm reconstruct y.npy --operator identity --prior tikhonov -o Y.png --shards 3",
      /^error: Y\.png: parts are merged into a \.npz; name it so\n$/,
    ],
    [
      "slurm compare y.npy --operator identity --baselines zero --limit 2 --tune-count 0 -o R --shards 2",
      /^error: --shard: 1 methods on 1 problems are 1 results: at most 1 parts; give fewer\n$/,
    ],
    [
      "slurm compare y.npy --operator identity --merge -o R --shards 2",
      /^error: cluster slurm: --merge is what runs after all tasks; give --shards, how many there are\n$/,
    ],
    ["status", /^error: cluster status: expected one folder, got none\n$/],
    [
      "status nowhere",
      /^error: nowhere: is no folder of a run, it has no plan.json; cluster slurm writes one, X.cluster beside X.npz\n$/,
    ],
    ["start", /^error: --action: unknown value "start";/],
  ] as const) {
    const { code, stdout, stderr } = await inProcess(["cluster", ...line.split(" ")]);
    assert.equal([code, stdout], [1, ""], line);
    assert.match(stderr, message);
  }
  assert.equal(filesIn(folder), before);
});

test("--submit without Slurm says how to submit later", async () => {
  const { PATH } = process.env;
  const found = (name: string) =>
    PATH!
      .split(":")
      .map((one) => path.join(one, name))
      .find(existsSync)!;
  mkdirSync("tools");
  for (const name of ["bash", "dirname"]) execFileSync("ln", ["-s", found(name), `tools/${name}`]);
  process.env.PATH = path.join(folder, "tools");
  try {
    const { code, stderr } = await slurm("-o", "Z.npz", "--shards", "2", "--submit");
    assert.equal(
      [code, stderr],
      [
        1,
        `error: --submit: there is no sbatch here; run bash ${path.join(process.cwd(), "Z.cluster/submit.sh")} where Slurm is\n`,
      ],
    );
  } finally {
    process.env.PATH = PATH;
  }
});

test.run();
