import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../../priors/mixture/index.ts";
import type { MixturePrior } from "../../../priors/prior.ts";
import { drawLabelled } from "../../../priors/samples.ts";
import { convolution } from "../../../scripts/experiments/moments/convolution.ts";
import { patches, wholeImages } from "../../../scripts/experiments/moments/fourier.ts";
import { heldOutMisfit, refine } from "../../../scripts/experiments/moments/refine.ts";
import { splitGaussians } from "../../../scripts/experiments/moments/split.ts";
import { moments } from "../../../scripts/experiments/moments.ts";
import { arrayDataset } from "../../../src/data/index.ts";
import { stream } from "../../../src/data/random.ts";
import { inProcess } from "../../cli/spawn.ts";
import { components, k, toyMixture } from "../../priors/mixtures.ts";

const test = suite("moments");
const ROWS = 8000;

const targetOf = async (features: string) => {
  const { signals, labels } = await drawLabelled(toyMixture, ROWS, 1);
  const data = arrayDataset("toy", signals, Uint8Array.from(labels!.data));
  const { signal } = new AbortController();
  return wholeImages(data, features, { count: 400, scale: 1, seed: 1, range: { from: 0, to: ROWS }, signal });
};

for (const features of ["raw", "pca:6"]) {
  test(`${features}: a mixture's own moments are at the noise, and those of another are brought near it`, async () => {
    const target = await targetOf(features);
    const { kind: _, name: __, ...known } = toyMixture;
    // the mean of 100 × 2 squared errors over their variances, correlated: within a few tenths of 1
    const noise = await heldOutMisfit(known, target, 1);
    assert.ok(noise > 0.6 && noise < 1.5, `${noise}`);
    const wrong: MixtureModel = { ...known, weights: Float64Array.of(0.25, 0.25, 0.25, 0.25) };
    const far = await heldOutMisfit(wrong, target, 1);
    const options = { parts: ["weights"] as const, steps: 100, learningRate: 0.05, seed: 1 };
    const { model, misfit } = await refine(wrong, target, options);
    assert.ok(far > 20 && misfit < 2, `${far} ${misfit}`);
    // each label keeps its probability, here ½ and ½ of components 2 : 8 and 6 : 4
    for (const [j, w] of [0.1, 0.4, 0.3, 0.2].entries())
      assert.ok(Math.abs(model.weights[j]! - w) < 0.02, `${model.weights}`);
  });
}

test("means and covariances that are moved come nearer to the data's moments too", async () => {
  const target = await targetOf("raw");
  const { kind: _, name: __, ...known } = toyMixture;
  const shifted = ndarray(
    known.means.data.map((v) => v + 0.5),
    [components, k],
  );
  const wider = ndarray(
    known.factors.data.map((v) => 1.3 * v),
    known.factors.shape,
  );
  const wrong: MixtureModel = { ...known, means: shifted, factors: wider };
  const parts = ["weights", "means", "covariances"] as const;
  const before = await heldOutMisfit(wrong, target, 1);
  const { misfit } = await refine(wrong, target, { parts, steps: 100, learningRate: 0.03, seed: 1 });
  assert.ok(misfit < before / 20, `${before} ${misfit}`);
});

test("a split Gaussian keeps its weight, and its covariance up to the draw of the means", () => {
  const { kind: _, name: __, ...known } = toyMixture;
  const own = { ...known, covarianceOf: Int32Array.of(0, 1, 0, 1) };
  const parts = splitGaussians(own, 1);
  const count = parts.weights.length / components;
  for (let j = 0; j < components; j++) {
    const weights = parts.weights.subarray(j * count, (j + 1) * count);
    assert.ok(Math.abs(weights.reduce((a, b) => a + b, 0) - own.weights[j]!) < 1e-12);
    assert.equal([...new Set(parts.labels!.subarray(j * count, (j + 1) * count))], [own.labels![j]]);
    const [narrow, wide] = [parts.factors.data[j * count * k * k]!, own.factors.data[own.covarianceOf[j]! * k * k]!];
    assert.ok(Math.abs((narrow / wide) ** 2 - 0.95) < 1e-6);
  }
});

/** Images of 12×12 pixels in three directions, with the components of the toy mixture. */
const side = 12;
const normal = (shape: number[], name: string) => {
  const values = new Float32Array(shape.reduce((a, b) => a * b));
  return ndarray(stream(1, name).fillNormal(values), shape);
};
const images: MixturePrior = {
  ...toyMixture,
  shape: [side, side],
  centre: normal([side * side], "centre"),
  matrix: normal([side * side, k], "matrix"),
  residual: ndarray(new Float32Array(side ** 4), [side ** 2, side ** 2]),
};

for (const name of ["patches", "convolution"] as const) {
  test(`${name}: a mixture's own moments are near the noise, and bring wrong weights back`, async () => {
    const rows = 4000;
    const { signals, labels } = await drawLabelled(images, rows, 1);
    const data = arrayDataset("images", signals, Uint8Array.from(labels!.data));
    const settings = { seed: 1, range: { from: 0, to: rows } };
    const { signal } = new AbortController();
    const target =
      name === "patches"
        ? await patches(data, { ...settings, count: 200, scale: 1, signal })
        : await convolution(data, images, settings);
    const noise = await heldOutMisfit(images, target, 1);
    // features of 2000 images a label by 1000 draws of its components: up to 1 + 2000/500 by the draws' own noise
    assert.ok(noise < (name === "patches" ? 2 : 6), `${noise}`);
    const wrong: MixtureModel = { ...images, weights: Float64Array.of(0.25, 0.25, 0.25, 0.25) };
    const options = { parts: ["weights"] as const, steps: 100, learningRate: 0.05, seed: 1 };
    const { model, misfit } = await refine(wrong, target, options);
    assert.ok(misfit < noise + 1, `${misfit} ${noise}`);
    for (const [j, w] of images.weights.entries()) {
      assert.ok(Math.abs(model.weights[j]! - w) < 0.05, `${model.weights}`);
    }
  });
}

test("the command compares mixtures before and after", async () => {
  const out = mkdtempSync(path.join(os.tmpdir(), "sketchprior-moments-"));
  try {
    const sizes = [
      "--frequencies",
      "50",
      "--samples",
      "2000",
      "--sketch-size",
      "40000",
      "--steps",
      "2",
      "--images",
      "3",
    ];
    const words = ["moments", "leading", ...sizes, "--json", "--out", out];
    const { code, stdout, stderr } = await inProcess(words, { moments });
    assert.is(code, 0, stderr);
    const result = JSON.parse(stdout) as { rows: { name: string; misfit: number; errors: number[]; p: number[] }[] };
    assert.equal(
      result.rows.map(({ name }) => name),
      ["local, closed form", "weights moved", "weights, means moved", "weights, means, covariances moved"],
    );
    for (const { misfit, errors, p } of result.rows) {
      assert.ok(misfit > 0 && misfit <= result.rows[0]!.misfit, `${misfit}`);
      assert.ok(errors.length === 3 && errors.every((e) => e > 0 && e < 0.1), `${errors}`);
      assert.ok(p.every((v) => v > 0 && v <= 1));
    }
    assert.equal(JSON.parse(readFileSync(path.join(out, "leading.json"), "utf8")), result);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test.run();
