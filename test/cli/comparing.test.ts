import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNpy } from "../../src/data/npy.ts";
import { uniformSignals } from "./signals.ts";
import { ok, run, scratch } from "./spawn.ts";

const test = suite("compare on the command line");
const folder = scratch();
process.chdir(folder);
const signals = uniformSignals(60);
writeFileSync("data.npy", encodeNpy(signals));

const line = "compare data.npy --operator gaussian:m=9 --operator gaussian:m=9 --operator blur --baselines tikhonov";

test("every operator may have its own noise, and one operator several: table, page, JSON and CSV name them", async () => {
  const noises = "--noise 0.01 --noise 0.1 --noise poisson:peak=30";
  const { code, stdout, stderr } = await run(`${line} ${noises} --limit 2 --tune-count 0 -o noises`);
  assert.is(code, 0, stderr);
  assert.match(stdout, /\n\S+\s+9\s+0\.01 .*\n\S+\s+9\s+0\.1 .*\nblur\S+\s+\d+\s+poisson\(peak=30\) /);
  const written = (name: string) => readFileSync(path.join("noises", name), "utf8");
  const { rows, settings } = JSON.parse(written("report.json"));
  const names = rows.map(({ noiseName }: { noiseName: string }) => noiseName);
  assert.equal(names, ["gaussian(sigma=0.01)", "gaussian(sigma=0.1)", "poisson(peak=30)"]);
  assert.is(settings.noise, "gaussian:m=9 with 0.01; gaussian:m=9 with 0.1; blur with poisson:peak=30");
  assert.match(
    written("index.html"),
    /with noise of their own \(gaussian:m=9 with 0\.01; .*blur with poisson:peak=30\)/,
  );
  assert.match(written("report.csv"), /,poisson\(peak=30\),1,tikhonov,/);
});

test("neither one noise nor one for each operator is refused, and so is a wrong one, before anything is read", async () => {
  const refused = await run(`${line} --noise 0.01 --noise 0.1 -o refused`);
  assert.is(
    refused.stderr,
    "error: --noise: expected it once for all operators, or once for each --operator (3 times), got it 2 times\n",
  );
  assert.match(
    (await run(`${line} --noise 0 --noise 0 --noise laplace -o refused`)).stderr,
    /^error: noise: .*"laplace"/,
  );
});

test("what a method was learned from is said under the table, in the page and in the JSON, with both parts of its size", async () => {
  const { size } = await ok("sketch data.npy -o X.npz --features pca:2 --frequencies 16 --scale 1");
  const given = "compare data.npy --operator blur --limit 2 --tune-count 0 --baselines gaussian:X.npz,zero -o sketched";
  const { code, stdout, stderr } = await run(given);
  assert.is(code, 0, stderr);
  const parts = `${size.numbers} numbers (${size.sums} of sums + ${size.design} of the design)`;
  const [, samples, sketched] =
    /\n\ngaussian: one Gaussian; its stationary part counts for (.*?) samples; (.*)/.exec(stdout) ?? [];
  assert.ok(Number(samples?.replaceAll(" ", "")) > 60, stdout); // uniform pixels are stationary
  assert.ok(sketched?.startsWith(`sketch of 60 samples in ${parts}, design `), stdout);
  assert.ok(readFileSync("sketched/index.html", "utf8").includes(parts));
  const { sketches } = JSON.parse(readFileSync("sketched/report.json", "utf8"));
  assert.equal(Object.keys(sketches), ["gaussian"]);
  assert.equal([sketches.gaussian.count, sketches.gaussian.size], [60, size]);
});

test("a σ that is raised and estimates that are clipped are said by compare and by reconstruct", async () => {
  await ok("sketch data.npy -o R.npz --features pca:2 --frequencies 16 --scale 1");
  await ok("train R.npz -o generator --steps 5 --hidden 4 --latent 2 --batch 20");
  const far = signals.data.map((v) => 30 * v); // contradicts what was learned, so that the generator leaves its mean to be clipped
  writeFileSync("far.npy", encodeNpy(ndarray(far, [60, 6, 6])));
  const given =
    "compare far.npy --operator gaussian:m=9 --limit 2 --range 0.4,0.6 --tune-count 0 --representation -o floors";
  const { code, stdout, stderr } = await run(`${given} --prior generator --baselines gaussian:R.npz,tikhonov`);
  assert.is(code, 0, stderr);
  assert.match(stdout, /generator .*; σ raised to \d\S*; clipped 2\n/);
  assert.match(stdout, /gaussian .*; σ raised to \d\S*\n/);
  assert.match(stdout, /tikhonov .*converged\n/);
  const { rows, representation, commands, versions } = JSON.parse(readFileSync("floors/report.json", "utf8"));
  assert.equal(Object.keys(representation), ["generator"]);
  assert.ok(representation.generator.length === 2 && representation.generator[0] > 0.1); // G(z) is cut to [0.4, 0.6], the signals reach 30
  assert.equal(commands, [`sketchprior ${given} --prior generator --baselines gaussian:R.npz,tikhonov`]);
  assert.is(versions.node, process.versions.node);
  assert.equal([rows[0].raised.from, rows[0].raised.measurements, rows[0].clipped], [0, 9, 2]);
  assert.match(readFileSync("floors/index.html", "utf8"), /σ raised to \d\S*; clipped 2</);

  await ok("measure far.npy --operator gaussian:m=9 --limit 2 -o y.npz");
  const said = await run("reconstruct y.npz --prior generator --range 0.4,0.6 -o x.npz");
  assert.match(said.stdout, /σ +raised from 0 to \d\S* in 9 measurements of each signal, the solver's floor\n/);
  assert.match(said.stdout, /clipped +2 of 2 signals, to the range that the solver did not keep to\n/);
  const found = await ok("inspect x.npz");
  assert.equal([found.sigmaGiven, found.sigmaRaisedIn, found.clipped], [0, 9, 2]);
  assert.ok(found.sigma > 0);
});

test.run();
