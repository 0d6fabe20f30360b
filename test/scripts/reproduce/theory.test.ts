import { existsSync } from "node:fs";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { stretches } from "../../../scripts/reproduce/theory/lipschitz.ts";
import { reachedMinima } from "../../../scripts/reproduce/theory/minima.ts";
import { halfway, sparseShare, wilson } from "../../../scripts/reproduce/theory/success.ts";
import { theory } from "../../../scripts/reproduce/theory.ts";
import { inProcess } from "../../cli/spawn.ts";
import { scratch } from "../../data/tiny.ts";

const test = suite("theory");
const file = scratch();
const { signal } = new AbortController();

test("m of one half lies between its neighbours on a logarithmic axis", () => {
  const shares = [2, 8, 32].map((m, i) => ({ m, successes: [0, 2, 10][i]!, trials: 10 }));
  const expected = 8 * 4 ** (0.3 / 0.8);
  assert.ok(Math.abs(halfway(shares)! - expected) < 1e-9);
  assert.is(halfway(shares.slice(0, 2)), undefined);
  assert.is(halfway(shares.slice(2)), 32);
});

test("Wilson's interval of 9 successes in 10", () => {
  const [low, high] = wilson({ successes: 9, trials: 10 });
  assert.ok(Math.abs(low - 0.5958) < 1e-3 && Math.abs(high - 0.9821) < 1e-3, `${low}, ${high}`);
});

test("sparse signals: many measurements recover all, as many as numbers that are not 0 none", async () => {
  const options = { trials: 8, seed: 1, signal };
  assert.is((await sparseShare(40, 2, 30, options)).successes, 8);
  assert.ok((await sparseShare(40, 8, 8, options)).successes <= 1);
});

test("a network that expands has no minima but the global one, after the negatives; one that does not has others", async () => {
  const settings = { latent: 4, depth: 2, signals: 2, restarts: 6, seed: 1, signal };
  const [narrow, wide] = [await reachedMinima(1, settings), await reachedMinima(6, settings)];
  assert.is(wide.negated.successes, 12);
  assert.ok(narrow.negated.successes < 12, `${narrow.negated.successes}`);
  assert.ok(wide.plain.successes <= wide.negated.successes);
});

test("stretches of a linear G are known", async () => {
  const linear: GeneratorPrior = {
    ...{ kind: "generator", name: "linear", latent: 2, shape: [3] },
    decode: (z) => tf.matMul(z as tf.Tensor2D, tf.tensor2d([3, 0, 0, 0, 1, 0], [2, 3])),
  };
  const latents = ndarray(Float32Array.of(0, 0, 2, 0), [2, 2]);
  const { data, largest, random, pairs } = await stretches(linear, latents, 5, 1);
  const near = (values: Float64Array, value: number) => values.every((v) => Math.abs(v - value) < 1e-3);
  assert.ok(near(data, 3), `${data}`); // the two latents lie along the first axis
  assert.ok(near(largest, 3), `${largest}`);
  for (const v of [...random, ...pairs]) assert.ok(v >= 0.999 && v <= 3.001, `${v}`);
});

test("a part of it runs small, with its picture and its table", async () => {
  const words =
    "theory --parts success --latents 2,4 --depths 1 --trained 3 --length 24 --trials 4 --data DATA --steps 5";
  const { writeFileSync } = await import("node:fs");
  const { encodeNpy, stream } = await import("../../../src/data/index.ts");
  const numbers = stream(1, "data").fillNormal(new Float32Array(200 * 60));
  writeFileSync(file("data.npy"), encodeNpy(ndarray(numbers, [200, 60])));
  const out = file("theory");
  const { code, stdout, stderr } = await inProcess(
    [...words.replace("DATA", file("data.npy")).split(" "), "--json", "--out", out],
    { theory },
  );
  assert.is(code, 0, stderr);
  const { curves } = JSON.parse(stdout) as { curves: { kind: string; k: number; half?: number; shares: object[] }[] };
  assert.equal(
    curves.map(({ kind, k }) => [kind, k]),
    [
      ["random weights", 2],
      ["random weights", 4],
      ["random weights", 20],
      ["sparse", 2],
      ["sparse", 4],
      ["trained", 3],
    ],
  );
  assert.ok(curves[0]!.half! >= 1 && curves[0]!.half! <= 12);
  assert.ok(existsSync(`${out}/success.png`));
});

test("what cannot be run ends in one line that says why", async () => {
  const said = async (...words: string[]) => (await inProcess(["theory", ...words], { theory })).stderr;
  assert.is(await said("--parts", "all"), 'error: --parts: expected some of success, minima, lipschitz, got "all"\n');
  assert.is(
    await said("--latents", "5,400"),
    "error: --latents: expected less than the --length of signals, 400, got 400\n",
  );
});

test.run();
