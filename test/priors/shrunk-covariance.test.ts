import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gaussianPrior } from "../../priors/gaussian.ts";
import { factsOf } from "../../priors/learned.ts";
import { fitMixture, type MixtureModel, trainMixture } from "../../priors/mixture/index.ts";
import { shrunkCovariance, shrunkTowards } from "../../priors/shrunk-covariance.ts";
import { stationaryCovariance } from "../../priors/stationary.ts";
import { loadTrained, savePrior } from "../../src/cli/prior-folder.ts";
import { cholesky, logDeterminant, solveLower } from "../../src/data/cholesky.ts";
import { arrayDataset } from "../../src/data/index.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { logGamma } from "../../src/data/log-gamma.ts";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
import { grouped } from "../../src/data/text.ts";
import { covariance, type DataDesignOptions, designFor, mean, sketchDataset } from "../../src/sketch/index.ts";
import { scratch } from "../data/tiny.ts";
import { messageOf } from "../engine/support.ts";
import { images, n, shape, stationary } from "./stationary-images.ts";

const test = suite("shrunken covariance of few images");
const at = scratch();

/** Kullback and Leibler's divergence of N(0, C) from N(0, A), in nats: tr A⁻¹C − log det A⁻¹C − n, halved. */
function divergence(A: Float64Array, C = stationary): number {
  const root = cholesky(A, n);
  const own = cholesky(C, n);
  const trace = solveLower(root, n, transpose(own, n, n)).reduce((sum, v) => sum + v * v, 0); // |R⁻¹L|², A = RRᵀ, C = LLᵀ
  return 0.5 * (trace - n + logDeterminant(root, n) - logDeterminant(own, n));
}

const secondMoments = [{ kind: "second-moments" }] as const;
async function sketchOf(count: number, C: Float64Array, options: DataDesignOptions = { families: secondMoments }) {
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  const data = arrayDataset("gaussian", images(count, C, 1), labels);
  return sketchDataset(data, await designFor(data, options));
}

const raised = (C: Float64Array, by: number) => C.map((v, at) => (at % (n + 1) === 0 ? v + by : v));

/** Uncorrelated in the upper half, and nearly one number in the lower. */
const uneven = Float64Array.from({ length: n * n }, (_, at) => {
  const [i, j] = [Math.floor(at / n), at % n];
  return i === j ? 1 : i < 18 || j < 18 ? 0 : 0.99;
});

test("the stationary part keeps near entries of a stationary covariance, tapers far ones, and is a covariance", async () => {
  const part = await stationaryCovariance(stationary, 100, shape);
  const between = (i: number, j: number) => part[i * n + j]!;
  assert.ok(Math.abs(between(7, 7) - 0.2) < 1e-12);
  assert.ok(Math.abs(between(0, 1) - (0.16 * 5) / 6) < 1e-12); // 30 of 36 pixels have a right neighbour
  assert.ok(Math.abs(between(3, 3 + 12) - (0.2 * 0.8 ** 2 * 4) / 6) < 1e-12);
  assert.ok(symmetricEigen(await stationaryCovariance(uneven, 100, shape), n).values.at(-1)! > 0);
  const colours = await stationaryCovariance(
    Float64Array.from({ length: 144 }, (_, at) => (at % 13 === 0 ? 1 + (at % 3) : 0)),
    1e9,
    [2, 2, 3],
  );
  for (const c of [0, 1, 2]) {
    assert.ok(Math.abs(colours[c * 13]! - colours[(c + 3) * 13]!) < 1e-12);
    assert.is(Math.round(colours[c * 13]! / colours[0]!), 1 + c); // by channel
  }
});

test("it has the images' own variances, each leaned on five samples of the mean one", async () => {
  const deviation = (i: number) => 1 + (i % 6);
  const scaled = stationary.map((v, at) => v * deviation(Math.floor(at / n)) * deviation(at % n));
  const part = await stationaryCovariance(scaled, 1e9, shape);
  const plain = await stationaryCovariance(stationary, 1e9, shape);
  for (const [at, v] of part.entries()) {
    const wanted = plain[at]! * deviation(Math.floor(at / n)) * deviation(at % n);
    assert.ok(Math.abs(v / wanted - 1) < 1e-6, `${at}: ${v} ${wanted}`);
  }
  const lit = Float64Array.from({ length: n * n }, (_, at) => Number(at === 0)); // one pixel varies
  const few = await stationaryCovariance(lit, 10, shape);
  assert.ok(Math.abs(few[n + 1]! / few[0]! - 5 / n / (10 + 5 / n)) < 1e-12);
});

