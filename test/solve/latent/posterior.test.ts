import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { LinearOperator } from "../../../operators/operator.ts";
import { linearOperator } from "../../../operators/operator.ts";
import type { GaussianPrior, GeneratorPrior, MixturePrior } from "../../../priors/prior.ts";
import { logDeterminant, solveLower } from "../../../src/data/cholesky.ts";
import { multiply, transpose } from "../../../src/data/matmul.ts";
import { stream } from "../../../src/data/random.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { measurementCovariance } from "../../../src/solve/gaussian/measurement-covariance.ts";
import { type LatentPosteriorOptions, latentPosterior, recover } from "../../../src/solve/index.ts";

const test = suite("latent posterior");

const [n, m, p] = [12, 6, 3];
const normal = (shape: number[], name: string): NdArray<Float32Array> =>
  ndarray(stream(11, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1))), shape);
const A = normal([m, n], "A");
const noise = 0.2;
const operator = linearOperator({
  name: "A",
  inShape: [n],
  outShape: [m],
  forward: (x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d(A.data, [m, n]), false, true),
});

/** C = BBᵀ/n + 0.05 I, a residual in every direction. */
const B = normal([n, n], "B").data;
const C = Float32Array.from(
  multiply(B, transpose(B, n, n), n, n, n),
  (v, at) => v / n + (at % (n + 1) === 0 ? 0.05 : 0),
);
const residual = ndarray(C, [n, n]);

/** Two Gaussians by their means and square roots: x = μ_c + zL_c + r. */
const means = normal([2, n], "means").data;
const roots = normal([2, p, n], "roots").data;
const probabilities = Float64Array.of(0.3, 0.7);
const rootOf = (c: number) => roots.subarray(c * p * n, (c + 1) * p * n);
const gaussian = (c: number): GaussianPrior => ({
  kind: "gaussian",
  ...{ name: "gaussian", shape: [n] },
  mean: Float64Array.from(means.subarray(c * n, (c + 1) * n)),
  covariance: multiply(transpose(rootOf(c), p, n), rootOf(c), n, p, n).map((v, i) => v + C[i]!),
});
const linear = (c: number): GeneratorPrior => ({
  ...{ kind: "generator", name: "linear", latent: p, shape: [n], residual },
  decode: (z) =>
    tf.add(
      tf.matMul(z as tf.Tensor2D, tf.tensor2d(rootOf(c), [p, n])),
      tf.tensor1d(means.subarray(c * n, (c + 1) * n)),
    ),
});
const either: GeneratorPrior = {
  ...{ kind: "generator", name: "either", latent: p, shape: [n], residual, conditions: probabilities },
  decode: (z, c) => {
    const spread = tf.matMul(tf.expandDims(z, 1), tf.gather(tf.tensor3d(roots, [2, p, n]), c as tf.Tensor1D));
    return tf.add(tf.squeeze(spread, [1]), tf.gather(tf.tensor2d(means, [2, n]), c as tf.Tensor1D));
  },
};

const recoverGaussian = (own: LinearOperator, prior: GaussianPrior, y: NdArray<Float32Array>, sigma: number) =>
  recover({ operator: own, y, noise: sigma }, prior);
const recoverPosterior = (
  own: LinearOperator,
  prior: GeneratorPrior,
  y: NdArray<Float32Array>,
  sigma: number,
  options?: LatentPosteriorOptions,
) => latentPosterior({ operator: own, y, noise: gaussianNoise(sigma) }, prior, options);

/** log N(y; Φμ, ΦΣΦᵀ + σ²I) + ½ m log 2π, from the definition. */
async function logDensity(prior: GaussianPrior, y: Float64Array): Promise<number> {
  const { factor } = await measurementCovariance(operator, prior.covariance, gaussianNoise(noise));
  const centre = multiply(prior.mean, transpose(A.data, m, n), 1, n, m);
  const white = solveLower(
    factor,
    m,
    y.map((v, i) => v - centre[i]!),
  );
  return -(white.reduce((sum, v) => sum + v * v, 0) + logDeterminant(factor, m)) / 2;
}

const close = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number) => {
  assert.is(got.length, want.length);
  for (let i = 0; i < got.length; i++) {
    assert.ok(Math.abs(got[i]! - want[i]!) < tolerance, `${i}: ${got[i]} instead of ${want[i]}`);
  }
};

test("a linear generator with residual is one Gaussian: the estimate is its posterior mean", async () => {
  const y = normal([4, m], "y");
  const { estimate, outcomes } = await recoverPosterior(operator, linear(0), y, noise, { steps: 20 });
  const exact = await recoverGaussian(operator, gaussian(0), y, noise);
  assert.equal([...new Set(outcomes)], ["converged"]); // the Gauss-Newton step of a linear G ends at the mode, wherever it begins
  close(estimate.data, exact.estimate.data, 2e-3); // entries about 1; the slopes' differences are good to 1e-5, S amplifies
});

