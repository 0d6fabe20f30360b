import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/npy.ts";
import { encodeNpz } from "../../src/data/npz.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { stream } from "../../src/data/random.ts";
import { decoded } from "../report/decoded.ts";
import { type Ended, filesIn, ok, program, run, scratch } from "./spawn.ts";

const test = suite("the command train");
const folder = scratch();
process.chdir(folder);
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

const pixels = stream(1, "images").fillNormal(new Float32Array(40 * 36));
const images = ndarray(pixels, [40, 6, 6]);
writeFileSync("images.npy", encodeNpy(images));
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

test("so does that of a regulariser, whose operator may be a file's: the same numbers, or it does not go on", async () => {
  const kernel = (...k: number[]) => writeFileSync("k.npy", encodeNpy(ndarray(Float32Array.from(k), [1, 3])));
  kernel(0.2, 0.6, 0.2);
  const long =
    "train images.npy --kind regulariser --operator convolution:file=k.npy --sigma 0.5 --side 3 --filters 4 --steps 400 -o part";
  const { code, stderr } = await interrupted(`${long} --checkpoint-every 5`, "part/checkpoint.npz");
  assert.equal([code, stderr], [130, "train: repeat the command with --resume to go on\nerror: interrupted\n"]);
  assert.equal(filesIn("part"), ["checkpoint.npz"]);
  for (const command of ["inspect part", "reconstruct y.npy --operator identity --prior part -o x.npz"]) {
    assert.match((await run(command)).stderr, /^error: part: holds a training that was interrupted; repeat its train/);
  }
  kernel(0.3, 0.4, 0.3);
  const other = await run(`${long} --resume`);
  assert.is(other.code, 1);
  assert.match(
    other.stderr,
    /^error: part\/checkpoint\.npz: the operator's file held other numbers; repeat that training/,
  );
  kernel(0.2, 0.6, 0.2);
  await Promise.all([ok(`${long} --resume`), ok(long.replace("part", "all"))]);
  assert.equal(filesIn("part"), ["prior.json", "regulariser.npz", "regulariser.onnx"]);
  for (const name of filesIn("part")) assert.equal(readFileSync(`part/${name}`), readFileSync(`all/${name}`));
});

test("--watch keeps a picture of samples in the prior's folder; signals that are no images are refused", async () => {
  await ok("sketch images.npy -o I.npz --frequencies 32 --scale 1,2");
  const long = `train I.npz -o watched ${SMALL} --steps 1000 --validation 0 --watch 5`;
  const { code } = await interrupted(long, "watched/samples.png");
  assert.equal([code, filesIn("watched")], [130, ["checkpoint.npz", "samples.png"]]);
  const early = await decoded(readFileSync("watched/samples.png"));
  assert.is(early.width, 8 * (6 * 11 + 2) + 2); // a grid of 8 by 8 samples
  await ok(long.replace("1000", "10").replace("watched", "shown"));
  assert.equal(filesIn("shown"), [...PRIOR, "samples.png"].sort());
  await ok("sample shown -n 64 -o again.png");
  assert.equal(readFileSync("again.png"), readFileSync("shown/samples.png")); // at the end, those of the prior
  const { code: failed, stderr } = await run("train X.npz -o none --watch 5");
  assert.equal([failed, stderr], [1, "error: --watch: signals of shape 2 are no images; leave it out\n"]);
  assert.match((await run("train I.npz -o none --watch 0")).stderr, /^error: --watch: expected an integer of at/);
});

