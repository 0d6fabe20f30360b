import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { forwardOperator } from "../../../operators/operator.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { stream } from "../../../src/data/random.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { csgm, problemOf, recover } from "../../../src/solve/index.ts";
import { rankConditions } from "../../../src/solve/latent/rank-conditions.ts";

const test = suite("starts of recoveries that are not linear");
const n = 6;

/** Four levels with probabilities that differ, each with its own spread; the residual is wide for all. */
const levels = Float32Array.of(1, 2, 3, 4);
const spreads = Float32Array.of(0.05, 0.6, 0.05, 0.1);
const probabilities = Float64Array.of(0.97, 0.01, 0.01, 0.01);
const residual = ndarray(
  Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 0.01 : 0)),
  [n, n],
);
const prior: GeneratorPrior = {
  ...{ kind: "generator", name: "levels", latent: n, shape: [n], residual, conditions: probabilities },
  decode: (z, c) => {
    const pick = (values: Float32Array) => tf.expandDims(tf.gather(tf.tensor1d(values), c as tf.Tensor1D), 1);
    return tf.add(pick(levels), tf.mul(pick(spreads), z));
  },
};
const cubes = (unit: number) =>
  forwardOperator({ name: "cubes", inShape: [n], outShape: [n], forward: (x) => tf.mul(unit, tf.pow(x, 3)) });
const measured = (unit: number) => {
  const random = stream(2, "levels");
  const rows = [2, 3, 4, 1].flatMap((level) => Array.from({ length: n }, () => level + 0.1 * random.normal()));
  return ndarray(
    Float32Array.from(rows, (x) => unit * x ** 3),
    [4, n],
  );
};

test("the order of conditions does not depend on the units of y", async () => {
  const order = async (unit: number) =>
    (await rankConditions({ operator: cubes(unit), y: measured(unit) }, prior, probabilities, (0.1 * unit) ** 2, 4))
      .conditions;
  const reference = await order(1);
  for (const unit of [1e-3, 255]) assert.equal(await order(unit), reference);
});

test("signals far from the most probable condition are still begun in their own, in any units", async () => {
  for (const unit of [1, 1e-3, 255]) {
    const { conditions } = await rankConditions(
      { operator: cubes(unit), y: measured(unit) },
      prior,
      probabilities,
      (0.1 * unit) ** 2,
      1,
    );
    assert.equal([...conditions].slice(1), [2, 3, 0]); // level 2 may be told by the wide condition or not
  }
});

test("a view of measurements is ranked as its copy is", async () => {
  const y = measured(1);
  const rank = (view: typeof y) =>
    rankConditions({ operator: cubes(1), y: view }, prior, probabilities, 0.01, 4).then(({ conditions }) => conditions);
  assert.equal(await rank(y.lo(2, 0)), (await rank(y)).slice(8));
  const last = ndarray(y.data.slice(2 * n), [2, n]);
  assert.equal(await rank(y.lo(2, 0)), await rank(last));
  assert.equal(problemOf({ operator: cubes(1), y: y.lo(2, 0), noise: gaussianNoise(0.1) }).y, last);
});

test("given latents may be a view: signals that end at once keep theirs", async () => {
  const starts = {
    perSignal: 1,
    z: ndarray(
      Float32Array.from({ length: 6 * n }, (_, i) => i / 10),
      [6, n],
    ).lo(2, 0),
  };
  const y = measured(1);
  y.data.fill(3e38); // its squared misfit is Inf in float32
  const given = { operator: cubes(1), y, noise: gaussianNoise(0.1) };
  const { latents, outcomes } = await csgm(given, prior, {
    starts: { ...starts, conditions: Int32Array.of(1, 2, 3, 0) },
    steps: 3,
  });
  assert.equal(outcomes, ["non-finite", "non-finite", "non-finite", "non-finite"]);
  assert.equal(latents.data, starts.z.data.slice(2 * n));
});

test("a signal whose numbers overflow ends alone", async () => {
  const y = measured(1);
  const steep = forwardOperator({
    name: "steep",
    inShape: [n],
    outShape: [n],
    forward: (x) => tf.exp(tf.mul(x, 0.5)),
  });
  y.data.fill(3e38, 0, n); // its squared misfit is Inf in float32
  y.data.set([2, 2, 2, 2, 2, 2], n);
  const { outcomes, estimate } = await recover({ operator: steep, y, noise: 0.1 }, prior, { own: { steps: 40 } });
  assert.is(outcomes[0], "non-finite");
  assert.ok(
    outcomes.slice(1).every((outcome) => outcome !== "non-finite"),
    `${outcomes}`,
  );
  assert.ok(estimate.data.slice(n).every(Number.isFinite));
});

test.run();