test("conditions make it a mixture: its posterior mean, and the evidences of both parts up to one constant", async () => {
  const y = normal([5, m], "y2");
  const { estimate, logEvidence, latents, conditions } = await recoverPosterior(operator, either, y, noise, {
    steps: 20,
  });
  assert.equal(logEvidence.shape, [5, 2]);
  const parts = [
    await recoverGaussian(operator, gaussian(0), y, noise),
    await recoverGaussian(operator, gaussian(1), y, noise),
  ];
  for (let i = 0; i < 5; i++) {
    const row = Float64Array.from(y.data.subarray(i * m, (i + 1) * m));
    const logs: number[] = [];
    for (const c of [0, 1]) logs.push(Math.log(probabilities[c]!) + (await logDensity(gaussian(c), row)));
    const best = logs[1]! > logs[0]! ? 1 : 0;
    assert.is(conditions[i], best);
    const gap = Math.abs(logs[1]! - logs[0]!);
    const found = [...logEvidence.data.subarray(2 * i, 2 * i + 2)].sort((a, b) => a - b);
    assert.ok(Math.abs(found[1]! - found[0]! - gap) < 1e-3 * (1 + gap), `${found} and ${logs}`);
    const share = 1 / (1 + Math.exp(logs[1 - best]! - logs[best]!));
    const want = Array.from({ length: n }, (_, j) => {
      const at = i * n + j;
      return share * parts[best]!.estimate.data[at]! + (1 - share) * parts[1 - best]!.estimate.data[at]!;
    });
    close(estimate.data.subarray(i * n, (i + 1) * n), want, 5e-3);
  }
  assert.equal(latents.shape, [5, p]);
  const alone = await recoverPosterior(operator, either, y, noise, { steps: 20, estimate: "best" });
  close(alone.estimate.data.subarray(0, n), parts[conditions[0]!]!.estimate.data.subarray(0, n), 2e-3);
});

/** The mixture of both Gaussians: features are the roots and the means, of which a component has its own alone. */
const k = 2 * p + 2;
const both: MixturePrior = {
  ...{ kind: "mixture", name: "both", shape: [n], weights: probabilities, residual },
  means: ndarray(
    Float32Array.from({ length: 2 * k }, (_, at) => Number(at % k === 2 * p + Math.floor(at / k))),
    [2, k],
  ),
  covarianceOf: Int32Array.of(0, 1),
  factors: ndarray(
    Float32Array.from({ length: 2 * k * k }, (_, at) => {
      const [c, i] = [Math.floor(at / k / k), Math.floor(at / k) % k];
      return Number(i === at % k && Math.floor(i / p) === c); // 1 for the p roots of c, on the diagonal
    }),
    [2, k, k],
  ),
  centre: ndarray(new Float32Array(n), [n]),
  matrix: ndarray(Float32Array.from(transpose(Float64Array.from([...roots, ...means]), k, n)), [n, k]),
};

test("within a range the estimate is the box-constrained mode of the mixture that it is", async () => {
  const y = normal([5, m], "y2");
  const problem = { operator, y, noise, range: [-0.5, 0.5] as const };
  const found = await recover(problem, either, { own: { steps: 20 } });
  const exact = await recover(problem, both, { own: { coarsening: 0 } });
  assert.is(found.chosen.solver, "latent-posterior");
  assert.is(exact.chosen.solver, "posterior");
  assert.ok(found.outcomes.every((outcome) => outcome === "converged" || outcome === "max-steps"));
  close(found.estimate.data, exact.estimate.data, 1e-2); // the slopes' differences, S and the sweeps' tolerance
  const { estimate } = await recover({ operator, y, noise }, either, { own: { steps: 20 } });
  const moved = estimate.data.some((v, at) => Math.abs(v) < 0.5 && Math.abs(v - found.estimate.data[at]!) > 0.05);
  assert.ok(moved); // numbers inside the range move with those outside
  const ends = await recover(problem, { ...either, affine: true }, { solver: "latent-posterior" });
  assert.equal(new Set(ends.outcomes), new Set(["converged"])); // known exactly, but for the sweeps
});

