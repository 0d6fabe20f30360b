import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { linearOperator } from "../../../operators/operator.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { stream } from "../../../src/data/random.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { type CsgmOptions, csgm } from "../../../src/solve/index.ts";

const test = suite("latent recovery");

const normal = (shape: number[], name: string): NdArray<Float32Array> =>
  ndarray(stream(11, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), shape);

const [n, m, p] = [12, 6, 3];
const A = normal([m, n], "A");
const L = normal([p, n], "L");
const operator = linearOperator({
  name: "A",
  inShape: [n],
  outShape: [m],
  forward: (x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d(A.data, [m, n]), false, true),
});
/** A linear generator, for which the minimiser has a closed form. */
const linear: GeneratorPrior = {
  kind: "generator",
  name: "linear",
  latent: p,
  shape: [n],
  decode: (z) => tf.matMul(z as tf.Tensor2D, tf.tensor2d(L.data, [p, n])),
};
/** G(z) = z², elementwise: ±z give the same signal, and z = 0 is a saddle. */
const square: GeneratorPrior = {
  kind: "generator",
  name: "square",
  latent: n,
  shape: [n],
  decode: (z) => tf.square(z),
};

const recoverLatent = (own: ForwardOperator, prior: GeneratorPrior, y: NdArray<Float32Array>, options?: CsgmOptions) =>
  csgm({ operator: own, y, noise: gaussianNoise(0.1) }, prior, options);

const objectiveOf = (prior: GeneratorPrior, y: NdArray<Float32Array>, z: NdArray<Float32Array>, lambda: number) =>
  tf.tidy(() => {
    const latents = tf.tensor(z.data, z.shape);
    const r = tf.sub(tf.tensor(y.data, y.shape), operator.forward(prior.decode(latents)));
    return Array.from(tf.add(tf.sum(tf.square(r), 1), tf.mul(lambda, tf.sum(tf.square(latents), 1))).dataSync());
  });

test("a linear generator is recovered to the ridge solution: (LA'AL' + λI) z = LA'y", async () => {
  const lambda = 0.3;
  const y = normal([2, m], "y");
  const { latents, outcomes } = await recoverLatent(operator, linear, y, {
    lambda,
    steps: 2000,
    tolerance: 1e-9,
    restarts: 2,
  });
  assert.ok(outcomes.every((outcome) => outcome === "converged" || outcome === "max-steps"));
  const gap = tf.tidy(() => {
    const M = tf.matMul(tf.tensor2d(L.data, [p, n]), tf.tensor2d(A.data, [m, n]), false, true); // LA'
    const z = tf.tensor2d(latents.data, [2, p]);
    const residual = tf.sub(
      tf.matMul(tf.sub(tf.tensor2d(y.data, [2, m]), tf.matMul(z, M)), M, false, true),
      tf.mul(lambda, z),
    );
    return tf.max(tf.abs(residual)).dataSync()[0]!;
  });
  assert.ok(gap < 1e-2, `gradient at the result is ${gap}`); // entries of LA'y are about 10: 1e-3 relative, Adam in float32
});

test("the reported objective is that of the reported latents, and never above that of a start", async () => {
  const y = normal([3, m], "y2");
  const few = await recoverLatent(operator, square, y, { lambda: 0.01, steps: 200, restarts: 1, tolerance: 0 });
  const many = await recoverLatent(operator, square, y, { lambda: 0.01, steps: 200, restarts: 8, tolerance: 0 });
  for (const result of [few, many]) {
    for (const [i, value] of objectiveOf(square, y, result.latents, 0.01).entries()) {
      assert.ok(Math.abs(value - result.objectives.data[i]!) < 1e-4 * (1 + value));
    }
  }
  const sum = (v: Float32Array) => v.reduce((a, b) => a + b, 0);
  assert.ok(
    sum(many.objectives.data) <= sum(few.objectives.data) * 1.001,
    "more restarts cannot be worse by more than their draw",
  );
});

test("one λ a signal gives the same as one run for each", async () => {
  const y = normal([1, m], "y3");
  const both = ndarray(Float32Array.of(...y.data, ...y.data), [2, m]);
  const options = { steps: 1500, restarts: 2, tolerance: 0 };
  const together = await recoverLatent(operator, linear, both, { ...options, lambda: [0.1, 10] });
  for (const [row, lambda] of [0.1, 10].entries()) {
    const alone = await recoverLatent(operator, linear, y, { ...options, lambda });
    const gap = Math.abs(alone.objectives.data[0]! - together.objectives.data[row]!);
    assert.ok(gap < 1e-3 * (1 + alone.objectives.data[0]!)); // other random starts, same convex minimum
  }
});

