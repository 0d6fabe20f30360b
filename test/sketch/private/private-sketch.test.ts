import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitMixture } from "../../../priors/mixture/fit.ts";
import { arrayDataset } from "../../../src/data/index.ts";
import { stream } from "../../../src/data/random.ts";
import {
  covariance,
  type FeatureNetwork,
  fourierMoments,
  labelCounts,
  makeDesign,
  mean,
  sketchDataset,
} from "../../../src/sketch/index.ts";
import { impossiblePart } from "../../../src/sketch/possible.ts";
import { contributing, noPrivateSums } from "../../../src/sketch/private/contribution.ts";
import {
  mergePrivate,
  type PrivateOptions,
  type PrivateSketch,
  partsIn,
  plausible,
  privateDesign,
  privateSketch,
} from "../../../src/sketch/private/index.ts";
import { noiseOf, type PartName } from "../../../src/sketch/private/parts.ts";

const test = suite("private sketches");

const ROWS = 3000;
const SHAPE = [6, 5];

/** Images of two labels: low cosines with falling variances about another mean for each label, and a little noise. */
function images(rows = ROWS, seed = 1) {
  const random = stream(seed, "images");
  const labels = Uint8Array.from({ length: rows }, () => random.integer(2));
  const data = new Float32Array(rows * 30);
  for (let row = 0; row < rows; row++) {
    const [a, b, c] = [1 + random.normal(), labels[row]! + 0.5 * random.normal(), 0.3 * random.normal()];
    for (let at = 0; at < 30; at++) {
      const [i, j] = [Math.floor(at / 5), at % 5];
      const wave = a + b * Math.cos((Math.PI * (i + 0.5)) / 6) + c * Math.cos((Math.PI * (j + 0.5)) / 5);
      data[row * 30 + at] = 0.2 * wave + 0.02 * random.normal();
    }
  }
  return arrayDataset("images", ndarray(data, [rows, ...SHAPE]), labels);
}

const fourier = { m: 20, law: "gaussian", scales: [1], seed: 2, draw: "independent" } as const;
const shares = { count: 1, mean: 2, square: 5, rest: 1, fourier: 1 };
const options = { features: "dct:12", labels: 2, clip: 2, fourier, shares } as const;
const privacy: PrivateOptions = { epsilon: 1, delta: 1e-5, seed: 5 };

test("with hardly any privacy the plausible sketch is that of the data: counts, mean and covariance", async () => {
  const data = images();
  const sketch = await plausible(await privateSketch(data, { ...options, clip: 20 }, { ...privacy, epsilon: 1e6 }));
  assert.is(sketch.count, ROWS);
  const full = await sketchDataset(
    data,
    await makeDesign({ shape: SHAPE, labels: 2, families: [{ kind: "second-moments" }] }),
  );
  const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number, what: string) => {
    for (let i = 0; i < a.length; i++) assert.ok(Math.abs(a[i]! - b[i]!) < tolerance, `${what} ${i}: ${a[i]} ${b[i]}`);
  };
  // nothing is clipped; the 12 cosines leave out the noise of .02, whose squares are 4e-4
  near(mean(sketch), mean(full), 1e-3, "mean");
  near(covariance(sketch), covariance(full), 1e-3, "covariance");
  near(labelCounts(sketch), labelCounts(full), 0.5, "label");
  const { cos, sin } = fourierMoments(sketch);
  assert.ok(cos.every((c, j) => Math.hypot(c, sin[j]!) <= 1));
});

test("what a feature varies within labels is unbiased: squares of noisy means count without their noise", async () => {
  const [rows, p, mu, releases] = [80, 3, 0.3, 400];
  const design = await privateDesign({
    ...{ shape: [p], clip: 1, labels: 2, shares: { count: 0.1, mean: 0.1, network: 0.5, networkSquares: 0.3 } },
    network: { features: p } as FeatureNetwork, // only their number is read here: the samples themselves are the features
    weights: new Float32Array(0),
  });
  const random = stream(3, "features and noise");
  const exact = noPrivateSums(design);
  const add = contributing(design);
  const [squares, sum] = [new Float64Array(p), new Float64Array(2 * p)];
  for (let row = 0; row < rows; row++) {
    const x = Float32Array.from({ length: p }, () => random.normal() / 2 + 0.3);
    const v = x.map((a) => a / Math.max(1, Math.hypot(...x)));
    add(v, row % 2, exact, v);
    for (let j = 0; j < p; j++) {
      squares[j]! += v[j]! ** 2;
      sum[(row % 2) * p + j]! += v[j]!;
    }
  }
  const parts = partsIn(design);
  const withNoise = (name: PartName, of: Float64Array) =>
    of.map((v) => Math.round(v + random.normal() * noiseOf(parts.get(name)!, design.shares[name], mu).diagonal));
  const found = new Float64Array(p);
  for (let release = 0; release < releases; release++) {
    const noisy = Object.fromEntries(
      Object.entries(exact).map(([name, of]) => [name, name === "count" ? of : withNoise(name as PartName, of)]),
    );
    const owners = [{ passes: [mu] }] as unknown as PrivateSketch["owners"];
    const { sums } = await plausible({ design, owners, sums: noisy });
    const [means, all] = [sums["network-moments.mean"]!, sums["network-moments.squares"]!];
    for (let j = 0; j < p; j++) found[j]! += (all[j]! - means[j]! ** 2 / 40) / 40 / releases;
  }
  for (let j = 0; j < p; j++) {
    const wanted = (squares[j]! - (sum[j]! ** 2 + sum[p + j]! ** 2) / 40) / rows;
    // the squares' noise is .076 a release, .004 in the mean; that of the means' squares would take .014 away
    assert.ok(Math.abs(found[j]! - wanted) < 0.008, `feature ${j}: ${found[j]} instead of ${wanted}`);
  }
});

