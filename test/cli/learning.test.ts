import { readFileSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy, readNpz } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { decoded } from "../report/decoded.ts";
import { helpOf, ok, refused, scratch } from "./spawn.ts";

const test = suite("the command learn");
process.chdir(scratch());

/** 300 images of 2 × 2 pixels around two corners. */
const random = stream(1, "images");
const images = Float32Array.from({ length: 1200 }, (_, at) => (at % 8 < 4 ? 0.2 : 0.8) + 0.03 * random.normal());
writeFileSync("images.npy", encodeNpy(ndarray(images, [300, 2, 2])));
writeFileSync("rows.npy", encodeNpy(ndarray(images, [300, 4])));

test("kmeans writes centres and weights that inspect and a picture show; help has the tasks", async () => {
  await ok("sketch images.npy -o X.npz --frequencies 64");
  const said = await ok("learn kmeans X.npz -k 2 -o c.npz --picture c.png");
  assert.equal([said.task, said.k, said.file, said.picture], ["kmeans", 2, "c.npz", "c.png"]);
  const { arrays } = await readNpz("c.npz");
  assert.equal(arrays.centres!.shape, [2, 2, 2]);
  const sorted = Array.from(arrays.centres!.data).sort();
  for (const [at, v] of sorted.entries()) assert.ok(Math.abs(v - (at < 4 ? 0.2 : 0.8)) < 0.02);
  const facts = await ok("inspect c.npz");
  assert.equal([facts.kind, facts.task, facts.count], ["learned", "kmeans", 300]);
  const picture = await decoded(readFileSync("c.png"));
  assert.ok(picture.width > picture.height); // two images side by side
  await ok("learn pca X.npz -o p.npz");
  assert.equal((await readNpz("p.npz")).arrays.components!.shape, [4, 2, 2]);
  const found = await ok("learn subspaces X.npz -k 1 --rank 2 -o s.npz --picture s.png");
  assert.equal([found.task, found.k, found.rank], ["subspaces", 1, 2]);
  assert.equal((await readNpz("s.npz")).arrays.directions!.shape, [1, 2, 2, 2]);
  const row = await decoded(readFileSync("s.png"));
  assert.ok(row.width > 2.5 * row.height); // the mean and two directions side by side
  assert.match(await helpOf("learn"), /Tasks:\n {2}kmeans +K centres and weights/);
});

test("bad input is refused before anything is written", async () => {
  await ok("sketch rows.npy -o R.npz --frequencies 64");
  await ok("sketch rows.npy -o S.npz --sketch-size 300");
  await refused("learn kmens R.npz -k 2 -o n.npz", /^error: learn: unknown task "kmens"; did you mean kmeans\?/);
  await refused("learn kmeans R.npz -o n.npz", /^error: kmeans: needs the number of centres; give -k/);
  await refused(
    "learn kmeans R.npz -k 1.5 -o n.npz",
    /^error: --components: expected an integer of at least 1, got 1.5/,
  );
  await refused(
    "learn kmeans R.npz -k 30 -o n.npz",
    /k = 30 has 150 unknowns in 4 features, more than the 128 numbers/,
  );
  await refused(
    "learn gmm S.npz -k 2 -o n.npz",
    /gmm: needs a sketch with Fourier and second moments, got one with local-moments/,
  );
  await refused(
    "learn subspaces R.npz -k 2 -o n.npz",
    /^error: subspaces: needs the dimension of the subspaces; give --rank/,
  );
  await refused(
    "learn kmeans R.npz -k 2 --rank 1 -o n.npz",
    /^error: --rank: kmeans learns no subspaces; leave it out/,
  );
  await refused("learn pca R.npz -k 2 --restarts 3 -o n.npz", /^error: --restarts: pca has one solution/);
  await refused("learn pca R.npz -o n.csv", /^error: --out: expected a name that ends in \.npz, got "n\.csv"/);
  await refused("learn pca R.npz -o n.npz --picture n.bmp", /^error: --picture: expected a name that ends in \.png/);
  await refused("learn pca R.npz -o n.npz --picture n.png", /^error: --picture: samples of shape 4 are no images/);
  await refused("learn pca rows.npy -o n.npz", /^error: rows\.npy: /);
});

test.run();
