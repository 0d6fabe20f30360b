import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { killRepeatedly } from "../../scripts/kills.ts";
import { encodeNpy, encodeNpz } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { filesIn, ok, program, refused, run, scratch, sketchprior } from "./spawn.ts";

const test = suite("sketches under faults");
const folder = scratch();
process.chdir(folder);

const rows = stream(1, "rows").fillNormal(new Float32Array(120));
const bytes = (data: Float32Array, shape: number[]) => encodeNpy(ndarray(data, shape));
writeFileSync("data.npy", bytes(rows, [60, 2]));
const labels = ndarray(
  Uint8Array.from({ length: 60 }, (_, i) => i % 3),
  [60],
);
const labelled = encodeNpz({ arrays: { data: ndarray(rows, [60, 2]), labels }, metadata: undefined });

const SMALL = "--frequencies 32 --scale 1,2";

const LONG = "sketch spiral --frequencies 1500 --scale 0.1,1 --checkpoint-every 0 --limit 30000";
const CHECKPOINT = "long.checkpoint.npz";
const written = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

/** Runs a command until it has written a checkpoint, then sends the signal. */
async function interrupted(line: string, signal: NodeJS.Signals, checkpoint = CHECKPOINT) {
  const before = written(checkpoint);
  const child = spawn(process.execPath, [...program, ...line.split(" ")], { cwd: folder });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  while (written(checkpoint) === before && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill(signal);
  return { code: await ended, stderr };
}

test("after kill -9 and after Ctrl-C, --resume gives the bytes of an uninterrupted run", async () => {
  const killed = await interrupted(`${LONG} -o long.npz`, "SIGKILL");
  assert.equal([killed.code, existsSync("long.npz"), existsSync(CHECKPOINT)], [null, false, true]);
  const stopped = await interrupted(`${LONG} -o long.npz --resume`, "SIGINT");
  assert.equal(stopped, {
    code: 130,
    stderr: "sketch: repeat the command with --resume to go on\nerror: interrupted\n",
  });
  assert.equal([existsSync("long.npz"), existsSync(CHECKPOINT)], [false, true]);
  const [resumed, whole] = await Promise.all([
    sketchprior(folder, `${LONG} -o long.npz --resume`.split(" ")),
    sketchprior(folder, `${LONG} -o whole.npz`.split(" ")),
  ]);
  assert.equal([resumed!.code, whole!.code, existsSync(CHECKPOINT)], [0, 0, false]);
  assert.equal(readFileSync("long.npz"), readFileSync("whole.npz"));
});

test("killed at random moments, a sketch by label resumes to the same bytes", async () => {
  const words = "labelled.npz --by-label --block 1 --frequencies 500 --scale 1,2".split(" ");
  const own = scratch();
  writeFileSync(`${own}/labelled.npz`, labelled);
  const { before, during, after } = await killRepeatedly(own, words, 2, stream(1, "kills"));
  assert.is(before + during + after, 2);
});

test("an input that vanished, changed or was cut since the checkpoint is refused, and the checkpoint stays", async () => {
  const large = stream(3, "large").fillNormal(new Float32Array(8000));
  const line = "sketch large.npy -o large.npz --block 16 --frequencies 8 --scale 1 --checkpoint-every 0";
  writeFileSync("large.npy", bytes(large, [4000, 2]));
  await interrupted(line, "SIGKILL", "large.checkpoint.npz");
  const checkpoint = readFileSync("large.checkpoint.npz");
  const kept = async (message: RegExp) => {
    await refused(`${line} --resume`, message);
    assert.equal(readFileSync("large.checkpoint.npz"), checkpoint);
  };
  rmSync("large.npy");
  await kept(/^error: large\.npy: no such file; check the path/);
  writeFileSync("large.npy", bytes(large, [4000, 2]).subarray(0, 20_000));
  await kept(/^error: large\.npy: .*(truncated|damaged|bytes)/);
  large[1] = 7;
  writeFileSync("large.npy", bytes(large, [4000, 2]));
  await kept(
    /^error: sketch: large\.npy has changed since the checkpoint: its rows 0 to \d+ are others; remove the checkpoint/,
  );
  await refused(
    "merge large.checkpoint.npz -o no.npz",
    /is not a sketchprior-sketch file, it is sketchprior-checkpoint/,
  );
});

test("where files may not be as large as the result, the old file survives", async () => {
  await ok(`sketch data.npy -o limited-size.npz ${SMALL}`);
  const before = readFileSync("limited-size.npz");
  const words = [
    process.execPath,
    ...program,
    "sketch",
    "data.npy",
    "-o",
    "limited-size.npz",
    "--force",
    "--frequencies",
    "20000",
  ];
  const { status, stderr } = spawnSync("sh", ["-c", `ulimit -f 16; exec "$@"`, "sh", ...words], { cwd: folder });
  assert.equal(
    [status, String(stderr)],
    [1, "error: limited-size.npz: cannot be written, it is larger than files may be here (ulimit -f)\n"],
  );
  assert.equal(readFileSync("limited-size.npz"), before);
});

/** A file system of 64 kB, where this process may make one. */
const mounted = () => {
  const mount = `${folder}/tiny`;
  spawnSync("mkdir", [mount]);
  const done = process.getuid?.() === 0 && spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", mount]);
  return done && done.status === 0 ? mount : undefined;
};

test("a full disk is an error in one line, and the old file survives", async () => {
  const mount = mounted();
  if (!mount) console.log("(no right to mount a tiny file system here)");
  if (!mount) return; // not root, or no right to mount: test/data/files.test.ts covers the error code
  try {
    await ok(`sketch data.npy -o tiny/X.npz ${SMALL}`);
    const before = readFileSync("tiny/X.npz");
    const { code, stderr } = await run("sketch data.npy -o tiny/X.npz --force --frequencies 20000 --scale 1");
    assert.equal([code, stderr], [1, "error: tiny/X.npz: cannot be written, the disk is full\n"]);
    assert.equal(readFileSync("tiny/X.npz"), before);
    assert.equal(filesIn(mount), ["X.npz"]);
  } finally {
    spawnSync("umount", [mount]);
  }
});

test.run();
