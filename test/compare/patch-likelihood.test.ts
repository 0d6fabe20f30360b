import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PatchModel } from "../../priors/patches/index.ts";
import { asOneGaussian, patchLogLikelihood } from "../../src/compare/patch-likelihood.ts";
import { stream } from "../../src/data/index.ts";

const test = suite("likelihood of patches");

// orthonormal directions of 2 × 2 patches, the mean last
const H = [1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1, 1, 1, 1, 1].map((v) => v / 2);
const variances = [
  [0.4, 0.1, 0.02],
  [0.03, 0.02, 0.01],
];
const model: PatchModel = {
  ...{ side: 2, channels: 1, weights: Float64Array.of(0.3, 0.7) },
  values: ndarray(Float32Array.from([...variances[0]!, 1e-6, ...variances[1]!, 1e-6]), [2, 4]),
  vectors: ndarray(Float32Array.from([...H, ...H]), [2, 4, 4]),
};

test("the density by its definition, whatever the patches' means", async () => {
  const random = stream(3, "patches");
  const data = random.fillNormal(new Float32Array(700 * 4)); // more than a compiled run takes
  const found = await patchLogLikelihood(model, ndarray(data, [700, 2, 2]));
  for (const row of [0, 5, 511, 512, 699]) {
    const v = [...data.subarray(row * 4, row * 4 + 4)];
    const along = [0, 1, 2].map((j) => v.reduce((sum, w, i) => sum + w * H[j * 4 + i]!, 0));
    const densities = variances.map((own, k) =>
      own.reduce(
        (p, variance, j) => p * (Math.exp(-(along[j]! ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)),
        model.weights[k]!,
      ),
    );
    const wanted = Math.log(densities[0]! + densities[1]!);
    assert.ok(Math.abs(found[row]! - wanted) < 1e-4 * (1 + Math.abs(wanted)), `${found[row]} ${wanted}`);
  }
});

test("one Gaussian of the same covariance", async () => {
  const { values, vectors, weights } = await asOneGaussian(model);
  assert.equal([...weights], [1]);
  const wanted = [0, 1, 2].map((j) => 0.3 * variances[0]![j]! + 0.7 * variances[1]![j]!);
  for (const [j, v] of wanted.entries()) {
    assert.ok(Math.abs(values.data[j]! - v) < 1e-6);
    const cosine = [0, 1, 2, 3].reduce((sum, i) => sum + vectors.data[j * 4 + i]! * H[j * 4 + i]!, 0);
    assert.ok(Math.abs(Math.abs(cosine) - 1) < 1e-5);
  }
});

test.run();