test("the evidence draws few samples to their stationary part where images are stationary, which is nearer to the truth", async () => {
  const sketch = await sketchOf(30, stationary);
  const own = covariance(sketch);
  const { covariance: found, added } = await shrunkCovariance(sketch);
  assert.ok(added > 30, String(added));
  const others = [1e-3, 1e-2, 0.03, 0.1].map((by) => divergence(raised(own, by)));
  assert.ok(divergence(found) < 0.5 * Math.min(...others), `${divergence(found)} ${others}`); // nearer than any diagonal makes it
  assert.equal((await gaussianPrior(sketch)).covariance, found);
});

/** The covariance [size, size] of which number `from(i)` of C [n, n] is number i, 0 where that is undefined. */
function spread(C: Float64Array, size: number, from: (i: number) => number | undefined) {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [from(Math.floor(at / size)), from(at % size)];
    return i === undefined || j === undefined ? 0 : C[i * n + j]!;
  });
}

const addedTo = async (C: Float64Array, count: number, of: readonly number[]) =>
  (await shrunkTowards(C, count, await stationaryCovariance(C, count, of))).added;

test("a constant border and numbers that others tell leave κ, which is found to a factor of √2", async () => {
  const own = covariance(await sketchOf(60, stationary));
  const plain = await addedTo(own, 60, shape);
  const bordered = spread(own, 100, (i) => {
    const [y, x] = [Math.floor(i / 10) - 2, (i % 10) - 2];
    return y >= 0 && y < 6 && x >= 0 && x < 6 ? y * 6 + x : undefined;
  });
  const grey = spread(own, 3 * n, (i) => Math.floor(i / 3)); // in three equal channels
  for (const [added, what] of [
    [await addedTo(bordered, 60, [10, 10]), "border"],
    [await addedTo(grey, 60, [6, 6, 3]), "channels"],
  ] as const)
    assert.ok(added >= plain / Math.SQRT2 && added <= plain * Math.SQRT2, `${what}: ${added} and ${plain}`);
});

test("κ has more evidence than 1.5 times as much or as little, by the eigenvalues", async () => {
  const own = covariance(await sketchOf(60, stationary));
  const paler = stationary.map((v, at) => (at % (n + 1) === 0 ? v : 0.9 * v));
  const { added } = await shrunkTowards(own, 60, paler);
  const root = cholesky(paler, n);
  const half = solveLower(root, n, own.slice());
  const { values } = symmetricEigen(solveLower(root, n, transpose(half, n, n)), n);
  const evidence = (kappa: number) => {
    const [before, after] = [kappa + n + 1, kappa + n + 60];
    return values.reduce(
      (sum, v, j) =>
        sum +
        0.5 * before * Math.log(kappa) -
        0.5 * after * Math.log(kappa + 60 * v) +
        logGamma((after - j) / 2) -
        logGamma((before - j) / 2),
      0,
    );
  };
  assert.ok(evidence(added) > Math.max(evidence(added / 1.5), evidence(1.5 * added)), String(added));
});

test("a signal ends it", async () => {
  const ended = AbortSignal.abort(new Error("enough"));
  assert.is(await messageOf(() => stationaryCovariance(stationary, 60, shape, ended)), "enough");
  assert.is(await messageOf(() => shrunkTowards(stationary, 60, stationary, ended)), "enough");
});

test("where images are not stationary the covariance stays", async () => {
  const { added } = await shrunkCovariance(await sketchOf(200, uneven));
  assert.is(added, 0);
});

test("from ten samples a number on, and of signals that are no images and private sketches, the covariance stays", async () => {
  const many = await sketchOf(360, stationary);
  const few = await sketchOf(100, stationary);
  const vectors = { ...few, design: { ...few.design, shape: [n] } };
  const privacy = { ...few, privacy: {} as never };
  for (const sketch of [many, vectors, privacy])
    assert.equal(await shrunkCovariance(sketch), { covariance: covariance(sketch), added: 0 });
});

