import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import ndarray from "ndarray";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { penalties, penaltyNames } from "../../priors/registry.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { encodeNpz } from "../../src/data/npz.ts";
import { stream } from "../../src/data/random.ts";
import { decoded } from "../report/decoded.ts";
import { filesIn, helpOf, inProcess, scratch, sketchprior } from "./spawn.ts";

const test = suite("commands on files");
const folder = scratch();
process.chdir(folder);
const spawned = (line: string) => sketchprior(folder, line.split(" "));
const run = (line: string) => inProcess(line.split(" "));

/** 60 images of 6×6 pixels: a bright square of random size and place on noise. */
function images(): Float32Array {
  const random = stream(1, "test images");
  const data = random.fillNormal(new Float32Array(60 * 36)).map((v) => 0.05 * v);
  for (let i = 0; i < 60; i++) {
    const [top, left] = [random.integer(4), random.integer(4)];
    for (let r = top; r < top + 3; r++) for (let c = left; c < left + 3; c++) data[36 * i + 6 * r + c]! += 1;
  }
  return data;
}

const write = (name: string, data: Float32Array, shape: number[]) =>
  writeFileSync(path.join(folder, name), encodeNpy(ndarray(data, shape)));
write("data.npy", images(), [60, 6, 6]);
write("other.npy", images().subarray(0, 60 * 30), [60, 6, 5]);
write("nan.npy", images().fill(Number.NaN, 1000, 1001), [60, 6, 6]);

const SMALL = "--frequencies 32 --pilot 30 --scale 1,2";

test("sketch, train, sample: each step reads what the one before wrote", async () => {
  const sketch = await spawned(`sketch data.npy -o X.npz ${SMALL} --json`);
  assert.is(sketch.stderr, "");
  const { count, shape, features, file } = JSON.parse(sketch.stdout);
  assert.equal({ count, shape, features, file }, { count: 60, shape: [6, 6], features: "raw", file: "X.npz" });

  const train = await spawned("train X.npz -o prior --steps 20 --hidden 8 --latent 3 --batch 50");
  assert.is(train.stderr, "");
  assert.match(
    train.stdout,
    /^wrote +prior prior\nsignals +6×6\nnetwork +3-8-36, tanh\ntrained +20 steps of 50 latents/,
  );
  assert.equal(filesIn(path.join(folder, "prior")), ["generator.onnx", "prior.json", "weights.npz"]);

  const [png, again, npy] = await Promise.all([
    run("sample prior -n 6 --columns 3 -o s.png"),
    spawned("sample prior -n 6 --columns 3 -o t.png"),
    run("sample prior -n 6 -o s.npy --json"),
  ]);
  assert.equal(png, { code: 0, stdout: "wrote 6 signals of 6×6 to s.png\n", stderr: "" });
  const bytes = readFileSync(path.join(folder, "s.png"));
  assert.is((await decoded(bytes)).width, 3 * (6 * 11 + 2) + 2);
  assert.equal(bytes, readFileSync(path.join(folder, "t.png"))); // the same seed, the same samples
  assert.is(again!.code, 0);
  assert.equal(JSON.parse(npy!.stdout), { file: "s.npy", count: 6, shape: [6, 6], seed: 1 });
});

test("two shards of one design merge to the whole; shards of two designs are refused", async () => {
  assert.is((await run(`design data.npy -o D.npz --block 32 ${SMALL}`)).code, 0);
  const made = await Promise.all([
    run("sketch data.npy -o A.npz --design D.npz --shard 1/2"),
    run("sketch data.npy -o B.npz --design D.npz --shard 2/2"),
    run("sketch data.npy -o C.npz --block 32 --frequencies 16 --pilot 30 --scale 1"),
  ]);
  assert.equal(
    made.map((r) => r.code),
    [0, 0, 0],
  );
  const [good, bad] = await Promise.all([
    run("merge A.npz B.npz -o AB.npz --json"),
    run("merge A.npz C.npz -o AC.npz"),
  ]);
  assert.is(JSON.parse(good!.stdout).count, 60);
  assert.is(bad!.code, 1);
  assert.match(
    bad!.stderr,
    /^error: merge: A\.npz and C\.npz are of different designs \(fourier\.scales: 1,2 and 1; fourier\.m: 32 and 16\); make both with --design\n$/,
  );
  assert.not.ok(filesIn(folder).includes("AC.npz"));
});

