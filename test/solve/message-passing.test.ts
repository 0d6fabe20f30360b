import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compose } from "../../operators/compose.ts";
import { gaussian } from "../../operators/gaussian.ts";
import { mask } from "../../operators/mask.ts";
import { structured } from "../../operators/structured.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { recover } from "../../src/solve/index.ts";
import { refuses } from "../data/tiny.ts";
import { apply } from "../operators/draws.ts";
import { cropped, noisy, prior } from "./leaves.ts";

const test = suite("message passing");
const error = (x: { readonly data: Float32Array }, truth: { readonly data: Float32Array }) =>
  x.data.reduce((sum, v, i) => sum + (v - truth.data[i]!) ** 2 / x.data.length, 0);

const scaled = (x: NdArray<Float32Array>, by: number) =>
  ndarray(
    x.data.map((v) => by * v),
    x.shape,
  );

for (const [name, operator] of [
  ["structured, orthogonal rows", structured({ inShape: [32, 32], m: 400, seed: 3 })],
  ["structured, rows of a padded transform", structured({ inShape: [30, 28], m: 400, seed: 4 })],
  ["gaussian", gaussian({ inShape: [30, 28], m: 400, seed: 3 })],
] as const) {
  test(`${name}: the default, below half-quadratic splitting and total variation with the best λ of three`, async () => {
    const [height, width] = operator.inShape as [number, number];
    const truth = cropped(2, height, width);
    const noise = 0.005;
    const given = { operator, y: noisy(await apply(operator.forward, truth), noise), noise, range: [0, 1] as const };
    const steps: number[] = [];
    const found = await recover(given, prior, { onProgress: ({ objective }) => steps.push(objective) });
    assert.is(found.chosen.solver, "message-passing");
    assert.equal(found.outcomes, ["settled", "settled"]);
    assert.ok(found.estimate.data.every((v) => v >= 0 && v <= 1));
    const own = error(found.estimate, truth);
    const split = await recover(given, prior, { solver: "half-quadratic" });
    assert.ok(own < 0.9 * error(split.estimate, truth), `${own} ${error(split.estimate, truth)}`);
    for (const lambda of [3e-5, 1e-4, 3e-4]) {
      const tv = await recover(given, parsePenalty("tv", operator.inShape), { lambda });
      assert.ok(own < 0.9 * error(tv.estimate, truth), `${lambda}: ${own} ${error(tv.estimate, truth)}`);
    }
    // s, which it reports, is the error of what x̂ is denoised from: of the size of that of x̂; images this small leave it uncertain by a factor of two
    const s = Math.min(...steps);
    assert.ok(s ** 2 > 0.5 * own && s ** 2 < 6 * own, `${s ** 2} ${own}`);
  });
}

test("the same seed gives the same estimate, another seed another; no noise at all: σ is raised, and it says so", async () => {
  const operator = structured({ inShape: [24, 24], m: 300, seed: 3 });
  const truth = cropped(1, 24, 24);
  const y = await apply(operator.forward, truth);
  const of = async (seed: number) => recover({ operator, y, noise: 0 }, prior, { seed });
  const first = await of(1);
  assert.equal((await of(1)).estimate.data, first.estimate.data);
  assert.not.equal((await of(2)).estimate.data, first.estimate.data);
  assert.ok(first.estimate.data.every(Number.isFinite));
  assert.ok(first.chosen.sigma > 0);
  assert.equal(first.chosen.raised, { from: 0, to: first.chosen.sigma, measurements: 300 });
  assert.ok(first.steps > 3 && first.steps <= 30);
});

test("an end before it settled, a range that the estimate is clipped to, and numbers of other units are told", async () => {
  const operator = structured({ inShape: [24, 24], m: 300, seed: 3 });
  const truth = cropped(1, 24, 24);
  const y = noisy(await apply(operator.forward, truth), 0.005);
  const early = await recover({ operator, y, noise: 0.005, range: [0.4, 0.6] }, prior, { own: { steps: 2 } });
  assert.equal([early.outcomes, early.steps, early.chosen.clipped], [["max-steps"], 2, 1]);
  assert.ok(early.estimate.data.every((v) => v >= Math.fround(0.4) && v <= Math.fround(0.6)));
  assert.equal(early.warnings, []);
  const large = { operator, y: noisy(await apply(operator.forward, scaled(truth, 255)), 1), noise: 1 };
  assert.match((await recover(large, prior)).warnings.join(), /divide y and σ, for example by 255/);
});

test("Φ that does not mix is not taken, nor a product with one; if it says that it mixes, the estimate is finite and worse", async () => {
  const truth = cropped(1, 24, 24);
  const holes = mask({ inShape: [24, 24], keep: 0.2, seed: 1 });
  const y = noisy(await apply(holes.forward, truth), 0.01);
  const given = { y, noise: 0.01, range: [0, 1] as const };
  await refuses(
    () => recover({ operator: holes, ...given }, prior, { solver: "message-passing" }),
    /message-passing does not take .* does not mix all numbers\); give half-quadratic/,
  );
  const split = await recover({ operator: holes, ...given }, prior);
  assert.is(split.chosen.solver, "half-quadratic");
  const composed = compose(gaussian({ inShape: holes.outShape, m: 80, seed: 1 }), holes);
  const product = { operator: composed, y: await apply(composed.forward, truth), noise: 0.01 };
  assert.is((await recover(product, prior, { own: { steps: 1 } })).chosen.solver, "half-quadratic");
  const claimed = { ...holes, form: { kind: "mixing" } as const };
  const { estimate, outcomes } = await recover({ operator: claimed, ...given }, prior);
  assert.ok(estimate.data.every(Number.isFinite));
  assert.ok(error(estimate, truth) > error(split.estimate, truth), `${outcomes}`);
});

test.run();