test("a covariance is drawn to another one by as many samples as tell of it", async () => {
  const own = covariance(await sketchOf(60, stationary));
  const paler = stationary.map((v, at) => (at % (n + 1) === 0 ? v : 0.8 * v));
  const [truth, near] = [await shrunkTowards(own, 60, stationary), await shrunkTowards(own, 60, paler)];
  assert.ok(truth.added > 2 * near.added, `${truth.added} ${near.added}`);
  for (const { covariance: found, added, target } of [
    { ...truth, target: stationary },
    { ...near, target: paler },
  ]) {
    assert.ok(added > 0);
    for (const [at, v] of found.entries())
      assert.ok(Math.abs(v - (60 * own[at]! + added * target[at]!) / (60 + added)) < 1e-12);
  }
  assert.equal(await shrunkTowards(own, 60, new Float64Array(n * n)), { covariance: own, added: 0 });
  const far = await shrunkTowards(own, 60, uneven);
  assert.ok(far.added < 0.25 * near.added, `${far.added} ${near.added}`);
});

/** Covariance of a component as the mixture has it: DΣDᵀ + C. */
function covarianceOf({ factors, matrix, residual, covarianceOf }: MixtureModel, component: number): Float64Array {
  const k = factors.shape[1]!;
  const from = covarianceOf[component]! * k * k;
  const L = Float64Array.from(factors.data.subarray(from, from + k * k));
  const root = multiply(Float64Array.from(matrix.data), L, n, k, k);
  return multiplyTransposed(root, root, k).map((v, at) => v + residual.data[at]!);
}

const cells = { kind: "local-moments", coarse: 6, fine: 2 } as const;
for (const reduced of [false, true]) {
  test(`a mixture of few images is their shrunken Gaussian${reduced ? ", of reduced second moments too" : ""}`, async () => {
    const families = [cells, { kind: "second-moments", reduced }] as const;
    const sketch = await sketchOf(80, stationary, { families, features: "pca:20" });
    const model = await fitMixture(sketch);
    assert.is(model.weights.length, 1);
    const { covariance: wanted, added } = await shrunkCovariance(sketch);
    assert.ok(added > 15, String(added));
    const found = covarianceOf(model, 0);
    for (const [at, v] of wanted.entries()) assert.ok(Math.abs(found[at]! - v) < 1e-5, `${at}: ${found[at]} and ${v}`); // float32
    assert.ok(mean(sketch).every((v, i) => Math.abs(v - model.centre.data[i]!) < 1e-6));
  });
}

const pooled = [cells, { kind: "second-moments", pooled: true }] as const;
const labelled = { families: pooled, features: "pca:20", byLabel: true } as const;

test("a mixture of few images says how many samples the covariances that its own are drawn to count for, also when loaded", async () => {
  const sketch = await sketchOf(80, stationary, labelled);
  const trained = await trainMixture(sketch);
  await savePrior(at("few"), { kind: "mixture", trained });
  const { line, words, data } = factsOf(await loadTrained(at("few")));
  const { added } = await shrunkCovariance(sketch);
  assert.is(data.added, added);
  const toLabels = data.addedToLabels as number[];
  assert.is(toLabels.length, 2);
  assert.ok(
    toLabels.every((v) => v > 10),
    String(toLabels),
  );
  const [whole, labels] = words.covariance!.split("; ");
  assert.is(whole, `its stationary part counts for ${grouped(Math.round(added))} samples`);
  assert.match(labels!, /^that of all images for [\d ]+ samples in a label$/);
  assert.ok(line.includes(`; ${words.covariance}; sketch of 80 samples`), line);
  assert.is((await fitMixture(await sketchOf(80, uneven, labelled))).shrunken!.added, 0);
  assert.is((await fitMixture(await sketchOf(400, stationary, labelled))).shrunken, undefined);
});

test("the covariance of a label of few images is drawn to that of all", async () => {
  const sketch = await sketchOf(80, stationary, labelled);
  const model = await fitMixture(sketch);
  assert.equal([...model.labels!], [0, 1]);
  const { covariance: all } = await shrunkCovariance(sketch);
  for (const label of [0, 1]) {
    const found = divergence(covarianceOf(model, label));
    assert.ok(found < 1.5 * divergence(all), `${found} ${divergence(all)}`); // by itself it has 40 samples of 20 features
  }
});

test.run();
