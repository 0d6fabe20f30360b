import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TrainedMixture } from "../../priors/mixture/index.ts";
import { loadTrained, savePrior } from "../../src/cli/prior-folder.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { stream } from "../../src/data/random.ts";
import { filesIn, ok, run, scratch } from "./spawn.ts";

const test = suite("--force");
process.chdir(scratch());
const pixels = stream(1, "images").fillNormal(new Float32Array(40 * 36));
writeFileSync("images.npy", encodeNpy(ndarray(pixels, [40, 6, 6])));
await ok("sketch images.npy -o X.npz --sketch-size 1k");
await ok("sketch images.npy -o F.npz --frequencies 16");
await ok("train X.npz -o mixture");
await ok("measure images.npy --operator blur --limit 2 -o y.npz");

/** Every command that writes a file, and what it would replace. */
const files = [
  "design images.npy -o taken.npz",
  "sketch images.npy -o taken.npz --sketch-size 1k",
  "merge X.npz -o taken.npz",
  "subtract X.npz -o taken.npz X.npz",
  "sample mixture -n 2 -o taken.npz",
  "measure images.npy --operator blur --limit 2 -o taken.npz",
  "reconstruct y.npz --prior tikhonov -o taken.npz",
];

test("a file that exists is refused by every command, and kept", async () => {
  writeFileSync("taken.npz", "mine");
  for (const line of files) {
    const { code, stdout, stderr } = await run(line);
    const expected = "error: taken.npz: exists already; give --force to replace it\n";
    assert.equal([code, stdout, stderr], [1, "", expected], line);
  }
  assert.is(readFileSync("taken.npz", "utf8"), "mine");
  writeFileSync("taken.html", "mine");
  assert.match(
    (await run("inspect X.npz --plot taken.html")).stderr,
    /^error: taken\.html: exists already; give --force/,
  );
});

test("with --force it is replaced", async () => {
  writeFileSync("taken.npz", "mine");
  await ok("measure images.npy --operator blur --limit 2 -o taken.npz --force");
  assert.equal(readFileSync("taken.npz"), readFileSync("y.npz"));
});

test("a folder that holds anything is refused; --force replaces a prior's files and keeps all others", async () => {
  mkdirSync("notes");
  writeFileSync("notes/mine.txt", "mine");
  const refusal =
    "error: notes: is not empty; name another folder, or give --force to replace what sketchprior wrote there\n";
  const compare = "compare images.npy --baselines tikhonov --operator blur --limit 2 --tune-count 0 -o notes";
  for (const line of ["train X.npz -o notes", compare]) {
    const { code, stderr } = await run(line);
    assert.equal([code, stderr], [1, refusal], line);
  }
  const generator = "--kind generator --hidden 4 --latent 2 --batch 20 --steps 2";
  await ok(`train F.npz -o notes --force ${generator}`);
  assert.equal(filesIn("notes"), ["generator.onnx", "mine.txt", "prior.json", "weights.npz"]);
  await ok("train X.npz -o notes --force");
  assert.equal(filesIn("notes"), ["mine.txt", "mixture.npz", "prior.json"]);
  await ok(`${compare} --force`);
  assert.is(readFileSync("notes/mine.txt", "utf8"), "mine");
});

test("a checkpoint is replaced by --force alone; --resume goes on in its folder, but not over a finished prior", async () => {
  writeFileSync("out.checkpoint.npz", "a checkpoint");
  assert.match(
    (await run("sketch images.npy -o out.npz --sketch-size 1k")).stderr,
    /^error: out\.checkpoint\.npz: exists already; give --resume to go on from it, or give --force to replace it\n$/,
  );
  await ok("sketch images.npy -o out.npz --sketch-size 1k --force");
  assert.match((await run("train X.npz -o mixture --kind generator --resume")).stderr, /^error: mixture: is not empty/);
  mkdirSync("other");
  writeFileSync("other/weights.npz", "mine");
  const resumed = await run(
    "train F.npz -o other --resume --kind generator --hidden 4 --latent 2 --batch 20 --steps 2",
  );
  assert.match(resumed.stderr, /^error: other: is not empty; name another folder, or give --force/);
  assert.is(readFileSync("other/weights.npz", "utf8"), "mine");
});

test("a checkpoint stays until the prior is written, and goes with it", async () => {
  const prior = { kind: "mixture", trained: (await loadTrained("mixture")).trained as TrainedMixture } as const;
  mkdirSync("old/mixture.npz", { recursive: true }); // a folder of that name stands in the way
  for (const name of ["weights.npz", "checkpoint.npz", "data.npz"]) writeFileSync(`old/${name}`, "");
  await savePrior("old", prior).then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /^old.mixture\.npz: cannot be removed/),
  );
  assert.ok(filesIn("old").includes("checkpoint.npz"));
  rmdirSync("old/mixture.npz");
  await savePrior("old", prior);
  assert.equal(filesIn("old"), ["data.npz", "mixture.npz", "prior.json"]);
});

test.run();
