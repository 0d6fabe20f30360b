import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { generatorPrior } from "../../priors/generator/model.ts";
import { denseResidual, residualOf } from "../../priors/generator/residual.ts";
import { targetOf } from "../../priors/generator/target.ts";
import { trainGenerator } from "../../priors/generator/train.ts";
import { decodePrior, encodePrior } from "../../priors/learned.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { drawSamples } from "../../priors/samples.ts";
import { fromHost } from "../../src/data/array.ts";
import { cholesky } from "../../src/data/cholesky.ts";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { multiplyTransposed } from "../../src/data/matmul.ts";
import { decodeNpz } from "../../src/data/npz.ts";
import { covariance, designFor, featureBasis, reducedCovariance, sketchDataset } from "../../src/sketch/index.ts";
import { gaussianData, tinyDesign } from "../sketch/tiny.ts";

const test = suite("residual of a generator");

const sketch = async () => sketchDataset(gaussianData(2000), await tinyDesign());
const generator = (decode: GeneratorPrior["decode"], more: Partial<GeneratorPrior> = {}): GeneratorPrior => ({
  ...{ kind: "generator", name: "toy", latent: 1, shape: [3] },
  ...more,
  decode,
});
const residualCovariance = async (...given: Parameters<typeof residualOf>) => (await residualOf(...given)).residual;
const near = (got: ArrayLike<number>, want: readonly number[], tolerance: number) => {
  assert.is(got.length, want.length);
  for (const [i, v] of want.entries()) assert.ok(Math.abs(got[i]! - v) < tolerance, `${i}: ${got[i]} and ${v}`);
};

test("a linear generator leaves the covariance less its own, and an offset of it changes nothing", async () => {
  const given = await sketch();
  const loud = [0.9, 0.8, -0.1]; // less than the data's covariance in its direction
  const prior = generator((z) => tf.add(tf.matMul(z as tf.Tensor2D, tf.tensor2d([loud.map((v) => v / 2)])), 5));
  const { data, shape } = await residualCovariance(given, prior, 1);
  assert.equal(shape, [3, 3]);
  const cov = covariance(given);
  const want = Array.from(cov, (v, i) => v - (loud[Math.floor(i / 3)]! * loud[i % 3]!) / 4);
  near(data, want, 1e-5); // float32 sums of 16384 samples of size 1
});

test("a generator that says too much leaves nothing there, never a negative variance", async () => {
  const given = await sketch();
  const prior = generator((z) => tf.mul(z, tf.tensor2d([[100, 0, 0]])));
  const { data } = await residualCovariance(given, prior, 1);
  for (let i = 0; i < 3; i++) assert.ok(data[4 * i]! >= 0);
  assert.ok(data[0]! < 1e-3 * covariance(given)[0]!);
});

test("parts of the data's variance below 5 % are noise, what G never reaches stays whole, however small", async () => {
  const given = await sketch();
  const l = cholesky(covariance(given), 3);
  const columns = (scale: (column: number) => number) => l.map((v, i) => v * scale(i % 3));
  // the third column is (0, 0, .2): its variance, .04, is less than 3 % of the first one's, (1, 1, 0)
  const cases = [
    { made: [0.97, 0.9, 0], left: [0, 0.1, 1] },
    { made: [0.96, 0.96, 0.96], left: [0, 0, 0] },
  ];
  for (const { made, left } of cases) {
    const factor = columns((j) => Math.sqrt(made[j]!));
    const decode = (z: tf.Tensor) => tf.matMul(z as tf.Tensor2D, tf.tensor2d([...factor], [3, 3]), false, true);
    const { data } = await residualCovariance(given, generator(decode, { latent: 3 }), 1);
    const roots = columns((j) => Math.sqrt(left[j]!));
    near(data, [...multiplyTransposed(roots, roots, 3)], 1e-5); // float32 sums
  }
});

test("conditions weigh by their probability: two levels of distance d with 1/4 and 3/4 have the variance 3d²/16", async () => {
  const given = await sketch();
  const levels = [-0.2, 0.2];
  const prior = generator(
    (z, c) =>
      tf.mul(
        tf.expandDims(tf.gather(tf.tensor1d(levels), c as tf.Tensor1D), 1),
        tf.add(tf.tensor2d([[1, 0, 0]]), tf.mul(0, z)),
      ),
    { conditions: Float64Array.of(0.25, 0.75) },
  );
  const { data } = await residualCovariance(given, prior, 1);
  const cov = covariance(given);
  const left = cov[0]! - 0.4 ** 2 * (3 / 16);
  // less than the variance 1/14 of x₀ given the others, so nothing is clipped; proportions are right to 1/8192
  near(data, [left, ...cov.subarray(1)], 1e-3);
});

