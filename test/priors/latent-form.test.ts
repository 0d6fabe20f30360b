import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { ForwardOperator } from "../../operators/operator.ts";
import { latentForm } from "../../priors/mixture/latent-form.ts";
import { drawSamples } from "../../priors/samples.ts";
import { meanSquaredErrors } from "../../src/compare/metrics.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { csgm, generate } from "../../src/solve/index.ts";
import { k, toyMixture as mixture, n } from "./mixtures.ts";

const test = suite("latent form of a mixture");
const prior = latentForm(mixture);

test("decodes centre + D(μ_c + L_c z), each row by its own component", async () => {
  const z = ndarray(stream(1, "z").fillNormal(new Float32Array(3 * k)), [3, k]);
  const c = Int32Array.of(3, 0, 2);
  const { data } = await generate(prior, z, c);
  const { means, covarianceOf, factors, matrix, centre } = mixture;
  for (const [row, j] of c.entries()) {
    for (let i = 0; i < n; i++) {
      let want = centre.get(i);
      for (let a = 0; a < k; a++) {
        let v = means.get(j, a);
        for (let b = 0; b < k; b++) v += factors.get(covarianceOf[j]!, a, b) * z.get(row, b);
        want += matrix.get(i, a) * v;
      }
      assert.ok(Math.abs(data[row * n + i]! - want) < 1e-5, `${row}, ${i}: ${data[row * n + i]} and ${want}`); // float32
    }
  }
});

/** |Ax|: measurements without their signs. */
const A = stream(5, "A").fillNormal(new Float32Array(10 * n));
const unsigned: ForwardOperator = {
  ...{ name: "|A|", inShape: [n], outShape: [10] },
  forward: (x) => tf.abs(tf.matMul(x as tf.Tensor2D, tf.tensor2d(A, [10, n]), false, true)),
};

test("recovers signals from measurements that lost their signs, where the mean signal is far off", async () => {
  const x = await drawSamples(prior, 20, 4);
  const measure = await compile((signals: tf.Tensor) => unsigned.forward(signals), x);
  const y = await measure.run(x);
  await measure.dispose();
  const { estimate, objectives } = await csgm({ operator: unsigned, y, noise: gaussianNoise(0) }, prior, {
    lambda: 1e-3,
    restarts: 16,
  });
  const errors = meanSquaredErrors(x, estimate);
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  const still = mean(meanSquaredErrors(x, constantRows(mixture.centre, 20)));
  // the residual, 1e-3 a number, is all that most recoveries leave; a wrong component now and then is allowed for
  const solved = Array.from(errors).filter((e) => e < 0.02).length;
  assert.ok(solved >= 17, `${solved} of 20 recovered`);
  assert.ok(mean(errors) < 0.1 * still, `${mean(errors)} and ${still}`);
  assert.ok(objectives.data.every(Number.isFinite));
});

const constantRows = (row: NdArray<Float32Array>, count: number) =>
  ndarray(
    Float32Array.from({ length: count * row.size }, (_, at) => row.data[at % row.size]!),
    [count, row.size],
  );

test.run();