test("how a signal ends does not depend on the others: a large one that is at its mode does not stop it", async () => {
  const slow: GeneratorPrior = {
    ...{ kind: "generator", name: "slow", latent: 2, shape: [2] },
    decode: (z) => tf.mul(z, tf.tensor2d([[1, 0.01]])),
  };
  const identity = linearOperator({ name: "identity", inShape: [2], outShape: [2], forward: (x) => tf.mul(x, 1) });
  const options = { lambda: 1e-6, steps: 3000 };
  const small = { y: [1, 0.3], z: [0, 0] };
  const large = { y: [3000, 0], z: [2999, 0] };
  const run = (signals: readonly (typeof small)[]) => {
    const rows = (values: readonly number[]) => ndarray(Float32Array.from(values), [signals.length, 2]);
    const starts = { perSignal: 1, z: rows(signals.flatMap(({ z }) => z)) };
    return recoverLatent(identity, slow, rows(signals.flatMap(({ y }) => y)), { ...options, starts });
  };
  const alone = await run([small]);
  const beside = await run([large, small]);
  assert.equal([alone.outcomes[0], beside.outcomes[1]], ["converged", "converged"]);
  const gap = Math.abs(alone.estimate.get(0, 1) - beside.estimate.get(1, 1));
  assert.ok(gap < 1e-5, `${beside.estimate.get(1, 1)} instead of ${alone.estimate.get(0, 1)}`); // float32
  const hurried = await recoverLatent(identity, slow, ndarray(Float32Array.of(3000, 0, 1, 0.3), [2, 2]), {
    ...{ ...options, steps: 200 },
    starts: { perSignal: 1, z: ndarray(Float32Array.of(3000, 0, 0, 0), [2, 2]) },
  });
  assert.equal(hurried.outcomes, ["converged", "max-steps"]);
});

test("a descent that stands still has not converged by that: its steps too small, too large, or at their end", async () => {
  const y = normal([2, m], "y10");
  const run = (options: object) => recoverLatent(operator, linear, y, { restarts: 2, ...options });
  const found = await run({ steps: 3000 });
  assert.equal(found.outcomes, ["converged", "converged"]);
  for (const [name, options] of Object.entries({
    small: { learningRate: 1e-6, steps: 300 },
    large: { learningRate: 1e4, steps: 100 },
    ending: { learningRate: 0.01, steps: 60 },
  })) {
    const { outcomes, objectives } = await run(options);
    assert.equal(outcomes, ["max-steps", "max-steps"], name);
    assert.ok(
      objectives.data.every((v, i) => v > 1.05 * found.objectives.data[i]!),
      name,
    ); // they are not at the minimum
  }
});

test("a descent that leaves the finite numbers ends as non-finite, at its lowest point before", async () => {
  const cliff: GeneratorPrior = {
    ...{ kind: "generator", name: "cliff", latent: 1, shape: [1] },
    decode: (z) => tf.add(z, tf.mul(0, tf.sqrt(tf.sub(1, z)))), // NaN beyond z = 1
  };
  const one = linearOperator({ name: "one", inShape: [1], outShape: [1], forward: (x) => tf.mul(x, 1) });
  const starts = { perSignal: 1, z: ndarray(new Float32Array(2), [2, 1]) };
  const y = ndarray(Float32Array.of(5, 0.5), [2, 1]);
  const { outcomes, latents } = await recoverLatent(one, cliff, y, { starts, lambda: 1e-3, steps: 2000 });
  assert.equal(outcomes, ["non-finite", "converged"]);
  assert.ok(latents.data[0]! > 0.8 && latents.data[0]! <= 1, `${latents.data[0]}`);
});

test("the same seed gives the same result, another seed other starts", async () => {
  const y = normal([2, m], "y4");
  const run = (seed: number) => recoverLatent(operator, square, y, { steps: 20, seed });
  const [a, b, c] = [await run(5), await run(5), await run(6)];
  assert.equal(Array.from(a.estimate.data), Array.from(b.estimate.data));
  assert.not.equal(Array.from(a.estimate.data), Array.from(c.estimate.data));
});

test("a generator that overflows ends with the code non-finite and finite latents", async () => {
  const y = normal([2, m], "y5");
  const steep: GeneratorPrior = { ...square, decode: (z) => tf.exp(tf.mul(1000, tf.square(z))) };
  const result = await recoverLatent(operator, steep, y, { steps: 10 });
  assert.equal(result.outcomes, ["non-finite", "non-finite"]);
  assert.ok(result.latents.data.every(Number.isFinite));
});

test("an aborted recovery ends as cancelled with its last state", async () => {
  const controller = new AbortController();
  const onProgress = ({ step }: { step: number }) => {
    if (step === 3) controller.abort();
  };
  const y = normal([1, m], "y6");
  const result = await recoverLatent(operator, linear, y, { steps: 100, signal: controller.signal, onProgress });
  assert.equal(result.outcomes, ["cancelled"]);
  assert.is(result.steps, 3);
});

test("no tensor stays behind", async () => {
  const before = tf.memory().numTensors;
  await recoverLatent(operator, linear, normal([1, m], "y7"), { steps: 3 });
  assert.is(tf.memory().numTensors, before);
});

test("wrong shapes and options are refused by name", async () => {
  const refused = async (run: () => Promise<unknown>, message: RegExp) => {
    const error = await run().then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(error instanceof RangeError, "expected a RangeError");
    assert.match(error.message, message);
  };
  const y = normal([2, m], "y8");
  await refused(
    () => recoverLatent(operator, { ...linear, shape: [7] }, y),
    /A measures signals of \[12\], the prior is for \[7\]; make the prior/,
  );
  await refused(
    () => recoverLatent(operator, linear, normal([2, 5], "y9")),
    /A returns measurements \[batch, 6\], got y of \[2, 5\]/,
  );
  const silent = normal([2, m], "y9");
  silent.data[3] = Number.NaN;
  await refused(() => recoverLatent(operator, linear, silent), /measurement 3 of signal 0 is NaN; expected finite/);
  await refused(
    () => recoverLatent(operator, linear, y, { restarts: 0 }),
    /restarts: expected a positive integer, got 0/,
  );
  await refused(
    () => recoverLatent(operator, linear, y, { lambda: -1 }),
    /lambda: expected one or 2 numbers of at least 0, got -1/,
  );
});

test.run();