const spread = (values: readonly number[]): number => {
  const average = values.reduce((a, b) => a + b) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - average) ** 2, 0) / (values.length - 1));
};

test("noise has the stated size in every sum: the spread of 200 releases is σ within a fifth", async () => {
  const data = images(20);
  const design = await privateDesign({ shape: SHAPE, features: "dct:2", clip: 2, fourier: { ...fourier, m: 1 } });
  const releases = await Promise.all(
    Array.from({ length: 200 }, (_, seed) => privateSketch(data, design, { ...privacy, seed })),
  );
  const mu = releases[0]!.owners[0]!.passes[0]!;
  const parts = partsIn(design);
  assert.equal([...parts.keys()], ["count", "mean", "square", "energy", "rest", "fourier"]);
  for (const [name, part] of parts) {
    const { diagonal, off } = noiseOf(part, design.shares[name], mu);
    for (let at = 0; at < releases[0]!.sums[name]!.length; at++) {
      const sigma = name === "square" && at === 1 ? off : diagonal; // a lower triangle of 2 × 2
      const found = spread(releases.map(({ sums }) => sums[name]![at]!)) / sigma;
      assert.ok(Math.abs(found - 1) < 0.2, `${name} ${at}: ${found}`); // 4 standard errors of a deviation of 200
    }
  }
});

test("the reference that a first pass tells has the noise of its part of the budget", async () => {
  const [count, clip] = [400, 2];
  const data = images(count);
  const releases = await Promise.all(
    Array.from({ length: 100 }, (_, seed) =>
      privateSketch(data, { features: "dct:2", clip }, { epsilon: 20, delta: 1e-3, seed }),
    ),
  );
  const mu = releases[0]!.owners[0]!.passes[0]!;
  // means have nine tenths of the first pass, at three times the clipping norm; the noisy count divides them
  const sigma = (3 * clip) / (mu * Math.sqrt(0.9)) / count;
  const found = spread(releases.map(({ design }) => design.reference[1]!)) / sigma;
  assert.ok(found > 0.75 && found < 1.35, `${found}`); // 3.5 standard errors of 100, and what the count adds
});

test("what is made of pure noise is still possible: counts, moments and a mixture", async () => {
  for (const epsilon of [0.05, 1]) {
    const noise = await privateSketch(images(40), options, { ...privacy, epsilon });
    const sketch = await plausible(noise);
    assert.is(impossiblePart(sketch), undefined);
    const { weights, factors } = await fitMixture(sketch);
    assert.ok([...weights, ...factors.data].every(Number.isFinite));
  }
});

test("owners: sums add, each keeps its ε and δ, and a release never counts twice", async () => {
  const first = await privateSketch(images(500, 1), options, privacy);
  const second = await privateSketch(images(700, 2), first.design, { ...privacy, epsilon: 2, seed: 6 });
  const merged = mergePrivate(first, second);
  assert.equal(
    merged.owners.map(({ epsilon }) => epsilon),
    [1, 2],
  );
  assert.equal(second.owners[0]!.passes.length, 1); // the design is known, nothing is spent on it
  assert.is(merged.sums.square![3], first.sums.square![3]! + second.sums.square![3]!);
  assert.equal(mergePrivate(second, first).sums, merged.sums);
  assert.throws(() => mergePrivate(merged, second), /holds a release that would count twice/);
  const other = await privateSketch(images(500, 1), { ...options, clip: 1 }, privacy);
  assert.throws(() => mergePrivate(first, other), /private sketches 1 and 2 have different designs/);
});

test("without a seed two releases differ, with one they are the same", async () => {
  const design = await privateDesign({ shape: SHAPE, features: "dct:2", clip: 2 });
  const made = async (seed?: number) =>
    (await privateSketch(images(20), design, { epsilon: 1, delta: 1e-5, ...(seed !== undefined && { seed }) })).sums;
  assert.not.equal(await made(), await made());
  assert.equal(await made(3), await made(3));
});

test("bad input", async () => {
  const data = images(20);
  const refused = async (given: Promise<unknown>, message: RegExp) => {
    let said = "nothing";
    await given.catch((error: Error) => {
      said = error.message;
    });
    assert.match(said, message);
  };
  for (const epsilon of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    await refused(privateSketch(data, options, { ...privacy, epsilon }), /epsilon: must be a positive number, got/);
  }
  for (const delta of [0, 1, -1]) await refused(privateSketch(data, options, { ...privacy, delta }), /delta: must be/);
  await refused(privateSketch(data, { ...options, clip: 0 }, privacy), /clip: must be a positive number, got 0/);
  await refused(
    privateSketch(data, { ...options, features: "pca:5" }, privacy),
    /expected raw or dct:K .* got "pca:5"/,
  );
  await refused(privateSketch(data, { ...options, features: "dct:31" }, privacy), /K from 1 to 30, got "dct:31"/);
  await refused(
    privateSketch(data, { ...options, labels: 1 }, privacy),
    /row \d+ has the label 1, the design is for 0 to 0/,
  );
  await refused(privateSketch(data, { ...options, shares: { mean: 1 } }, privacy), /counts and means are needed/);
  await refused(
    privateSketch(data, options, { ...privacy, firstPass: 1 }),
    /first pass: expected a part of the budget/,
  );
  await refused(privateSketch(data, options, { ...privacy, epsilon: 1e-5 }), /nothing of them would be left/);
  const design = await privateDesign({ shape: [4], clip: 1 });
  await refused(privateSketch(data, design, privacy), /holds samples of shape \[6,5\], the design is for \[4\]/);
});

test.run();
