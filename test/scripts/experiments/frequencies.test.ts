import { existsSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorByDraws } from "../../../scripts/experiments/frequencies/draws-mean.ts";
import { frequencies } from "../../../scripts/experiments/frequencies.ts";
import { stream } from "../../../src/data/random.ts";
import { inProcess } from "../../cli/spawn.ts";
import { scratch } from "../../data/tiny.ts";

const test = suite("frequencies");
const file = scratch();

test("the mean of weighed draws has the error of the posterior's mean, which is known for a Gaussian", () => {
  // x ~ N(0, 1), one number, y = ax + w: the error is the mean of 1/(1 + a²/σ²) over a ~ N(0, 1), σ = 0.1
  const normal = (count: number, name: string) =>
    ndarray(stream(1, name).fillNormal(new Float32Array(count)), [count, 1]);
  const found = errorByDraws(normal(2000, "truth"), normal(4000, "draws"), 1);
  let expected = 0;
  for (let i = 0; i < 2e4; i++) {
    const a = -6 + (12 * (i + 0.5)) / 2e4;
    expected += ((12 / 2e4) * Math.exp((-a * a) / 2)) / Math.sqrt(2 * Math.PI) / (1 + (a / 0.1) ** 2);
  }
  assert.ok(Math.abs(found / expected - 1) < 0.15, `${found}, expected ${expected}`);
});

test("a line for every network and number of frequencies, and a picture", async () => {
  const words = ["--sets", "gmm6", "--counts", "64,8", "--points", "1000", "--steps", "20", "--repeats", "1"];
  const out = file("report");
  const { code, stdout, stderr } = await inProcess(["frequencies", ...words, "--json", "--out", out], { frequencies });
  assert.is(code, 0, stderr);
  const { lines, reals } = JSON.parse(stdout) as {
    lines: { m: number; parameters: number; mmd2: number[] }[];
    reals: { mmd2: number }[];
  };
  assert.equal(
    lines.map(({ m, parameters }) => [parameters, m]),
    [178, 178, 1474, 1474, 18178, 18178].map((parameters, i) => [parameters, [8, 64][i % 2]]),
  );
  assert.ok(lines.every(({ mmd2 }) => mmd2[0]! > reals[0]!.mmd2)); // 20 steps do not reach the data
  assert.ok(existsSync(`${out}/frequencies.png`));
});

test("what cannot be run ends in one line that says why", async () => {
  const said = async (...words: string[]) => (await inProcess(["frequencies", ...words], { frequencies })).stderr;
  assert.is(await said("--sets", "cube"), 'error: --sets: expected some of spiral, gmm6, digits, got "cube"\n');
  assert.is(await said("--counts", "0"), "error: --counts: expected an integer of at least 1, got 0\n");
});

test.run();
