import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ok, run, scratch } from "./spawn.ts";

const test = suite("the command evaluate");
process.chdir(scratch());
await ok("sketch ring -o X.npz --limit 2000 --frequencies 64");
// seed 3: the network spreads less than the data, so that there is a residual to leave out
await ok("train X.npz -o prior --seed 3 --hidden 8 --latent 3 --batch 50 --steps 5");

test("a table of three figures, each beside that of real samples and their difference, and the same as JSON", async () => {
  const line = "evaluate prior ring --from 5000 -n 125 --groups 5";
  const { code, stdout } = await run(line);
  assert.is(code, 0);
  assert.match(stdout, /^figure +prior +95 % +real +95 % +difference +95 %\n/);
  for (const title of ["MMD²", "energy distance", "sliced Wasserstein"]) {
    assert.match(stdout, new RegExp(`^${title}( +\\S+ +\\[\\S+, \\S+\\]){3}$`, "m"));
  }
  assert.match(
    stdout,
    /^expected distances of 10 from 10 samples, with 95 % confidence intervals over 5 independent groups; 125 samples of ring, features raw, [\d.]+ s$/m,
  );
  const { figures, samples, count, seconds: _, ...rest } = await ok(line);
  assert.equal([samples, count, rest.groups, rest.features, rest.seed], [10, 125, 5, "raw", 1]);
  for (const { prior, real } of Object.values<{ prior: { mean: number }; real: { mean: number } }>(figures)) {
    assert.ok(prior.mean > real.mean); // five steps of training
  }
  assert.equal((await ok(line)).figures, figures);
  assert.not.equal((await ok(`${line} --seed 2`)).figures, figures);
  assert.not.equal((await ok(`${line} --no-residual`)).figures.energy.prior, figures.energy.prior);
  assert.equal((await ok(`${line} --no-residual`)).figures.energy.real, figures.energy.real);
});

test("its own kernel and coordinates", async () => {
  const { features, figures } = await ok(
    "evaluate prior ring -n 60 --groups 2 --features pca:1 --frequencies 10 --scale 0.1,1",
  );
  assert.is(features, "pca:1");
  assert.ok(figures.energy.prior.mean > 0);
});

test("bad input is one line", async () => {
  for (const [line, message] of [
    ["evaluate nowhere ring", "nowhere/prior.json: no such file"],
    ["evaluate prior rinq", 'data: unknown data set "rinq"; did you mean ring?'],
    [
      "evaluate prior mnist:test",
      "evaluate: prior makes signals of 2, the samples of mnist:test are 28×28; give data like",
    ],
    [
      "evaluate prior ring -n 124",
      "evaluate: expected at least 125 samples for 10 groups, got 124 of ring; raise --limit, give more, or give fewer --groups",
    ],
    ["evaluate prior ring --from 99990", "evaluate: expected at least 125 samples for 10 groups, got 10 of ring"],
    ["evaluate prior ring --groups 1", "--groups: expected an integer of at least 2, got 1"],
    ["evaluate prior ring --features pca:3", "features: pca:3 asks for more components than dimensions (2)"],
    ["evaluate prior ring --scale 0", "sketch: scale: must be a positive number, got 0"],
  ]) {
    const { code, stdout, stderr } = await run(line!);
    assert.equal([code, stdout, stderr.includes(`error: ${message}`)], [1, "", true], stderr);
  }
});

test.run();