test("measurements that contradict the prior leave the mean, clipped to the range, as a fallback", async () => {
  const y = normal([2, m], "y2");
  y.data.forEach((v, at) => {
    if (at < m) y.data[at] = 50 * v;
  });
  const own = { steps: 20 };
  const { estimate } = await recover({ operator, y, noise }, either, { own });
  const within = await recover({ operator, y, noise, range: [-0.5, 0.5] }, either, { own });
  assert.is(within.outcomes[0], "fallback");
  assert.is.not(within.outcomes[1], "fallback");
  const clipped = [...estimate.data.subarray(0, n)].map((v) => Math.max(-0.5, Math.min(0.5, v)));
  close(within.estimate.data.subarray(0, n), clipped, 1e-6);
});

test("an affine prior needs no descent: the same estimate and evidences at once, most evidence first", async () => {
  const y = normal([5, m], "y2");
  const slow = await recoverPosterior(operator, either, y, noise, { steps: 20 });
  const { estimate, logEvidence, steps, outcomes } = await recoverPosterior(
    operator,
    { ...either, affine: true },
    y,
    noise,
  );
  assert.is(steps, 0);
  assert.equal([...new Set(outcomes)], ["exact"]);
  close(estimate.data, slow.estimate.data, 5e-3);
  for (let i = 0; i < 5; i++) {
    const [first, second] = [logEvidence.get(i, 0), logEvidence.get(i, 1)];
    assert.ok(first >= second);
    const gap = Math.abs(slow.logEvidence.get(i, 0) - slow.logEvidence.get(i, 1));
    assert.ok(Math.abs(first - second - gap) < 1e-3 * (1 + gap), `${first - second} and ${gap}`);
  }
});

test("an affine prior: without conditions that matter the mean is truncated, the best mode and a mean of all that matter are exact", async () => {
  const far = multiply(
    means.map((v) => 20 * v),
    transpose(A.data, m, n),
    2,
    n,
    m,
  ); // beyond both means, one explains it far better
  const y = ndarray(Float32Array.from([...normal([3, m], "y2").data, ...far]), [5, m]);
  const affine = { ...either, affine: true as const };
  const outcomesOf = async (options: LatentPosteriorOptions) =>
    (await recoverPosterior(operator, affine, y, noise, options)).outcomes;
  const { logEvidence } = await recoverPosterior(operator, affine, y, noise);
  const second = Array.from({ length: 5 }, (_, i) => Math.exp(logEvidence.get(i, 1) - logEvidence.get(i, 0)));
  assert.ok(second.some((part) => part > 1e-6) && second.some((part) => part < 1e-6), `${second}`); // so that both are met
  const expected = second.map((part) => (part / (1 + part) > 1e-6 ? "truncated" : "exact"));
  assert.equal(await outcomesOf({ restarts: 1 }), expected);
  assert.equal([...new Set(await outcomesOf({ restarts: 1, estimate: "best" }))], ["exact"]);
});

test("modes that a few steps do not reach are not called converged; a restart that is not finite does not count", async () => {
  const bent: GeneratorPrior = {
    ...linear(0),
    name: "bent",
    decode: (z) => linear(0).decode(tf.mul(z, tf.add(1, tf.square(z)))),
  };
  const y = ndarray(
    normal([3, m], "y6").data.map((v) => 20 * v),
    [3, m],
  );
  const hurried = await recoverPosterior(operator, bent, y, noise, { steps: 1, restarts: 1 });
  assert.equal([...new Set(hurried.outcomes)], ["max-steps"]);
  const settled = await recoverPosterior(operator, bent, y, noise, { steps: 2000, restarts: 1 });
  assert.equal([...new Set(settled.outcomes)], ["converged"]);

  const broken: GeneratorPrior = {
    ...either,
    decode: (z, c) => tf.div(either.decode(z, c), tf.cast(tf.expandDims(c as tf.Tensor, 1), "float32")), // c = 0: not finite
  };
  const found = await recoverPosterior(operator, broken, y, noise, { steps: 50 });
  assert.equal([...found.conditions], [1, 1, 1]);
  assert.ok(found.outcomes.every((outcome) => outcome !== "non-finite") && found.estimate.data.every(Number.isFinite));
});

test("restarts that end in one place count once; the two signs of z² are two modes", async () => {
  const y = normal([3, m], "y3");
  const same = await recoverPosterior(operator, linear(1), y, noise, { restarts: 5, steps: 20 });
  for (let i = 0; i < 3; i++) {
    const own = [...same.logEvidence.data.subarray(5 * i, 5 * i + 5)];
    assert.is(own.filter(Number.isFinite).length, 1, `${own}`);
  }
  const wide = ndarray(
    C.map((v) => 0.01 * v),
    [n, n],
  );
  const square: GeneratorPrior = {
    ...{ kind: "generator", name: "square", latent: 1, shape: [n], residual: wide },
    decode: (z) => tf.mul(tf.square(z), tf.ones([1, n])),
  };
  const four = ndarray(Float32Array.from(multiply(new Float32Array(n).fill(4), transpose(A.data, m, n), 1, n, m)), [
    1,
    m,
  ]);
  const starts = { perSignal: 2, z: ndarray(Float32Array.of(1, -1), [2, 1]) };
  const both = await recoverPosterior(operator, square, four, 0.01, { starts, steps: 300, tolerance: 0 });
  assert.ok([...both.logEvidence.data].every(Number.isFinite));
  assert.ok(Math.abs(both.logEvidence.data[0]! - both.logEvidence.data[1]!) < 1e-2);
  close(both.estimate.data, new Float64Array(n).fill(4), 0.05); // the mean of both is where each is: at 4, less its pull to 0
});

