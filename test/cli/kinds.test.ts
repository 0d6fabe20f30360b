import { writeFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type LearnedName, learnedKinds, learnedNames } from "../../priors/learned.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { stream } from "../../src/data/random.ts";
import { filesIn, helpOf, ok, run, scratch } from "./spawn.ts";

const test = suite("train --kind");
process.chdir(scratch());
const pixels = stream(1, "images").fillNormal(new Float32Array(200 * 16));
writeFileSync("images.npy", encodeNpy(ndarray(pixels, [200, 4, 4])));
await ok("sketch images.npy -o X.npz --sketch-size 1k");
await ok("sketch patches:images.npy:side=3 -o Q.npz --cells 4");
await ok("train Q.npz -o cells");
await ok("sketch patches:images.npy --denoiser cells -o N.npz");
await ok("sketch images.npy -o W.npz --windows 4 --cells 5");
await ok("sketch images.npy -o F.npz --frequencies 16 --scale 1");

/** A source that every kind accepts, and options for a short training. */
const short: { readonly [K in LearnedName]: string } = {
  mixture: "X.npz",
  windows: "W.npz",
  generator: "F.npz --latent 3 --hidden 8 --steps 5 --batch 50",
  "cell-linear": "X.npz --latent 3 --directions 8 --steps 5",
  patches: "Q.npz",
  denoiser: "N.npz",
  dictionary: "patches:images.npy:side=3 --atoms 12 --steps 2",
  regulariser: "images.npy --sigma 0.5 --images 20 --filters 3 --side 3 --steps 3",
};

for (const kind of learnedNames) {
  test(`${kind}: a prior that inspect, sample and compare take`, async () => {
    const trained = await ok(`train ${short[kind]} -o ${kind} --kind ${kind}`);
    assert.is(trained.kind, kind);
    assert.equal(filesIn(kind), ["prior.json", ...learnedKinds[kind].files].sort());
    assert.equal((await ok(`inspect ${kind}`)).settings, trained.settings);
    if (!["windows", "dictionary", "denoiser", "regulariser"].includes(kind))
      await ok(`sample ${kind} -n 4 -o ${kind}.png`);
    const measured = "--operator gaussian:m=6 --tune-count 0 --baselines none";
    const compared = await ok(`compare images.npy --prior ${kind} --limit 3 ${measured} -o report-${kind}`);
    assert.match(JSON.stringify(compared), new RegExp(`"${kind}"`));
  });
}

test("--help names every kind, and every option of each", async () => {
  const help = (await helpOf("train")).replace(/\s+/g, " "); // lines are wrapped
  for (const kind of learnedNames) {
    assert.ok(help.includes(learnedKinds[kind].summary), kind);
    for (const name of Object.keys(learnedKinds[kind].options)) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      assert.match(help, new RegExp(`--(no-)?${flag}\\b`));
    }
  }
});

