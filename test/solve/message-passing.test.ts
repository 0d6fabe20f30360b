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
    assert.equal(found.outcomes, ["completed", "completed"]);
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

test("the same seed gives the same estimate, another seed another; no noise at all is no trouble", async () => {
  const operator = structured({ inShape: [24, 24], m: 300, seed: 3 });
  const truth = cropped(1, 24, 24);
  const y = await apply(operator.forward, truth);
  const of = async (seed: number) => (await recover({ operator, y, noise: 0 }, prior, { seed })).estimate.data;
  const first = await of(1);
  assert.equal(await of(1), first);
  assert.not.equal(await of(2), first);
  assert.ok(first.every(Number.isFinite));
});

test("Φ that does not mix: not taken; taken for one that mixes by mistake, the answer is finite, and says so if it diverged", async () => {
  const truth = cropped(1, 24, 24);
  const holes = mask({ inShape: [24, 24], keep: 0.5, seed: 1 });
  const y = noisy(await apply(holes.forward, truth), 0.01);
  await refuses(
    () => recover({ operator: holes, y, noise: 0.01 }, prior, { solver: "message-passing" }),
    /message-passing does not take .* does not mix all numbers\); give half-quadratic/,
  );
  const composed = compose(gaussian({ inShape: holes.outShape, m: 200, seed: 1 }), holes);
  assert.is(
    (await recover({ operator: composed, y: await apply(composed.forward, truth), noise: 0.01 }, prior)).chosen.solver,
    "half-quadratic",
  );
  const claimed = { ...holes, form: { kind: "mixing" } as const };
  const { estimate, outcomes } = await recover({ operator: claimed, y, noise: 0.01 }, prior);
  assert.ok(estimate.data.every(Number.isFinite));
  assert.ok(outcomes[0] === "completed" || outcomes[0] === "fallback");
});

test.run();
