import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/npy.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { uniformSignals } from "./signals.ts";
import { ok, program, refused, scratch } from "./spawn.ts";

const test = suite("reconstruct --resume");
const folder = scratch();
process.chdir(folder);
writeFileSync("data.npy", encodeNpy(uniformSignals(2)));

const CHECKPOINT = "xhat.checkpoint.npz";
/** A gap that is never reached, and one thread: sums on several may differ in their last bits from run to run. */
const words =
  "reconstruct y.npz --prior tv --lambda 0.01 --solver primal-dual:tolerance=1e-12,steps=100 --checkpoint-every 0 --threads 1";
const written = () => statSync(CHECKPOINT, { throwIfNoEntry: false })?.mtimeMs;

/** Runs the command in a process of its own until it has written a checkpoint, then sends the signal. */
async function interrupted(line: string, signal: NodeJS.Signals) {
  const before = written();
  const child = spawn(process.execPath, [...program, ...line.split(" ")], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  while (written() === before && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill(signal);
  return { code: await ended, stderr };
}

/** The checkpoint after Ctrl-C. */
let kept: Uint8Array;

/** The estimate and the history of a written recovery. */
async function recovered(file: string) {
  const { arrays, metadata } = await readNpz(file);
  const { history, steps } = metadata as unknown as { history: readonly number[]; steps: number };
  return { estimate: [...arrays.estimate!.data], history, steps };
}

test("after kill -9 and after Ctrl-C, --resume gives the numbers of an uninterrupted run, bit for bit", async () => {
  await ok("measure data.npy --operator gaussian:m=20 --noise 0.05 -o y.npz");
  const killed = await interrupted(`${words} -o xhat.npz`, "SIGKILL");
  assert.equal([killed.code, existsSync("xhat.npz"), existsSync(CHECKPOINT)], [null, false, true]);
  const stopped = await interrupted(`${words} -o xhat.npz --resume`, "SIGINT");
  assert.is(stopped.code, 130);
  assert.match(stopped.stderr, /^reconstruct: repeat the command with --resume to go on\nerror: interrupted\n$/m);
  kept = readFileSync(CHECKPOINT);
  await ok(`${words} -o whole.npz`);
  await ok(`${words} -o xhat.npz --resume`);
  assert.is(existsSync(CHECKPOINT), false);
  assert.equal(await recovered("xhat.npz"), await recovered("whole.npz"));
});

test("a checkpoint of another recovery is refused with what differs, one that is there is not replaced unasked", async () => {
  writeFileSync(CHECKPOINT, kept);
  const other = words.replace("--prior tv", "--prior tv:anisotropic");
  await refused(
    `${other} -o xhat.npz --force --resume`,
    /^error: xhat\.checkpoint\.npz: belongs to another recovery \(prior: "tv.*" and ".*"\); repeat that one, or begin anew without resuming\n$/,
  );
  await refused(
    `${words} -o xhat.png`,
    /^error: xhat\.checkpoint\.npz: exists already; give --resume to go on from it, or give --force/,
  );
  assert.equal(readFileSync(CHECKPOINT), kept);
  await refused(
    "reconstruct y.npz --prior zero-filled -o other.npz --resume",
    /^error: --resume: zero-filled keeps no checkpoints; leave it out\n$/,
  );
});

test.run();
