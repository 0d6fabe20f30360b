import { readFileSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type NpyArray, writeNpz } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { ok, refused, run, scratch } from "./spawn.ts";

const test = suite("commands on lossy measurements");
process.chdir(scratch());

const random = stream(1, "lossy rows");
const ROWS = 240;
/** Images of 3 × 4, bright on the left or on the right. */
const images = Float32Array.from({ length: ROWS * 12 }, (_, at) => {
  const [row, column] = [Math.floor(at / 12), at % 4];
  return Number((row % 2 === 0) === column < 2) + 0.1 * random.normal();
});
const labels = ndarray(
  Uint8Array.from({ length: ROWS }, (_, i) => i % 2),
  [ROWS],
);
const write = (name: string, arrays: Record<string, NpyArray>) => writeNpz(name, { arrays, metadata: undefined });
await write("data.npz", { data: ndarray(images, [ROWS, 3, 4]), labels });

const THROUGH = "--through mask:keep=.4 --noise .05";

test("sketch, train, and again with --cells-of: an ordinary mixture prior", async () => {
  const first = await ok(`sketch data.npz ${THROUGH} --features pca:2 -o A.npz`);
  assert.equal([first.count, first.families[0].kind, first.families[0].form], [ROWS, "lossy-moments", "masked"]);
  await ok("train A.npz -o first");
  const scores = await ok(`sketch data.npz ${THROUGH} --cells-of first --cells 1 --features pca:2 -o S.npz`);
  assert.is(scores.families[0].kind, "lossy-scores");
  await ok("train S.npz -o step");
  const cells = await ok(`sketch data.npz ${THROUGH} --cells-of step --cells 2 -o B.npz`);
  assert.equal([cells.families[0].kind, cells.families[0].cells], ["lossy-cells", 2]);
  await ok("train B.npz -o second");
  await ok(`sketch data.npz ${THROUGH} --cells-of second -o C.npz`);
  await ok("train C.npz -o third");
  const facts = await ok("inspect third");
  assert.equal([facts.kind, facts.components, facts.shape], ["mixture", 2, [3, 4]]);
  assert.match(facts.seen, /^pixels of each sample seen through its own mask:keep=\.4, noise 0\.05$/);
  await ok("sample third -n 4 -o samples.npy");
  await ok("measure data.npz --operator gaussian:m=4 --limit 6 -o y.npz");
  const errorOf = async (prior: string): Promise<number> =>
    (await ok(`reconstruct y.npz --prior ${prior} -o x.npz --force`)).mse;
  const [before, after] = [await errorOf("first"), await errorOf("third")];
  assert.ok(before < 0.02 && after < 0.95 * before, `${before}, ${after}`); // .0122 and .0110: a pixel varies by .25
});

test("shards are those of the whole data set, and merge to its file", async () => {
  await ok(`design data.npz ${THROUGH} --cells-of first --cells 2 --block 32 --by-label -o D.npz`);
  await ok(`sketch data.npz ${THROUGH} --design D.npz -o whole.npz`);
  for (const i of [1, 2, 3]) await ok(`sketch data.npz ${THROUGH} --design D.npz --shard ${i}/3 -o P${i}.npz`);
  await ok("merge P3.npz P1.npz P2.npz -o merged.npz");
  assert.equal(readFileSync("merged.npz"), readFileSync("whole.npz"));
  await ok("train merged.npz -o labelled");
  assert.is((await ok("inspect labelled")).labels, 2);
});

test("measurements of one's own are read with --measurements", async () => {
  const seen = images.map((v, at) => ((at * 7) % 5 < 3 ? v : Number.NaN));
  await write("own.npz", { y: ndarray(seen, [ROWS, 3, 4]) });
  const { families } = await ok("sketch --measurements own.npz --features pca:2 -o O.npz");
  assert.equal([families[0].form, families[0].through], ["masked", "mask"]);
  await ok("train O.npz -o own");
  await write("other.npz", {
    y: ndarray(
      seen.map((v) => 1 - v),
      [ROWS, 3, 4],
    ),
  }); // a second owner's
  await ok("design --measurements own.npz --features pca:2 -o D-own.npz");
  await ok("sketch --measurements other.npz --design D-own.npz -o Q.npz");
  await ok("merge O.npz Q.npz -o both.npz");
});