test("more than 20 conditions: the most promising are tried, and z = 0 comes first", async () => {
  const count = 30;
  const levels = Float32Array.from({ length: count }, (_, c) => c);
  const ladder: GeneratorPrior = {
    ...{ kind: "generator", name: "ladder", latent: 1, shape: [n], residual },
    conditions: new Float64Array(count).fill(1 / count),
    decode: (z, c) =>
      tf.add(tf.expandDims(tf.gather(tf.tensor1d(levels), c as tf.Tensor1D), 1), tf.mul(0.1, tf.tile(z, [1, n]))),
  };
  const at17 = ndarray(Float32Array.from(multiply(new Float32Array(n).fill(17), transpose(A.data, m, n), 1, n, m)), [
    1,
    m,
  ]);
  const found = await recoverPosterior(operator, ladder, at17, noise, { steps: 10 });
  assert.equal(found.logEvidence.shape, [1, 5]);
  assert.equal([...found.conditions], [17]);
});

test("given starts are taken as they are, and refused when they do not fit", async () => {
  const y = normal([2, m], "y4");
  const starts = { perSignal: 1, conditions: Int32Array.of(1, 0) };
  const found = await recoverPosterior(operator, either, y, noise, { starts, steps: 5 });
  assert.equal([...found.conditions], [1, 0]);
  const refused = async (prior: GeneratorPrior, options: object, message: RegExp) => {
    const error = await recoverPosterior(operator, prior, y, noise, options).catch((e: unknown) => e);
    assert.ok(error instanceof RangeError);
    assert.match(error.message, message);
  };
  await refused(either, { starts: { perSignal: 2 } }, /starts: expected 4 conditions, got none/);
  await refused(either, { starts: { perSignal: 1, conditions: Int32Array.of(0, 2) } }, /from 0 to 1, got 2/);
  await refused(either, { starts: { perSignal: 0, conditions: new Int32Array(0) } }, /perSignal: .* integer, got 0/);
  const z = ndarray(new Float32Array(4), [2, 2]);
  await refused(linear(0), { starts: { perSignal: 1, z } }, /starts: expected z \[2, 3\], got \[2, 2\]/);
  const { residual: _, ...without } = linear(0);
  await refused(without, {}, /linear has no residual covariance; use csgm, or train it again/);
});

test("without noise the estimate explains the measurements", async () => {
  const y = normal([2, m], "y5");
  const { estimate } = await recoverPosterior(operator, either, y, 0, { steps: 20 });
  const seen = multiply(estimate.data, transpose(A.data, m, n), 2, n, m);
  close(seen, y.data, 2e-2); // the least noise has the deviation 1e-3 of what the residual measures, about 3
});

test("without noise and residual the measurements still decide, not the prior of z", async () => {
  const shape = [3];
  const line: GeneratorPrior = {
    ...{ kind: "generator", name: "line", latent: 1, shape, residual: ndarray(new Float32Array(9), [3, 3]) },
    decode: (z) => tf.tile(z, [1, 3]),
  };
  const identity = linearOperator({ name: "identity", inShape: shape, outShape: shape, forward: (x) => tf.mul(x, 1) });
  for (const unit of [1, 255]) {
    const scaled: GeneratorPrior = { ...line, decode: (z) => tf.mul(unit, tf.tile(z, [1, 3])) };
    const y = ndarray(new Float32Array(3).fill(2 * unit), [1, 3]);
    const { estimate, deviation, chosen } = await recoverPosterior(identity, scaled, y, 0, { deviation: true });
    close(estimate.data, [2 * unit, 2 * unit, 2 * unit], 1e-3 * unit);
    close(deviation!.data, [0, 0, 0], 1e-4 * unit); // the least noise has the deviation 1e-5 of a measurement's
    assert.ok(chosen.sigma > 0 && chosen.sigma < 1e-4 * unit, `${chosen.sigma}`);
    assert.equal(chosen.raised, { from: 0, to: chosen.sigma, measurements: 3 });
  }
});

test.run();
