import { writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { operatorNames } from "../../operators/registry.ts";
import { readNpz } from "../../src/data/index.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { noiseNames } from "../../src/measure/noise/registry.ts";
import { draw, floats } from "../operators/draws.ts";
import { filesIn, inProcess, ok, run, scratch } from "./spawn.ts";

const test = suite("measure, the command");
const folder = scratch();
process.chdir(folder);
const bright = draw(1, [12, 4]);
bright.data.set(bright.data.map(Math.abs));
writeFileSync("data.npy", encodeNpy(bright));
writeFileSync("my matrix.npy", encodeNpy(floats([1, 2, 3, 4, 0, 1, 0, 1], [2, 4])));
writeFileSync(
  "mine.mjs",
  `export default ({ tf, shape }) => ({ name: "roots", inShape: shape, outShape: shape, forward: (x) => tf.sqrt(x) });`,
);

test("--help shows every operator and noise model", async () => {
  const { describeNoises, describeOpenOperators } = await import("../../src/measure/index.ts");
  const text = `${describeOpenOperators()}\n${describeNoises()}`;
  for (const name of [...operatorNames, "matrix", "./mine.js", ...noiseNames]) assert.ok(text.includes(`\n  ${name} `));
});

test("several operators and noise models make one file each, of the same signals", async () => {
  const { files } = await ok(
    "measure data.npy --limit 5 --operator mask --operator ./mine.mjs --noise 0.1 --noise poisson:peak=9 -o y.npz",
  );
  const facts = files.map(({ file, operator, noise, count }: Record<string, unknown>) => [
    file,
    operator,
    noise,
    count,
  ]);
  assert.equal(facts, [
    ["y-1.npz", "mask", "gaussian:sigma=0.1", 5],
    ["y-2.npz", "mask", "poisson:peak=9", 5],
    ["y-3.npz", "./mine.mjs", "gaussian:sigma=0.1", 5],
    ["y-4.npz", "./mine.mjs", "poisson:peak=9", 5],
  ]);
  const truths = await Promise.all(files.map(async ({ file }: { file: string }) => (await readNpz(file)).arrays.truth));
  for (const truth of truths) assert.equal(truth!.data, bright.data.slice(0, 20));
});

test("one's own matrix, of a path with a blank: the file is one that inspect reads", async () => {
  const words = "measure data.npy --limit 3 --noise gaussian:snr=30 -o z.npz --json --operator".split(" ");
  const { code, stdout } = await inProcess([...words, "matrix:file=my matrix.npy"]);
  assert.is(code, 0);
  const { m, n, noise, sigma } = JSON.parse(stdout);
  assert.equal([m, n, noise], [2, 4, `gaussian:sigma=${sigma}`]);
  const found = await ok("inspect z.npz");
  assert.equal([found.kind, found.operator, found.sigma], ["measurements", "matrix:file=my matrix.npy", sigma]);
});

test("a failing sweep leaves no file; each fault is one line", async () => {
  const before = filesIn(folder);
  const sigmas = path.join(folder, "few.npy");
  writeFileSync(sigmas, encodeNpy(floats([1, 2, 3], [3])));
  const cases: readonly (readonly [string, RegExp])[] = [
    ["--operator mask --noise 0.1 --noise nan", /^error: noise: expected a number, .*got "nan"/],
    ["--operator mask --noise much", /^error: noise: unknown noise "much"; expected one of gaussian, poisson/],
    ["--operator mask --noise gaussian:sigma=auto", /^error: gaussian: sigma=auto is for measurements that there are/],
    [
      "--operator mask --operator gaussian:m=3 --noise poisson:peak=9",
      /^error: poisson noise: measurement \d of signal/,
    ],
    ["--operator mask --noise gaussian:sigmas=few.npy", /^error: gaussian noise: got 3 sigmas for 2 measurements/],
    ["--operator ./none.mjs", /^error: \.\/none\.mjs: no such file/],
  ];
  for (const [words, message] of cases) {
    const { code, stderr } = await run(`measure data.npy -o out.npz ${words}`);
    assert.match(stderr, message, words);
    assert.equal([code, stderr.split("\n").length], [1, 2]);
  }
  assert.equal(filesIn(folder), [...before, "few.npy"].sort());
});

test.run();