test("one Φ for all samples says what it leaves unseen, in sketch, train and inspect", async () => {
  const unseen = /one Φ for all samples identifies ΦCΦᵀ alone: 6 of 12 directions are unseen/;
  await write("one.npz", {
    y: ndarray(
      Float32Array.from({ length: ROWS * 6 }, (_, at) => images[12 * Math.floor(at / 6) + 2 * (at % 6)]!),
      [ROWS, 6],
    ),
    operator: ndarray(
      Float32Array.from({ length: 72 }, (_, at) => Number(at % 12 === 2 * Math.floor(at / 12))),
      [6, 12],
    ),
    shape: ndarray(Float32Array.of(3, 4), [2]),
  });
  for (const line of [
    "sketch --measurements one.npz -o F.npz",
    "train F.npz -o fixed",
    "inspect fixed",
    "inspect F.npz",
  ]) {
    assert.match((await run(`${line} --quiet`)).stdout, unseen, line);
  }
});

test("bad input is refused in one line", async () => {
  await write("shape.npz", { y: ndarray(images, [ROWS, 3, 4]), mask: ndarray(new Uint8Array(9), [3, 3]) });
  await write("none.npz", { y: ndarray(images, [ROWS, 3, 4]), mask: ndarray(new Uint8Array(12), [3, 4]) });
  for (const [line, message] of [
    [
      "sketch --measurements shape.npz -o no.npz",
      /^error: shape\.npz: mask: expected \[240,3,4\], as y, or \[3,4\], as one sample, got \[3,3\]$/m,
    ],
    [
      "sketch --measurements none.npz -o no.npz",
      /^error: none\.npz: every pixel of every sample is missing, there is nothing to learn$/m,
    ],
    [
      "sketch data.npz --measurements own.npz -o no.npz",
      /^error: --measurements: is read in place of a data set; give one of the two$/m,
    ],
    [
      "sketch data.npz --through mask:keep=.4 --noise -1 -o no.npz",
      /^error: --noise: expected a number of at least 0, got -1$/m,
    ],
    ["sketch data.npz --through magnitude -o no.npz", /^error: --through: magnitude.* is not linear/m],
    ["sketch data.npz --through msk -o no.npz", /^error: operator: unknown operator "msk"; did you mean mask\?/m],
    [
      "sketch data.npz --through mask --sketch-size 1M -o no.npz",
      /^error: --sketch-size: lossy measurements have lossy moments/m,
    ],
    [
      "sketch data.npz --through mask --cells 3 -o no.npz",
      /^error: --cells: the first pass of lossy measurements has no cells; train it/m,
    ],
    [
      "sketch data.npz --through mask --features raw -o no.npz",
      /^error: --features: lossy measurements have pca:K with K from 1 to 12, got "raw"$/m,
    ],
    [
      "sketch data.npz --through mask --cells-of third --cells 5 -o no.npz",
      /^error: --cells: third has 2 components; leave --cells out$/m,
    ],
    [
      "sketch data.npz --through mask --cells-of third --features pca:2 -o no.npz",
      /^error: --features: lossy cells have those of --cells-of/m,
    ],
    [
      "sketch data.npz --design D.npz -o no.npz",
      /^error: --design: is for samples seen through mask:keep=\.4, noise 0\.05, not as they are$/m,
    ],
    [
      "sketch data.npz --through mask --design D.npz -o no.npz",
      /^error: --design: is for samples seen through mask:keep=\.4, noise 0\.05, not mask, noise 0$/m,
    ],
    ["sketch --quiet -o no.npz", /^error: missing argument: data; see --help$/m],
  ] as const) {
    if (line.startsWith("sketch --quiet")) {
      const { code, stderr } = await run(line);
      assert.is.not(code, 0);
      assert.match(stderr, message);
    } else await refused(line, message);
  }
});

test.run();
