import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { parseOperator } from "../../../operators/registry.ts";
import { waveletTransform } from "../../../priors/penalties/wavelet-transform.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { measure } from "../../../src/measure/index.ts";
import { csgm, generate, recover } from "../../../src/solve/index.ts";
import { refuses } from "../../data/tiny.ts";

const test = suite("range escape");

const [signals, latent, side] = [2, 3, 8];
const n = side * side;
const normal = (name: string, shape: number[]) =>
  fromHost(stream(4, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b))), shape);
const [first, second] = [normal("first", [latent, 12]), normal("second", [12, n])];
/** A small network: 3 latents, a bend, an image of 8 × 8. */
const prior: GeneratorPrior = {
  kind: "generator",
  name: "toy",
  latent,
  shape: [side, side],
  decode: (z) => {
    const h = tf.tanh(tf.matMul(z as tf.Tensor2D, tf.tensor2d(first.data, [latent, 12])));
    return tf.reshape(tf.matMul(h as tf.Tensor2D, tf.tensor2d(second.data, [12, n])), [-1, side, side]);
  },
};
const operator = parseOperator("gaussian:m=48", [side, side], 2);
const z = normal("truth", [signals, latent]);

/** G(z) and three deviations of size 4, in pixels, or of the coefficients that `synthesis` turns into one. */
async function leaving(synthesis = (c: tf.Tensor) => c): Promise<NdArray<Float32Array>> {
  const sparse = ndarray(new Float32Array(signals * n), [signals, side, side]);
  for (let i = 0; i < signals; i++) {
    for (const [j, at] of [5, 27, 50].entries()) sparse.data[i * n + at + i] = j === 1 ? -4 : 4;
  }
  const turn = await compile(({ c }: { c: tf.Tensor }) => synthesis(c), { c: sparse });
  const { data: deviations } = await turn.run({ c: sparse });
  await turn.dispose();
  const inside = await generate(prior, z);
  return fromHost(
    inside.data.map((v, i) => v + deviations[i]!),
    inside.shape,
  );
}

/** ‖x̂ − x‖/‖x‖ over all signals. */
function errorOf(found: NdArray<Float32Array>, truth: NdArray<Float32Array>): number {
  let [off, size] = [0, 0];
  for (const [i, v] of truth.data.entries()) [off, size] = [off + (found.data[i]! - v) ** 2, size + v ** 2];
  return Math.sqrt(off / size);
}

async function recovered(truth: NdArray<Float32Array>, noise: number, own: Record<string, string | number>) {
  const measured = await measure(truth, operator, { noise, seed: 3 });
  const given = { operator, y: measured.y, noise: measured.noise };
  return recover(given, prior, { solver: "csgm", lambda: 0.01, own });
}

test("a few spikes on what the generator makes are recovered, which G(z) alone cannot", async () => {
  const truth = await leaving();
  const plain = await recovered(truth, 0, {});
  assert.ok(errorOf(plain.estimate, truth) > 0.2, `${errorOf(plain.estimate, truth)}`);
  const { estimate, outcomes } = await recovered(truth, 0, { escape: "pixels" });
  assert.equal(outcomes, ["discrepancy", "discrepancy"]);
  // y is fitted to 1e-3 of its size; Φ magnifies that in the directions it hardly sees
  assert.ok(errorOf(estimate, truth) < 0.02, `${errorOf(estimate, truth)}`);
});