test("a sketch by label gives a prior by label: samples of one label, or of all with their labels", async () => {
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 2);
  writeFileSync(
    "labelled.npz",
    encodeNpz({ arrays: { data: images, labels: ndarray(labels, [40]) }, metadata: undefined }),
  );
  await ok("sketch labelled.npz -o L.npz --by-label --frequencies 32 --scale 1,2");
  const trained = await ok(
    `train L.npz -o labelled ${SMALL} --steps 5 --moment-weight 0.2 --no-linear --validate-every 2`,
  );
  assert.is(trained.labels, 2);
  const { settings, conditions } = JSON.parse(readFileSync("labelled/prior.json", "utf8"));
  assert.equal([settings.momentWeight, settings.linear, settings.validateEvery], [0.2, false, 2]);
  assert.equal(conditions, [0.5, 0.5]);
  await ok("sample labelled -n 30 -o drawn.npz");
  await ok("sample labelled -n 30 --label 1 -o ones.npz");
  const [{ arrays: drawn }, { arrays: ones }] = [await readNpz("drawn.npz"), await readNpz("ones.npz")];
  assert.equal([drawn.data!.shape, drawn.labels!.shape], [[30, 6, 6], [30]]);
  assert.equal(new Set(drawn.labels!.data), new Set([0, 1]));
  assert.ok(ones.labels!.data.every((label) => label === 1));
  await ok("sketch drawn.npz -o again.npz --by-label --frequencies 32 --scale 1,2"); // a data set like any other
  const { code, stderr } = await run("sample labelled --label 2 -o two.npz");
  assert.equal([code, stderr], [1, "error: label: labelled has the labels 0, 1, got 2\n"]);
  await ok(`train L.npz -o plain ${SMALL} --steps 5 --ignore-labels`);
  assert.is(JSON.parse(readFileSync("plain/prior.json", "utf8")).conditions, undefined);
});

test("inspect tells and draws how a training went, with validation and without", async () => {
  const line = `train X.npz -o traced ${SMALL} --steps 120`;
  const { validation, kept } = await ok(`${line} --validation 0.1`);
  assert.equal(
    validation.map(({ step }: { step: number }) => step),
    [50, 100, 120],
  );
  const { stdout } = await run("inspect traced --plot traced.html");
  assert.match(
    stdout,
    new RegExp(`^validation +\\S+ after step 50, lowest \\S+ ± \\S+ after step ${kept}, whose weights are kept`, "m"),
  );
  assert.match(stdout, /^plot +traced\.html$/m);
  const page = readFileSync("traced.html", "utf8");
  assert.match(page, /<h1>Training of traced<\/h1>/);
  assert.match(page, />validation<.*Training loss, mean over 50 steps/s);
  assert.is(page.match(/h\.01/g)!.length, 3 + 3); // a dot for each validation, and one for the training loss before it
  assert.not.match(page, /NaN|undefined|Infinity|src=|<script/);
  await ok(`${line} --validation 0 --force`);
  const { plot, validation: none } = await ok("inspect traced --plot traced.png");
  assert.equal([plot, none], ["traced.png", []]);
  assert.is((await decoded(readFileSync("traced.png"))).width, 1280);
});

test("--network makes a convolutional generator, which is recorded", async () => {
  await ok("sketch images.npy -o J.npz --frequencies 32 --scale 1,2 --features pca:5");
  const { network } = await ok(`train J.npz -o maps ${SMALL} --steps 2 --network conv:4`);
  assert.is(network, "3-8-conv:4-36");
  assert.is(JSON.parse(readFileSync("maps/prior.json", "utf8")).settings.network, "conv:4");
  const { code, stderr } = await run("train J.npz -o none --network conv:4,4");
  const sides = "conv:4,4 makes images whose sides are multiples of 4, got signals of shape [6,6]";
  assert.equal([code, stderr], [1, `error: train: network: ${sides}\n`]);
});

test("a training that diverges is one line of error, and no prior", async () => {
  const { code, stdout, stderr } = await run(`train X.npz -o wild ${SMALL} --steps 50 --learning-rate 1e30`);
  assert.equal([code, stdout], [1, ""]);
  assert.match(stderr, /^error: train: the loss stopped being finite after \d+ steps; try a smaller learning rate/);
  assert.equal(
    filesIn(folder).filter((file) => file.includes("wild")),
    [],
  );
});

test.run();