/**
 * Samples of 12 numbers: 4 of them A g and noise, g ~ N(0, I₂), and 8 with small variances of their own; summed with reduced second
 * moments in principal components; the first 4 of them are in the first 4 numbers.
 */
async function reducedSketch(features = "pca:4") {
  const rows = 3000;
  const g = stream(3, "reduced").fillNormal(new Float64Array(rows * 14));
  const x = Float32Array.from({ length: rows * 12 }, (_, at) => {
    const [row, i] = [Math.floor(at / 12), at % 12];
    const e = g[row * 14 + i]!;
    const shared = i < 4 ? g[row * 14 + 12]! * (1 + i) + g[row * 14 + 13]! * (2 - i) : 0;
    return shared + (i < 4 ? 0.3 * e : 0.01 * i * e);
  });
  const data = arrayDataset("reduced", fromHost(x, [rows, 12]));
  const families = [
    { kind: "second-moments", reduced: true },
    { kind: "fourier", m: 20 },
  ] as const;
  return sketchDataset(data, await designFor(data, { families, features }));
}

test("of reduced second moments: the residual of the dense problem, with its root", async () => {
  const given = await reducedSketch();
  const basis = featureBasis(given.design.arrays)!.basis;
  const random = stream(4, "decoder").fillNormal(new Float32Array(16));
  const decode = (z: tf.Tensor) =>
    tf.matMul(
      tf.matMul(tf.tanh(z) as tf.Tensor2D, tf.tensor2d(random, [4, 4])),
      tf.tensor2d(basis.data, [12, 4]),
      false,
      true,
    );
  const prior = generator(decode, { latent: 4, shape: [12] });
  const { residual, residualRoot } = await residualOf(given, prior, 1);
  const { residual: dense } = await denseResidual(covariance(given), prior, 1);
  // The components hold less than 3 % of each small variance, of at most .006: what they share is where the two may differ.
  near(residual.data, [...dense.data], 2e-4);
  const { factor, standardDeviations } = residualRoot!;
  const r = factor.shape[1]!;
  assert.ok(r <= 4, "no more columns than features");
  for (let i = 0; i < 12; i++) {
    for (let j = 0; j < 12; j++) {
      let made = i === j ? standardDeviations!.data[i]! ** 2 : 0;
      for (let q = 0; q < r; q++) made += factor.get(i, q) * factor.get(j, q);
      assert.ok(Math.abs(made - residual.get(i, j)) < 1e-5); // float32
    }
  }
});

test("a target in features has their covariance as reduced second moments sum it, without what other directions vary", async () => {
  const given = await reducedSketch("pca:2");
  const { covariance: target, decoder } = await targetOf(given);
  const { features } = reducedCovariance(given);
  const scale = decoder.scale.data;
  near(
    Array.from(target.data, (v, at) => v * scale[at >> 1]! * scale[at & 1]!),
    [...features],
    1e-5,
  ); // float32 of numbers of size 40
});

test("of reduced second moments: a generator that says all of it leaves nothing", async () => {
  const given = await reducedSketch();
  const root = cholesky(covariance(given), 12);
  const decode = (z: tf.Tensor) => tf.matMul(z as tf.Tensor2D, tf.tensor2d([...root], [12, 12]), false, true);
  const { residual, residualRoot } = await residualOf(given, generator(decode, { latent: 12, shape: [12] }), 1);
  near(residual.data, Array<number>(144).fill(0), 1e-5); // float32 sums of samples of size 4
  assert.equal(residualRoot!.factor.shape, [12, 1]);
});

test("a generator's files hold the root in place of the covariance that it makes, and give back the same generator", async () => {
  const trained = await trainGenerator(await reducedSketch(), { latent: 2, hidden: [4], batch: 20, steps: 2 });
  const files = encodePrior({ kind: "generator", trained });
  const { arrays } = decodeNpz(files["weights.npz"]!, "weights.npz");
  assert.not.ok("residual" in arrays);
  const loaded = await decodePrior(async (name) => files[name]!, "prior");
  assert.equal((loaded.trained as typeof trained).model, trained.model);
  const [made, drawn] = [trained.model, (loaded.trained as typeof trained).model].map((m) => generatorPrior("own", m));
  assert.equal(await drawSamples(made!, 3, 1), await drawSamples(drawn!, 3, 1));
});

test.run();
