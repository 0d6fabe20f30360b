import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { residualRoot } from "../../priors/residual-root.ts";
import { drawSamples } from "../../priors/samples.ts";
import { stream } from "../../src/data/random.ts";
import { messageOf } from "../engine/support.ts";

const test = suite("samples of a prior");

/** x = (z₁, 10c) + r: what z, c and r do to a sample can be told apart. */
const plane: GeneratorPrior = {
  ...{ kind: "generator", name: "plane", latent: 2, shape: [2] },
  conditions: Float64Array.from([0.2, 0.5, 0.3]),
  decode: (z, c) =>
    tf.stack([tf.slice(z as tf.Tensor2D, [0, 0], [-1, 1]).flatten(), tf.mul(10, tf.cast(c!, "float32"))], 1),
};

test("without condition and residual they are G(z), in blocks as in one", async () => {
  const prior: GeneratorPrior = { ...plane, shape: [2, 1], decode: (z) => tf.reshape(tf.mul(z, 3), [-1, 2, 1]) };
  const { conditions: _, ...plain } = prior;
  const samples = await drawSamples(plain, 1700, 5); // one block of 1000, and an overlapping one
  const z = stream(5, "samples").fillNormal(new Float32Array(3400));
  assert.equal(samples.shape, [1700, 2, 1]);
  assert.equal(
    samples.data,
    z.map((v) => 3 * v),
  );
});

test("conditions come by their probabilities, and the residual has its covariance", async () => {
  const count = 20_000;
  const covariance = [0.04, 0.03, 0.03, 0.09];
  const residual = ndarray(Float32Array.from(covariance), [2, 2]);
  // The same covariance as (.1, .3)(.1, .3)ᵀ + diag(.03, 0).
  const factor = ndarray(Float32Array.of(0.1, 0.3), [2, 1]);
  const standardDeviations = ndarray(Float32Array.of(Math.sqrt(0.03), 0), [2]);
  for (const root of [{}, { residualRoot: { factor, standardDeviations } }]) {
    await drawsHave({ ...plane, residual, ...root }, count, covariance);
  }
});

test("a covariance that rounding made indefinite has a root, and one that is none is refused", async () => {
  const rounded = Float32Array.of(1, 1, 1, 1 - 1e-7);
  const { factor } = await residualRoot(ndarray(rounded, [2, 2]));
  const u = [...factor.data];
  for (const [at, v] of [u[0]! ** 2, u[0]! * u[2]!, u[0]! * u[2]!, u[2]! ** 2 + u[3]! ** 2].entries()) {
    assert.ok(Math.abs(v - rounded[at]!) < 1e-5, `${v}`);
  }
  assert.ok((await residualRoot(ndarray(new Float32Array(4), [2, 2]))).factor.data.every((v) => v === 0));
  assert.match(
    await messageOf(() => residualRoot(ndarray(Float32Array.of(1, 2, 2, 1), [2, 2]))),
    /not positive definite/,
  );
});

test("a root keeps every variance in its own units, and numbers that do not vary at 0", async () => {
  const diagonal = [1e8, 0, 1, 1e-6];
  const covariance = Float32Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? diagonal[at / 5]! : 0));
  const { factor } = await residualRoot(ndarray(covariance, [4, 4]));
  assert.equal(
    factor.data,
    covariance.map((v) => Math.sqrt(v)),
  );
  // A correlation that rounding made larger than 1, in units far apart.
  const rounded = Float32Array.of(1e8, 1e4 * (1 + 1e-6), 1e4 * (1 + 1e-6), 1);
  const u = [...(await residualRoot(ndarray(rounded, [2, 2]))).factor.data];
  assert.ok(Math.abs(u[2]! ** 2 + u[3]! ** 2 - 1) < 1e-4, `${u}`);
  // Noise of a number that does not vary, which no part of its own variance covers.
  const noise = Float32Array.of(1, 1e-8, 1e-8, 0);
  assert.ok(Math.abs((await residualRoot(ndarray(noise, [2, 2]))).factor.data[3]!) < 1e-3);
});

async function drawsHave(prior: GeneratorPrior, count: number, covariance: readonly number[]): Promise<void> {
  const samples = await drawSamples(prior, count, 1);
  const z = stream(1, "samples").fillNormal(new Float32Array(2 * count));
  const seen = [0, 0, 0];
  const second = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const cell = Math.round(samples.data[2 * i + 1]! / 10);
    seen[cell]! += 1 / count;
    const r = [samples.data[2 * i]! - z[2 * i]!, samples.data[2 * i + 1]! - 10 * cell];
    for (let k = 0; k < 4; k++) second[k]! += (r[k >> 1]! * r[k & 1]!) / count;
  }
  // deviations are at most √(p(1 − p)/count) = 0.0035 and √2·0.09/√count = 0.0009: four of them
  for (const [i, p] of plane.conditions!.entries()) assert.ok(Math.abs(seen[i]! - p) < 0.015, `${seen}`);
  for (const [i, v] of covariance.entries()) assert.ok(Math.abs(second[i]! - v) < 0.004, `${second}`);
}

test("a seed gives the same signals again, another seed others", async () => {
  const [a, b, c] = [await drawSamples(plane, 50, 1), await drawSamples(plane, 50, 1), await drawSamples(plane, 50, 2)];
  assert.equal(a.data, b.data);
  assert.not.equal(a.data, c.data);
});

test.run();
