import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../priors/mixture/index.ts";
import { drawLabelled } from "../../priors/samples.ts";
import { wholeImages } from "../../scripts/moments/fourier.ts";
import { heldOutMisfit, refine } from "../../scripts/moments/refine.ts";
import { splitGaussians } from "../../scripts/moments/split.ts";
import { arrayDataset } from "../../src/data/index.ts";
import { components, k, toyMixture } from "../priors/mixtures.ts";

const test = suite("moments");
const root = path.resolve(import.meta.dirname, "../..");
const ROWS = 20_000;

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
    assert.ok(Math.abs((narrow / wide) ** 2 - 0.7) < 1e-6);
  }
});

for (const family of ["patches", "convolution"]) {
  test(`the command compares mixtures before and after ${family}`, () => {
    const out = mkdtempSync(path.join(os.tmpdir(), "sketchprior-moments-"));
    try {
      const sizes = [
        "--frequencies",
        "50",
        "--samples",
        "2000",
        "--sketch-size",
        "8000",
        "--steps",
        "2",
        "--images",
        "3",
      ];
      const words = ["--import", "tsx", "scripts/moments.ts", family, ...sizes, "--json", "--out", out];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" });
      assert.is(status, 0, stderr);
      const result = JSON.parse(stdout) as { rows: { name: string; misfit: number; errors: number[]; p: number[] }[] };
      const names = [
        "gated, closed form",
        "weights moved",
        "weights, means moved",
        "weights, means, covariances moved",
      ];
      assert.equal(
        result.rows.map(({ name }) => name),
        family === "convolution" ? names.slice(0, 2) : names,
      );
      for (const { misfit, errors, p } of result.rows) {
        assert.ok(misfit > 0 && misfit <= result.rows[0]!.misfit, `${misfit}`);
        assert.ok(errors.length === 3 && errors.every((e) => e > 0 && e < 0.1), `${errors}`);
        assert.ok(p.every((v) => v > 0 && v <= 1));
      }
      assert.equal(JSON.parse(readFileSync(path.join(out, `${family}.json`), "utf8")), result);
    } finally {
      rmSync(out, { recursive: true });
    }
  });
}

test.run();