test("with noise ν ends where y is fitted as well as the noise allows", async () => {
  const truth = await leaving();
  const sigma = 0.1;
  const measured = await measure(truth, operator, { noise: sigma, seed: 3 });
  const given = { operator, y: measured.y, noise: measured.noise };
  const { estimate, escaped, outcomes } = await csgm(given, prior, { lambda: 0.01, escape: "pixels" });
  assert.equal(outcomes, ["discrepancy", "discrepancy"]);
  const again = await measure(estimate, operator, { noise: 0, seed: 3 });
  for (let i = 0; i < signals; i++) {
    let misfit = 0;
    for (let j = 0; j < 48; j++) misfit += (again.y.data[i * 48 + j]! - measured.y.data[i * 48 + j]!) ** 2;
    // one step of the falling weights overshoots by a few per cent
    assert.ok(misfit <= 48 * sigma ** 2 && misfit > 0.8 * 48 * sigma ** 2, `${misfit}`);
  }
  assert.ok(errorOf(estimate, truth) < 0.1);
  const places = [...escaped!.data.slice(0, n).keys()].filter((i) => Math.abs(escaped!.data[i]!) > 2);
  assert.equal(places, [5, 27, 50]);
});

test("deviations that are sparse in wavelets", async () => {
  const truth = await leaving(waveletTransform([side, side]).synthesis);
  const { estimate } = await recovered(truth, 0, { escape: "wavelets" });
  assert.ok(errorOf(estimate, truth) < 0.02, `${errorOf(estimate, truth)}`);
});

test("with a given weight the end is a minimum: ν cannot be lowered by a step of the proximal gradient", async () => {
  const truth = await leaving();
  const measured = await measure(truth, operator, { noise: 0, seed: 3 });
  const given = { operator, y: measured.y, noise: measured.noise };
  const weight = 2;
  const { estimate, escaped, outcomes } = await csgm(given, prior, { lambda: 0.01, escape: "pixels", weight });
  assert.equal(outcomes, ["settled", "settled"]);
  const slope = tf.tidy(() => {
    const x = tf.tensor(estimate.data, estimate.shape);
    const y = tf.tensor(measured.y.data, measured.y.shape);
    return tf
      .grad((at: tf.Tensor) => tf.sum(tf.square(tf.sub(y, operator.forward(at)))))(x)
      .dataSync();
  });
  for (const [i, v] of escaped!.data.entries()) {
    // −∇ is μ·sign(ν) where ν ≠ 0, and within ±μ elsewhere; x still moves by 1e-5 in a step of size 0.1
    if (Math.abs(v) > 0.01)
      assert.ok(Math.abs(slope[i]! + weight * Math.sign(v)) < 0.05 * weight, `${slope[i]} at ν ${v}`);
    else assert.ok(Math.abs(slope[i]!) < 1.05 * weight, `${slope[i]}`);
  }
});

test("in a range x keeps to it", async () => {
  const truth = await leaving();
  const measured = await measure(truth, operator, { noise: 0, seed: 3 });
  const given = { operator, y: measured.y, noise: measured.noise, range: [-3, 3] as const };
  const { estimate, chosen } = await recover(given, prior, { solver: "csgm", lambda: 0.01, own: { escape: "pixels" } });
  assert.ok(estimate.data.every((v) => Math.abs(v) <= 3) && estimate.data.some((v) => v === 3));
  assert.is(chosen.clipped ?? 0, 0);
});

test("what it does not take is refused in one line", async () => {
  const truth = await leaving();
  await refuses(
    () => recovered(truth, 0, { weight: 1 }),
    /^csgm: weight: is that of ν; give escape=pixels or escape=wavelets too$/,
  );
  await refuses(
    () => recovered(truth, 0, { escape: "pixel" }),
    /^csgm: escape: expected none or pixels or wavelets, got "pixel"$/,
  );
  await refuses(
    () => recovered(truth, 0, { escape: "pixels", weight: 0 }),
    /^csgm: weight: expected a positive number, got 0/,
  );
  const moduli = parseOperator("magnitude*gaussian:m=48", [side, side], 2);
  const { y } = await measure(truth, moduli, { noise: 0, seed: 1 });
  await refuses(
    () => recover({ operator: moduli, y, noise: 0 }, prior, { own: { escape: "pixels" } }),
    /^csgm: escape: needs a linear Φ and Gaussian noise, but magnitude\*gaussian\(m=48\) is not linear; leave escape out$/,
  );
});

test.run();
