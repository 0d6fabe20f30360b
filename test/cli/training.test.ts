import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Ended, filesIn, inProcess, program, scratch } from "./spawn.ts";

const test = suite("the command train");
const folder = scratch();
process.chdir(folder);
const run = (line: string) => inProcess(line.split(" "));
const ok = async (line: string) => {
  const { code, stdout, stderr } = await run(`${line} --json`);
  assert.equal([code, stderr], [0, ""], line);
  return JSON.parse(stdout);
};
/** Runs the program and sends it Ctrl-C once a file is there. */
const interrupted = (line: string, file: string) => {
  const child = spawn(process.execPath, [...program, ...line.split(" ")], { stdio: ["ignore", "pipe", "pipe"] });
  const watch = setInterval(() => existsSync(file) && child.kill("SIGINT") && clearInterval(watch), 10);
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk) => {
      said[name] += chunk;
    });
  }
  return new Promise<Ended>((resolve) => {
    child.on("close", (code) => {
      clearInterval(watch);
      resolve({ code, ...said });
    });
  });
};
const PRIOR = ["generator.onnx", "prior.json", "weights.npz"];
const SMALL = "--hidden 8 --latent 3 --batch 50";

await ok("sketch ring -o X.npz --limit 2000 --frequencies 32");

test("an interrupted training goes on with --resume, to the bits of an uninterrupted one", async () => {
  const long = `train X.npz -o half ${SMALL} --steps 1000 --validation 0`;
  const ended = await interrupted(`${long} --checkpoint-every 10`, "half/checkpoint.npz");
  assert.equal(ended, {
    code: 130,
    stdout: "",
    stderr: "train: repeat the command with --resume to go on\nerror: interrupted\n",
  });
  assert.equal(filesIn("half"), ["checkpoint.npz"]);
  await Promise.all([ok(`${long} --resume`), ok(long.replace("half", "whole"))]);
  assert.equal(filesIn("half"), PRIOR); // the checkpoint is gone
  assert.equal(readFileSync("half/weights.npz"), readFileSync("whole/weights.npz"));
});

test("a training that diverges is one line of error, and no prior", async () => {
  const { code, stdout, stderr } = await run(`train X.npz -o wild ${SMALL} --steps 50 --learning-rate 1e30`);
  assert.equal([code, stdout], [1, ""]);
  assert.match(stderr, /^error: train: the loss stopped being finite after \d+ steps; try a smaller --learning-rate/);
  assert.equal(
    filesIn(folder).filter((file) => file.includes("wild")),
    [],
  );
});

test.run();