test("measure and reconstruct: errors are given where the truth is known, λ is the default, fixed or chosen", async () => {
  const measured = await run(
    "measure data.npy --operator gaussian:m=18 --noise 0.05 --from 50 --limit 4 -o y.npz --json",
  );
  assert.is(measured.stderr, "");
  const { count, m, n, noiseNorm } = JSON.parse(measured.stdout);
  assert.equal([count, m, n, noiseNorm.toFixed(4)], [4, 18, 36, (0.05 * Math.sqrt(18)).toFixed(4)]);

  const lines = {
    prior: "--prior prior --solver csgm:restarts=2,steps=30 --lambda 0.2",
    tikhonov: "--prior tikhonov",
    tv: "--prior tv --lambda 0.01",
    wavelet: "--prior wavelet --tune data.npy --tune-count 3",
    gaussian: "--prior gaussian:X.npz",
  };
  const lambdas: Record<string, number> = {};
  for (const [name, words] of Object.entries(lines)) {
    const { code, stdout, stderr } = await run(`reconstruct y.npz ${words} -o ${name}.npz --json`);
    assert.equal([code, stderr], [0, ""]);
    const { method, lambda, mse, errors, shape } = JSON.parse(stdout);
    assert.equal([method, errors.length, shape], [name, 4, [6, 6]]);
    assert.ok(mse > 0 && mse < 1);
    lambdas[name] = lambda;
  }
  assert.equal([lambdas.prior, lambdas.tv], [0.2, 0.01]);
  assert.ok(lambdas.tikhonov! > 0 && lambdas.wavelet! > 0);
  assert.is(lambdas.gaussian, null);

  const posterior = async (estimate: string) =>
    JSON.parse(
      (
        await run(
          `reconstruct y.npz --prior prior --solver latent-posterior:restarts=2,estimate=${estimate} -o p-${estimate}.npz --json`,
        )
      ).stdout,
    );
  const [mean, best] = [await posterior("mean"), await posterior("best")];
  assert.equal([mean.lambda, best.lambda], [null, null]);
  assert.ok(mean.mse > 0 && best.mse > 0);
});

