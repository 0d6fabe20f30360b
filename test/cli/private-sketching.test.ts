import { readFileSync, writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeNpz, encodeNpy, encodeNpz } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { helpOf, ok, refused, run, scratch } from "./spawn.ts";

const test = suite("private sketches on the command line");
process.chdir(scratch());

const rows = stream(1, "rows").fillNormal(new Float32Array(240));
const labels = ndarray(
  Uint8Array.from({ length: 60 }, (_, i) => i % 3),
  [60],
);
writeFileSync("data.npz", encodeNpz({ arrays: { data: ndarray(rows, [60, 2, 2]), labels }, metadata: undefined }));
writeFileSync("plain.npy", encodeNpy(ndarray(rows, [60, 4])));
const PRIVATE = "--epsilon 2 --delta 1e-3 --clip 2";

test("a file says what was promised, inspect says what was spent, and a prior is trained from it", async () => {
  const made = await ok(`sketch data.npz --labels 3 ${PRIVATE} -o P.npz`);
  assert.equal([made.privacy.epsilon, made.privacy.delta, made.privacy.private], [2, 1e-3, true]);
  const { metadata } = decodeNpz(readFileSync("P.npz"), "P.npz");
  assert.match(String(metadata!.neighbours), /one sample, added or removed/);
  assert.match(String(metadata!.mechanism), /discrete Gaussian noise/);
  assert.match(String(metadata!.notCovered), /people with several samples/);
  assert.is(metadata!.warning, undefined);
  assert.not.match(JSON.stringify(metadata), /"(hash|provenance|rows)"/); // neither names nor hashes of the data
  const said = await run("inspect P.npz");
  assert.match(said.stdout, /privacy +ε = 2, δ = 0.001, for one sample added or removed/);
  assert.match(said.stdout, /spent +2 releases, together ε = 2 \(by Rényi divergences 2\.\d+; ρ = 0\.\d+\)/);
  const { sketch } = await ok("train P.npz -o mix");
  assert.equal(sketch.privacy, { epsilon: 2, delta: 1e-3, owners: 1 });
  assert.equal(JSON.parse(readFileSync("mix/prior.json", "utf8")).sketch.privacy, sketch.privacy);
  assert.match((await run("inspect mix")).stdout, /sketch +.*; private, ε = 2, δ = 0\.001\n/);
  assert.is((await ok("sample mix -n 3 -o drawn.npz")).count, 3);
});

test("owners merge with one design; each keeps its own ε", async () => {
  await ok(`sketch plain.npy ${PRIVATE} -o A.npz`);
  await ok("sketch plain.npy --design A.npz --epsilon 1 --delta 1e-3 -o B.npz");
  const merged = await ok("merge A.npz B.npz -o AB.npz");
  assert.is(merged.privacy.epsilon, 2);
  assert.equal(
    merged.privacy.owners.map((owner: { epsilon: number }) => owner.epsilon),
    [2, 1],
  );
  await ok("sketch plain.npy -o X.npz --frequencies 8 --scale 1");
  await refused(
    "merge A.npz X.npz -o N.npz",
    /A\.npz is a private sketch and X\.npz is not; together they would protect nobody/,
  );
  await refused("merge A.npz A.npz -o N.npz", /holds a release that would count twice/);
  await refused("subtract AB.npz B.npz -o N.npz", /subtract: a private sketch stays as it was released/);
});

test("several sketches of the same data spend together", async () => {
  for (const name of ["one", "two"]) await ok(`sketch plain.npy --epsilon 1 --delta 1e-5 --clip 2 -o ${name}.npz`);
  const { together } = await ok("inspect one.npz --with two.npz");
  assert.ok(Math.abs(together.epsilon - 1.46517) < 1e-4); // epsilonOf(√2 muOf(1, 1e-5), 1e-5)
  assert.match((await run("inspect one.npz --with two.npz")).stdout, /together +ε = 1\.47 at δ = 0\.00001 \(by Rényi/);
  await refused("inspect one.npz --with one.npz", /one\.npz is the same release again/);
});

test("with a seed for the noise the file says that it is not private", async () => {
  const made = await ok(`sketch plain.npy ${PRIVATE} --noise-seed 4 -o S.npz`);
  assert.is(made.privacy.private, false);
  assert.match(String(decodeNpz(readFileSync("S.npz"), "S.npz").metadata!.warning), /^NOT PRIVATE/);
  assert.match((await run("inspect S.npz")).stdout, /NOT PRIVATE +the noise was drawn from a known seed/);
  await ok("train S.npz -o seeded");
  assert.match((await run("inspect seeded")).stdout, /; NOT PRIVATE, the noise was drawn from a known seed\n/);
});

test("bad input is one clear line", async () => {
  const bad = (words: string, message: RegExp) => refused(`sketch data.npz ${words} -o N.npz`, message);
  await bad("--epsilon 0 --delta 1e-3 --clip 1", /epsilon: must be a positive number, got 0/);
  await bad("--epsilon 1 --delta 1e-3", /--epsilon: needs --clip, the norm to which samples are shrunk/);
  await bad("--epsilon 1 --clip 1", /--epsilon: needs --delta/);
  await bad("--clip 1", /--clip: is of private sketches; give --epsilon too/);
  await bad(`${PRIVATE} --pilot 100`, /--pilot: not with --epsilon: a pilot shows its samples/);
  await refused(`sketch data.npz data.npz ${PRIVATE} -o N.npz`, /data\.npz is named twice/);
  await refused(`sketch patches:dead-leaves ${PRIVATE} -o N.npz`, /a sample would be one patch/);
  await bad(`${PRIVATE} --through mask:keep=.5`, /--through: not with --epsilon: lossy measurements have sums/);
  await bad(`${PRIVATE} --noise 1`, /--noise: not with --epsilon/);
  await refused(`sketch --measurements data.npz ${PRIVATE} -o N.npz`, /--measurements: not with --epsilon/);
  await bad(`${PRIVATE} --features pca:2`, /expected raw or dct:K with K from 1 to 4, got "pca:2"/);
  await bad(
    `${PRIVATE} --by-label`,
    /--by-label: not with --epsilon: the number of labels must not come from the data; give --labels N/,
  );
  await bad(`${PRIVATE} --labels 2`, /row 2 has the label 2, the design is for 0 to 1/);
  await bad(`${PRIVATE} --resume`, /--resume: not with --epsilon: a checkpoint would hold sums without noise/);
  await bad(`${PRIVATE} --frequencies 9`, /a private sketch needs --scale/);
  await bad(
    `${PRIVATE} --frequencies auto --scale 1`,
    /auto counts in a pilot, which would show its samples; give a number/,
  );
  await bad(`${PRIVATE} --shares count=1,means=2`, /--shares: expected NAME=NUMBER of count, mean, .* got "means=2"/);
});

test("help names the options", async () => {
  const help = (await helpOf("sketch")).replace(/\s+/g, " ");
  for (const word of ["--epsilon", "--delta", "--clip", "--noise-seed", "--quantise"]) assert.ok(help.includes(word));
});

test.run();
