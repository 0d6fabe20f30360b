import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { linearOperator } from "../../../operators/operator.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { stream } from "../../../src/data/random.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { type CsgmOptions, csgm, recover } from "../../../src/solve/index.ts";

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

/** min_z ‖y − Φ(G(z))‖² + λ‖z‖² over the linear generator by plain Adam in float64, as CSGM's code has it: every step of one size. */
function plainAdam(y: ArrayLike<number>, from: ArrayLike<number>, lambda: number, steps: number, rate: number) {
  const M = Array.from({ length: p }, (_, k) =>
    Array.from({ length: m }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += L.get(k, i) * A.get(j, i);
      return sum;
    }),
  );
  const z = Array.from(from);
  const misfits = () => Array.from(y, (v, j) => v - M.reduce((sum, row, k) => sum + row[j]! * z[k]!, 0));
  const [first, second] = [z.map(() => 0), z.map(() => 0)];
  for (let t = 1; t <= steps; t++) {
    const r = misfits();
    const gradient = M.map((row, k) => 2 * lambda * z[k]! - 2 * row.reduce((sum, v, j) => sum + v * r[j]!, 0));
    for (const [k, g] of gradient.entries()) {
      first[k] = 0.9 * first[k]! + 0.1 * g;
      second[k] = 0.999 * second[k]! + 0.001 * g * g;
      z[k]! -= (rate * (first[k]! / (1 - 0.9 ** t))) / (Math.sqrt(second[k]! / (1 - 0.999 ** t)) + 1e-8);
    }
  }
  const objective = [...misfits().map((v) => v * v), ...z.map((v) => lambda * v * v)].reduce((a, b) => a + b);
  return { z, objective };
}

test("with CSGM's own settings it is CSGM: the best of ten descents by Adam, by the sum of squares and 0.1‖z‖²", async () => {
  const y = normal([1, m], "y10");
  const z = normal([10, p], "starts");
  const own = { lambda: 0.1, steps: 100, learningRate: 0.01, schedule: "constant", tolerance: 0 } as const;
  const found = await recoverLatent(operator, linear, y, { ...own, starts: { perSignal: 10, z } });
  const ends = Array.from(
    { length: 10 },
    (_, i) => plainAdam(y.data, z.data.subarray(p * i, p * (i + 1)), 0.1, 99, 0.01), // the end of step 100 is not looked at
  );
  const best = ends.reduce((a, b) => (b.objective < a.objective ? b : a));
  assert.ok(ends.some(({ objective }) => objective > 1.1 * best.objective)); // the choice matters
  assert.ok(Math.abs(found.objectives.data[0]! / best.objective - 1) < 1e-4); // float32
  for (const [k, v] of best.z.entries()) assert.ok(Math.abs(found.latents.get(0, k) - v) < 1e-3);
});

test("there are ten restarts if none are asked for", async () => {
  const y = normal([2, m], "y11");
  const starts: number[] = [];
  const counting: GeneratorPrior = {
    ...linear,
    decode: (z) => {
      starts.push(z.shape[0]!);
      return linear.decode(z);
    },
  };
  await recoverLatent(operator, counting, y, { steps: 1 });
  assert.is(starts[0], 20);
});

test("within known bounds the estimate keeps to them", async () => {
  const y = normal([2, m], "y12");
  const given = { operator, y, noise: 0.1 };
  const options = { solver: "csgm", lambda: 0.01, own: { steps: 50 } };
  const free = await recover(given, linear, options);
  assert.ok(free.estimate.data.some((v) => v < -0.1) && free.estimate.data.some((v) => v > 0.2)); // they are felt
  const bound = await recover({ ...given, range: [-0.1, 0.2] }, linear, options);
  assert.ok(bound.estimate.data.every((v) => v >= Math.fround(-0.1) && v <= Math.fround(0.2)));
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

test("within a range the generator is cut to it: numbers beyond a bound fit as well as those at it", async () => {
  const steep: GeneratorPrior = {
    ...{ kind: "generator", name: "steep", latent: 1, shape: [2] },
    decode: (z) => tf.mul(z, tf.tensor2d([[1, 4]])),
  };
  const identity = linearOperator({ name: "identity", inShape: [2], outShape: [2], forward: (x) => tf.mul(x, 1) });
  const problem = { operator: identity, y: ndarray(Float32Array.of(0.9, 1), [1, 2]), noise: gaussianNoise(0.1) };
  const options = { lambda: 1e-6, restarts: 8, steps: 1000, learningRate: 0.1 };
  const free = await csgm(problem, steep, options);
  assert.ok(Math.abs(free.latents.data[0]! - 4.9 / 17) < 1e-3); // least squares: (0.9 + 4 · 1)/(1 + 4²)
  for (const range of [[0, 1] as const, [Number.NEGATIVE_INFINITY, 1] as const]) {
    const within = await csgm({ ...problem, range }, steep, options);
    assert.ok(Math.abs(within.latents.data[0]! - 0.9) < 1e-3); // (z, 4z) cut to 1 is (0.9, 1) there
    assert.ok(Math.abs(within.estimate.data[0]! - 0.9) < 1e-3);
    assert.is(within.estimate.data[1], 1);
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