test("sigma=auto and --lambda auto: both from the measurements, and the output says by which rule", async () => {
  const { code, stdout } = await run(
    "reconstruct y.npz --prior tv --noise gaussian:sigma=auto --lambda auto -o auto.npz --json",
  );
  const { lambda, sigma, by } = JSON.parse(stdout);
  assert.is(code, 0);
  assert.ok(lambda > 0 && sigma > 0);
  assert.match(by, /^sigma by generalised cross-validation; lambda by Stein's estimate of the risk \(SURE\)$/);
  const learned = await run(
    "reconstruct y.npz --prior gaussian:X.npz --noise gaussian:sigma=auto -o learned.npz --json",
  );
  assert.is(JSON.parse(learned.stdout).by, "sigma by evidence");
  const compared =
    "compare data.npy --operator blur --noise 0.05 --baselines tikhonov --lambda auto --limit 2 -o automatic";
  const report = JSON.parse((await run(`${compared} --json`)).stdout);
  assert.is(report.settings["λ chosen on"], "the measurements themselves");
});

test("compare writes one report of every method, and says the same on stdout", async () => {
  const line = `compare data.npy --prior prior --operator gaussian:m=9 --operator gaussian:m=18 --operator mask:block=2 --baselines tikhonov,tv,wavelet,gaussian:X.npz`;
  const { code, stdout, stderr } = await spawned(`${line} --limit 4 --tune-count 3 --quiet -o report`);
  assert.equal([code, stderr], [0, ""]);
  assert.match(stdout, /^operator +m +noise +method +error[\s\S]*wrote report\/index\.html in [\d.]+ s\n$/);
  const files = filesIn(path.join(folder, "report"));
  assert.equal(
    files.filter((file) => !file.includes("/")),
    ["index.html", "report.csv", "report.json"],
  );
  assert.is(files.filter((file) => file.startsWith("cells/")).length, 3 * 5);
  assert.ok(["csv", "json", "png", "svg"].every((end) => files.includes(`figures/error.${end}`)));
  const page = readFileSync(path.join(folder, "report/index.html"), "utf8");
  for (const word of ["prior", "tikhonov", "tv", "wavelet", "gaussian", "mask", "signals 4 to 6 of data.npy"]) {
    assert.ok(page.includes(word), word);
  }
  const { rows } = JSON.parse(readFileSync(path.join(folder, "report/report.json"), "utf8"));
  assert.is(rows.length, 3 * 5);
  for (const row of rows) assert.is(row.errors.length, 4);
});

test("a baseline may have options, whose commas do not end it", async () => {
  const line =
    "compare data.npy --operator gaussian:m=9 --limit 2 --tune-count 0 --json -o with-options --baselines tikhonov,wavelet:wavelet=haar,levels=1,tv";
  const { stdout, stderr } = await run(line);
  assert.is(stderr.includes("error"), false, stderr);
  assert.equal(
    JSON.parse(stdout).rows.map((row: { method: string }) => row.method),
    ["tikhonov", "wavelet:wavelet=haar,levels=1", "tv"],
  );
});

test("one prior with several solvers: rows of names that differ, each with its solver's own options", async () => {
  const line =
    "compare data.npy --operator gaussian:m=9 --limit 2 --tune-count 0 --json -o solvers --baselines none " +
    "--prior prior --prior prior:solver=csgm,restarts=2,steps=30 --prior prior:solver=csgm,lambda=0.25 " +
    "--prior wavelet:levels=1,solver=primal-dual --prior gaussian:X.npz:solver=posterior";
  const { code, stdout, stderr } = await run(line);
  assert.is(code, 0, stderr);
  const { rows, settings } = JSON.parse(stdout);
  const shown = rows.map((row: { method: string; lambda?: number }) => [row.method, row.lambda !== undefined]);
  assert.equal(shown, [
    ["prior", false], // latent-posterior, which has no λ
    ["prior, csgm:restarts=2,steps=30", true],
    ["prior, csgm:lambda=0.25", true],
    ["wavelet:levels=1, primal-dual", true],
    ["gaussian, posterior", false],
  ]);
  const [own, few, csgm] = rows.map((row: { errors: number[] }) => row.errors);
  assert.is(rows[2].lambda, 0.25);
  assert.not.equal(own, csgm);
  assert.not.equal(few, csgm);
  assert.match(settings["prior prior"], /^generator 3-8-36/);
  assert.match(readFileSync(path.join(folder, "solvers/index.html"), "utf8"), /prior, gaussian: learned from a sketch/);
});

test("draws of operators, signals at random, and what needs no measurements", async () => {
  assert.is((await run("sketch data.npy -o of-all.npz --force")).code, 0);
  const line =
    "compare data.npy --operator gaussian:m=9 --draws 3 --shuffle --limit 5 --tune-count 4 --baselines tikhonov,mean:of-all.npz,zero";
  const { code, stdout, stderr } = await run(`${line} --json -o drawn`);
  assert.is(code, 0, stderr);
  const { rows, settings } = JSON.parse(stdout);
  assert.equal(
    rows.map((row: { method: string }) => row.method),
    ["tikhonov", "mean", "zero"],
  );
  assert.match(settings.data, /, 5 at random$/);
  assert.is(settings["λ chosen on"], "4 other random signals of data.npy");
  const [tikhonov, mean, zero] = rows.map((row: { errors: number[] }) => row.errors);
  assert.is(tikhonov.length, 15);
  assert.equal(zero.slice(0, 5), zero.slice(5, 10)); // the same signals in every draw
  assert.not.equal(tikhonov.slice(0, 5), tikhonov.slice(5, 10)); // of another Φ
  const meanOf = (errors: number[]) => errors.reduce((sum, e) => sum + e / errors.length, 0);
  assert.ok(meanOf(mean) < meanOf(zero));
  const again = JSON.parse((await run(`${line} --json -o drawn-again`)).stdout);
  assert.equal(again.rows[0].errors, tikhonov);
  const other = JSON.parse((await run(`${line} --seed 2 --json -o drawn-otherwise`)).stdout);
  assert.not.equal(other.rows[2].errors, zero);
});

test("penalties about the mean of a sketch are better than about 0, where little is measured", async () => {
  const line = "compare data.npy --operator gaussian:m=2 --limit 10 --tune-count 10 --baselines tikhonov --range none";
  const errorOf = async (options: string, out: string) => {
    const { code, stdout, stderr } = await run(`${line}${options} --json -o ${out}`);
    assert.is(code, 0, stderr);
    return JSON.parse(stdout).rows[0].mse;
  };
  assert.ok((await errorOf(" --centre of-all.npz", "centred")) < 0.9 * (await errorOf("", "about-0")));
  const line2 = "reconstruct y.npz --prior tikhonov --centre of-all.npz -o centred.npz";
  assert.is((await run(line2)).code, 0);
});

test("compare takes the penalties that are marked as baselines when none are named, and its help says which", async () => {
  const marked = penaltyNames.filter((name) => penalties[name].baseline);
  assert.ok(marked.length > 0);
  const line = "compare data.npy --operator gaussian:m=9 --limit 2 --tune-count 0 --json -o by-default";
  const { rows } = JSON.parse((await run(line)).stdout);
  assert.equal(
    rows.map((row: { method: string }) => row.method),
    marked,
  );
  const help = (await helpOf("compare")).replace(/\s+/g, " "); // lines break where the terminal ends
  assert.match(help, /--baselines .*\[default: those compared by default, see below\]/);
  for (const name of penaltyNames) {
    const { summary, baseline } = penalties[name];
    assert.is(help.includes(`${summary} (compared by default)`), baseline === true, name);
  }
});

test("inspect says what each file is, in words and as JSON", async () => {
  const kinds = {
    "X.npz": "sketch",
    "D.npz": "design",
    prior: "prior",
    "data.npy": "data set",
    "y.npz": "measurements",
    "tv.npz": "reconstruction",
  };
  const texts = await Promise.all(Object.keys(kinds).map((file) => run(`inspect ${file}`)));
  for (const [i, [file, kind]] of Object.entries(kinds).entries()) {
    assert.match(texts[i]!.stdout, new RegExp(`^file +${file}\nkind +${kind}\n`));
  }
  mkdirSync(path.join(folder, "pictures", "empty"), { recursive: true });
  for (const label of ["cats", "dogs"]) {
    mkdirSync(path.join(folder, "pictures", label), { recursive: true });
    const create = { width: 4, height: 3, channels: 3 as const, background: "grey" };
    await sharp({ create })
      .png()
      .toFile(path.join(folder, "pictures", label, "1.png"));
  }
  assert.match(
    (await run("inspect pictures")).stdout,
    /^samples +2 of 3×4\nvalues .*\nlabels +yes, 2 classes: cats, dogs$/m,
  );
  const { kind, count, shape } = JSON.parse((await run("inspect X.npz --json")).stdout);
  assert.equal([kind, count, shape], ["sketch", 60, [6, 6]]);
});

test("inspect looks at the first rows of a data set alone: what lies behind them may be damaged", async () => {
  const numbers = stream(1, "large").fillNormal(new Float32Array(2 ** 20));
  const bytes = encodeNpz({ arrays: { X: ndarray(numbers, [2 ** 14, 64]) }, metadata: undefined });
  bytes.fill(255, bytes.length - 3000, bytes.length - 1000);
  writeFileSync(path.join(folder, "large.npz"), bytes);
  assert.match((await run("inspect large.npz")).stdout, /^samples +16 384 of 64\nvalues .* in the first 1 000$/m);
  assert.match(
    (await run(`sketch large.npz -o out.npz ${SMALL}`)).stderr,
    /large\.npz: member X\.npy is truncated or damaged/,
  );
});

const refused: [line: string, message: RegExp][] = [
  ["sketch nowhere.npy -o out.npz", /^error: nowhere\.npy: no such file; check the path/],
  ["sketch mnsit -o out.npz", /^error: data: unknown data set "mnsit"; did you mean mnist\?/],
  [
    `sketch nan.npy -o out.npz ${SMALL}`,
    /^error: nan\.npy: row 27 holds NaN \(number 28 of the row\); remove or repair/,
  ],
  ["sketch cut.npy -o out.npz", /^error: cut\.npy: file is truncated, expected \d+ bytes, got 2000/],
  [
    "sketch other.npy --design D.npz -o out.npz",
    /^error: sketch: other\.npy holds samples of shape \[6,5\], the design is for \[6,6\]/,
  ],
  ["sketch data.npy --design D.npz --law gaussian -o out.npz", /^error: --law: the file of --design already fixes it/],
  [
    "sketch data.npy -o out.npz --features pca:99",
    /^error: features: pca:99 asks for more components than dimensions \(36\)/,
  ],
  [
    "sketch data.npy -o nowhere/out.npz",
    /^error: nowhere\/out\.npz: cannot be written, there is no folder nowhere; make it first/,
  ],
  ["sketch data.npy -o prior", /^error: prior: cannot be written, it is a folder/],
  ["sketch data.npy -o out.npz --shard 0/2", /^error: --shard: expected i\/n with 1 ≤ i ≤ n, got "0\/2"/],
  ["train cut.npz -o out", /^error: cut\.npz: file is truncated or damaged/],
  ["train D.npz -o out", /^error: D\.npz: is not a sketchprior-sketch file, it is sketchprior-design/],
  ["train X.npz -o out --activation tahn", /^error: train: activation: expected relu or .*, got "tahn"/],
  ["train X.npz -o out --steps 0", /^error: train: steps: expected a positive integer, got 0/],
  ["train X.npz -o data.npy", /^error: data\.npy: is a file, expected a folder to write in/],
  ["sample nowhere -o out.png", /^error: nowhere\/prior\.json: no such file/],
  ["sample prior -o out.gif", /^error: --out: expected a name that ends in \.png, .*\.npy or \.npz, got "out\.gif"/],
  ["sample prior -n 0 -o out.png", /^error: --count: expected an integer of at least 1, got 0/],
  [
    "measure data.npy --operator gausian:m=5 -o out.npz",
    /^error: operator: unknown operator "gausian"; did you mean gaussian\?/,
  ],
  ["measure data.npy --operator gaussian:n=5 -o out.npz", /^error: gaussian: unknown option "n"/],
  ["measure data.npy --operator gaussian -o out.npz", /^error: gaussian: m is required/],
  ["measure data.npy --operator mask:block=9 -o out.npz", /^error: .*block/],
  [
    "measure data.npy --operator blur --noise=-1 -o out.npz",
    /^error: gaussian noise: sigma: expected a standard deviation of at least 0, got -1/,
  ],
  [
    "measure data.npy --operator blur --from 60 -o out.npz",
    /^error: --from: data\.npy has 60 samples, counted from 0; got 60/,
  ],
  ["measure nan.npy --operator blur --from 20 -o out.npz", /^error: nan\.npy: row 27 holds NaN/],
  [
    "reconstruct y.npz --prior tvv -o out.npz",
    /^error: --prior: no folder and no baseline is called "tvv"; did you mean tv\?/,
  ],
  ["reconstruct y.npz --prior no/such -o out.npz", /^error: --prior: no\/such: no such folder; train a prior first/],
  [
    "reconstruct y.npz --prior gaussian:X.npz --lambda 1 -o out.npz",
    /^error: lambda: posterior has none, the noise of the measurements weighs the prior; leave it out/,
  ],
  ["reconstruct y.npz --prior gaussian:no.npz -o out.npz", /^error: no\.npz: no such file/],
  [
    "reconstruct z.npz --prior gaussian:X.npz -o out.npz",
    /^error: --prior: gaussian:X\.npz makes signals of \[6, 6\], the measured ones are \[6, 5\]; use/,
  ],
  ["reconstruct y.npz --prior tv --lambda 0 -o out.npz", /^error: --lambda: expected a positive number or auto, got 0/],
  [
    "reconstruct y.npz --prior tv --lambda 1 --tune data.npy -o out.npz",
    /^error: --tune: chooses λ, and --lambda fixes it/,
  ],
  [
    "reconstruct y.npz --prior tv --tune other.npy -o out.npz",
    /^error: --tune: other\.npy holds signals of \[6, 5\], the measured/,
  ],
  [
    "reconstruct X.npz --prior tv -o out.npz",
    /^error: X\.npz: is not a sketchprior-measurements file, it is sketchprior-sketch/,
  ],
  ["reconstruct cut.npz --prior tv -o out.npz", /^error: cut\.npz: file is truncated or damaged/],
  [
    "reconstruct z.npz --prior prior -o out.npz",
    /^error: --prior: prior makes signals of \[6, 6\], the measured ones are \[6, 5\]; use/,
  ],
  [
    "compare data.npy --operator blur --baselines none -o out",
    /^error: compare: no method; give --prior or --baselines/,
  ],
  [
    "compare data.npy --operator blur --baselines tv,wavlet -o out",
    /^error: --baselines: no folder and no baseline is called "wavlet"; did you/,
  ],
  [
    "compare data.npy --operator blur --baselines levels=1,tv -o out",
    /^error: --baselines: levels=1 is an option without a baseline; write wavelet:levels=1/,
  ],
  [
    "compare data.npy --operator blur --shuffle --from 3 -o out",
    /^error: --from: signals at random have no first one; leave it out/,
  ],
  [
    "compare data.npy --operator blur --shuffle --limit 60 -o out",
    /^error: --shuffle: data\.npy has 60 signals, of which 70 are needed; take fewer/,
  ],
  ["compare data.npy --operator blur --draws 0 -o out", /^error: --draws.*got 0/],
  ["compare data.npy --operator blur --centre no.npz -o out", /^error: no\.npz: no such file/],
  ["compare data.npy --operator blur --baselines mean:no.npz -o out", /^error: no\.npz: no such file/],
  [
    "compare data.npy --operator blur --prior wavlet -o out",
    /^error: --prior: no folder and no baseline is called "wavlet"; did you/,
  ],
  [
    "compare data.npy --operator blur --prior prior:solver=cgsm -o out",
    /^error: --prior: unknown solver "cgsm"; did you mean csgm\?/,
  ],
  [
    "compare data.npy --operator blur --prior prior:solver=csgm,restart=2 -o out",
    /^error: csgm: unknown option "restart"; did you mean restarts\?/,
  ],
  [
    "compare data.npy --operator blur --prior prior:solver=csgm,lambda=-1 -o out",
    /^error: --prior: lambda: expected a positive number or auto, got -1/,
  ],
  [
    "compare data.npy --operator blur --limit 3 --prior prior:solver=latent-posterior,lambda=1 -o out",
    /^error: lambda: latent-posterior has none, .* leave it out/,
  ],
  [
    "compare data.npy --operator blur --limit 3 --baselines tikhonov --prior prior:solver=fista -o out",
    /^error: solver: fista does not take prior with .* \(prior is no .*\); give latent-posterior or csgm\n$/,
  ],
  [
    "compare data.npy --operator blur --limit 60 -o out",
    /^error: --tune: data\.npy has no 10 signals after the reported ones/,
  ],
  [
    "compare data.npy --operator blur --tune data.npy --lambda auto -o out",
    /^error: --tune: chooses λ on other signals, and --lambda auto without; give one of the two/,
  ],
  [
    "compare data.npy --operator blur --tune data.npy -o out",
    /^error: --tune: the first 10 signals of data\.npy are among the reported/,
  ],
  [
    "compare data.npy --operator blur --range 1,0 --limit 3 -o out",
    /^error: --range: expected two numbers, the smaller first, such as 0,1, or none; got "1,0"/,
  ],
  ["reconstruct y.npz --prior tv --range 1 -o out.npz", /^error: --range: expected two numbers, .* got "1"/],
  [
    "inspect pictures/empty",
    /^error: pictures\/empty: is a folder without prior\.json, so it is no prior, and without images/,
  ],
  ["inspect cut.npz", /^error: cut\.npz: file is truncated or damaged/],
];

test("bad input: one clear line, exit code 1, no file left behind", async () => {
  for (const name of ["data.npy", "X.npz"]) {
    const copy = path.join(folder, name.replace(/\w+/, "cut"));
    writeFileSync(copy, readFileSync(path.join(folder, name)));
    truncateSync(copy, 2000);
  }
  assert.is((await run("measure other.npy --operator blur --limit 2 -o z.npz")).code, 0);
  const before = filesIn(folder);
  for (const [line, message] of refused) {
    const { code, stdout, stderr } = await run(line);
    assert.match(stderr, message, line);
    assert.equal([code, stdout, stderr.split("\n").length], [1, "", 2], line);
  }
  assert.equal(filesIn(folder), before);
});

test.run();