test("unknown kinds, options of other kinds, and a sketch without what a kind needs are refused in one line", async () => {
  const fails = async (line: string, message: RegExp) => {
    const { code, stderr } = await run(line);
    assert.is(code, 1);
    assert.match(stderr, message);
  };
  await fails("train X.npz -o no --kind mixtur", /^error: --kind: unknown kind "mixtur"; did you mean mixture\?/);
  await fails(
    "train X.npz -o no --kind cell-linear --hidden 8",
    /^error: --hidden: the kind cell-linear has no hidden; give --kind generator, or leave it out\n$/,
  );
  await fails(
    "train X.npz -o no --kind mixture --steps 3",
    /^error: --steps: the kind mixture has no steps; give --kind generator or cell-linear or dictionary or regulariser, or leave it out\n$/,
  );
  await fails(
    "train X.npz -o no --kind mixture --resume",
    /^error: --resume: the training of the kind mixture is short/,
  );
  await fails("train X.npz -o no --kind cell-linear --latent 1000", /latent: expected an integer from 1 to \d+/);
  await fails("train X.npz -o no --kind cell-linear --steps x", /steps: expected an integer \(Adam steps\), got "x"/);
  await fails(
    "train X.npz -o no --kind cell-linear --learning-rate 1e39 --steps 9",
    /stopped being finite after \d+ step/,
  );
  await fails(
    "train F.npz -o no --kind cell-linear",
    /^error: train: no cell-linear: the sketch has no local moments; make/,
  );
  await fails(
    "train images.npy -o no --kind dictionary --atoms 0",
    /^error: train: atoms: expected at least 1, got 0; leave it out for the default\n$/,
  );
  await fails(
    "train images.npy -o no --kind dictionary --hidden 8",
    /^error: --hidden: the kind dictionary has no hidden; give --kind generator, or leave it out\n$/,
  );
  await fails("train X.npz -o no --kind dictionary", /^error: X\.npz/);
  await fails("train Q.npz -o no --kind denoiser", /^error: train: no denoiser: the sketch has no moments of pairs; /);
  await fails("train images.npy -o no --kind regulariser", /^error: train: sigma is required/);
  await fails(
    "train images.npy -o no --kind regulariser --sigma 0.1 --watch 3",
    /^error: --watch: the kind regulariser makes no draws to be watched; leave it out\n$/,
  );
  await fails(
    "sample regulariser -n 4 -o no.png",
    /^error: regulariser: is a regulariser, which has no probabilities /,
  );
  await fails(
    "sample windows -n 4 -o no.png",
    /^error: windows: is of windows, which has no probabilities and makes no d/,
  );
  await fails(
    "train X.npz -o no --kind windows",
    /^error: train: no windows: the sketch has no window moments; sketch /,
  );
  await fails(
    "sketch images.npy --windows 3 -o no.npz",
    /^error: windows: side: expected an even .* from 4 to 4, .* got 3\n$/,
  );
  await fails(
    "sketch patches:images.npy:side=3 --windows 4 -o no.npz",
    /^error: --windows: patches have gated moments; give/,
  );
  await fails("sketch images.npy --windows 4 --cells 0 -o no.npz", /^error: --cells: /);
  await fails(
    "sketch images.npy --windows 4 --epsilon 1 -o no.npz",
    /^error: --windows: .*their cells come from a pilot/,
  );
  for (const other of ["--sketch-size 1k", "--poses none", "--frequencies 8", "--cells-of cells"]) {
    const name = other.split(" ")[0];
    await fails(
      `sketch images.npy --windows 4 ${other} -o no.npz`,
      new RegExp(`^error: ${name}: --windows chooses the`),
    );
  }
  await fails(
    "sketch images.npy --windows 4 --by-label -o no.npz",
    /^error: --by-label: windows are not summed by label/,
  );
  await fails("sample denoiser -n 4 -o no.png", /^error: denoiser: is a denoiser, which has no probabilities /);
  for (const [given, message] of [
    [
      "patches:images.npy --denoiser mixture",
      "--denoiser: mixture is of the kind mixture, expected a patch prior or a den",
    ],
    ["patches:images.npy --denoiser cells --sigma 0", "--sigma: expected a positive number, got 0"],
    ["patches:images.npy --denoiser denoiser --sigma 0.3", "--sigma: denoiser is for 0.1, got 0.3; leave --sigma out"],
    [
      "patches:images.npy:side=4 --denoiser cells",
      "patches: side: the denoiser is of 3×3 patches, got 4; leave side out",
    ],
    ["images.npy --denoiser cells", "--denoiser: expected one data set, patches:DATA, got images.npy"],
    [
      "patches:images.npy --denoiser cells --cells 3",
      "--cells: sums of pairs have the cells of --denoiser; give one of t",
    ],
    ["patches:images.npy:side=3 --sigma 0.1", "--sigma: is that of --denoiser; give it too"],
  ] as const) {
    const { code, stderr } = await run(`sketch ${given} -o no.npz`);
    assert.is(code, 1);
    assert.ok(stderr.startsWith(`error: ${message}`), stderr);
  }
  for (const line of ["sample dictionary -n 4 -o no.png", "evaluate dictionary patches:images.npy:side=3"]) {
    await fails(line, /^error: dictionary: is a dictionary, which has no probabilities and makes no draws; /);
  }
  assert.is((await ok("train F.npz -o net --latent 3 --hidden 8 --steps 2 --batch 50")).kind, "generator"); // the first that can
});

test.run();
