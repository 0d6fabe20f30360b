import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { gaussian } from "../../../operators/gaussian.ts";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { linearOperator } from "../../../operators/operator.ts";
import type { MixturePrior } from "../../../priors/prior.ts";
import { drawSamples } from "../../../priors/samples.ts";
import { meanSquaredErrors } from "../../../src/compare/metrics.ts";
import { fromHost } from "../../../src/data/array.ts";
import { cholesky, logDeterminant, solveLower, solveLowerTransposed } from "../../../src/data/cholesky.ts";
import { multiply, multiplyTransposed, transpose } from "../../../src/data/matmul.ts";
import { stream } from "../../../src/data/random.ts";
import { measure } from "../../../src/measure/index.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { featureWeight } from "../../../src/solve/gaussian/feature-weight.ts";
import type { MixturePosterior, PosteriorOptions } from "../../../src/solve/gaussian/mixture-posterior.ts";
import { boxConstrainedMode, mixturePosterior, recover } from "../../../src/solve/index.ts";
import { transposedMatrix } from "../../../src/solve/operator-matrix.ts";
import type { Floats } from "../../operators/draws.ts";

const test = suite("mixture posterior");
const [n, k, components, covariances] = [6, 3, 5, 2];

const draw = (name: string, size: number) => stream(4, name).fillNormal(new Float32Array(size));
const residualRoot = Float64Array.from(draw("residual", n * n), (v) => 0.2 * v);
const prior: MixturePrior = {
  ...{ kind: "mixture", name: "mixture", shape: [2, 3] },
  weights: Float64Array.of(0.1, 0.3, 0.2, 0.15, 0.25),
  means: fromHost(draw("means", components * k), [components, k]),
  covarianceOf: Int32Array.of(0, 0, 1, 1, 1),
  factors: fromHost(
    draw("factors", covariances * k * k).map((v, at) => {
      const [i, j] = [Math.floor(at / k) % k, at % k];
      return i < j ? 0 : i === j ? 0.5 + Math.abs(v) : 0.5 * v;
    }),
    [covariances, k, k],
  ),
  centre: fromHost(draw("centre", n), [n]),
  matrix: fromHost(draw("matrix", n * k), [n, k]),
  residual: fromHost(Float32Array.from(multiplyTransposed(residualRoot, residualRoot, n)), [n, n]),
};

/** The same in two poses, one of which component 3 never has. */
const posed: MixturePrior = {
  ...prior,
  poses: {
    warps: fromHost(draw("warps", 2 * 2 * 3 * 3), [2, 2, 3, 3]),
    weights: Float64Array.of(0.5, 0.5, 0.9, 0.1, 0.2, 0.8, 1, 0, 0.4, 0.6),
    offset: fromHost(draw("offset", n), [n]),
  },
};

const operators = [
  ...[2, 3, 5, 6, 9].map((m) => gaussian({ inShape: [2, 3], m, seed: 2 })),
  linearOperator({
    name: "first row",
    inShape: [2, 3],
    outShape: [3],
    forward: (x) => x.slice([0, 0, 0], [-1, 1, 3]).reshape([-1, 3]),
  }),
];

const posteriorOf = (
  operator: ForwardOperator,
  own: MixturePrior,
  y: Floats,
  { noise = 0, ...options }: PosteriorOptions & { readonly noise?: number } = {},
) => mixturePosterior({ operator, y, noise: gaussianNoise(noise) }, own, options);

/** Components with the maps of features to signals x = centre + Dv: one for each pose. */
function partsByDefinition({ weights, centre, matrix, poses }: MixturePrior) {
  const all = Array.from(weights, (weight, j) => ({
    j,
    weight,
    centre: Float64Array.from(centre.data),
    D: Float64Array.from(matrix.data),
  }));
  if (!poses) return all;
  return [0, 1].flatMap((p) => {
    const T = new Float64Array(n * n); // block diagonal: each row of the image by itself
    for (let at = 0; at < 2 * 3 * 3; at++) {
      const [y, i, q] = [Math.floor(at / 9), Math.floor(at / 3) % 3, at % 3];
      T[(y * 3 + i) * n + y * 3 + q] = poses.warps.data[p * 18 + at]!;
    }
    return all
      .map((part) => ({
        j: part.j,
        weight: part.weight * poses.weights[part.j * 2 + p]!,
        centre: Float64Array.from(multiply(T, part.centre, n, n, 1), (v, i) => v + poses.offset.data[i]!),
        D: multiply(T, part.D, n, n, k),
      }))
      .filter(({ weight }) => weight > 0);
  });
}

/** The definition, component by component, with dense matrices of the signals in float64. */
function dense(own: MixturePrior, phi: Float64Array, m: number, y: Float64Array, noise: number) {
  const parts = partsByDefinition(own).map(({ j, weight, centre, D }) => {
    const c = prior.covarianceOf[j]!;
    const half = multiply(D, prior.factors.data.subarray(c * k * k, (c + 1) * k * k), n, k, k);
    const sigma = multiplyTransposed(half, half, k).map((v, at) => v + prior.residual.data[at]!);
    const mean = multiply(D, prior.means.data.subarray(j * k, (j + 1) * k), n, k, 1).map((v, i) => v + centre[i]!);
    const cross = multiply(phi, sigma, m, n, n);
    const S = multiplyTransposed(cross, phi, n);
    for (let q = 0; q < m; q++) S[q * m + q]! += noise ** 2;
    const L = cholesky(S, m);
    const innovation = multiply(phi, mean, m, n, 1).map((v, q) => y[q]! - v);
    const white = solveLower(L, m, innovation);
    const square = white.reduce((sum, v) => sum + v * v, 0);
    const log = Math.log(weight) - 0.5 * (square + logDeterminant(L, m) + m * Math.log(2 * Math.PI));
    const gain = solveLowerTransposed(L, m, white.slice());
    const estimate = multiply(transpose(cross, m, n), gain, n, m, 1).map((v, i) => v + mean[i]!);
    const rows = solveLower(L, m, transpose(cross, m, n));
    const known = multiplyTransposed(rows, rows, m);
    return { log, estimate, spread: sigma.map((v, at) => v - known[at]!) };
  });
  const most = Math.max(...parts.map(({ log }) => log));
  const total = parts.reduce((sum, { log }) => sum + Math.exp(log - most), 0);
  const weights = parts.map(({ log }) => Math.exp(log - most) / total);
  const mean = Float64Array.from({ length: n }, (_, i) =>
    parts.reduce((sum, p, j) => sum + weights[j]! * p.estimate[i]!, 0),
  );
  const covariance = Float64Array.from({ length: n * n }, (_, at) => {
    const [a, b] = [Math.floor(at / n), at % n];
    const gap = (p: (typeof parts)[number]) => (p.estimate[a]! - mean[a]!) * (p.estimate[b]! - mean[b]!);
    return parts.reduce((sum, p, j) => sum + weights[j]! * (p.spread[at]! + gap(p)), 0);
  });
  return { weights, mean, covariance, evidence: most + Math.log(total) };
}

const near = (got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, what: string) => {
  for (let i = 0; i < wanted.length; i++) {
    const gap = Math.abs(got[i]! - wanted[i]!);
    assert.ok(gap <= tolerance * (1 + Math.abs(wanted[i]!)), `${what}[${i}]: ${got[i]} and ${wanted[i]}`);
  }
};

for (const [operator, own] of operators.flatMap((operator) => [prior, posed].map((own) => [operator, own] as const))) {
  const m = operator.outShape[0]!;
  for (const noise of [0.3, 0.02]) {
    test(`${operator.name}${own.poses ? ", posed" : ""}, σ = ${noise}: mean, weights, evidence and covariance are those of the definition`, async () => {
      const y = draw("measurements", 4 * m).map((v) => 2 * v);
      const posterior = await posteriorOf(operator, own, fromHost(y, [4, m]), { noise });
      const phi = transpose((await transposedMatrix(operator)).data, n, m);
      const deviations = (await posterior.deviation()).data;
      for (let i = 0; i < 4; i++) {
        const wanted = dense(own, phi, m, Float64Array.from(y.subarray(i * m, (i + 1) * m)), noise);
        // float64 throughout, but for the estimate in float32 and improbable components that are left out
        near(
          posterior.responsibilities.subarray(i * wanted.weights.length, (i + 1) * wanted.weights.length),
          wanted.weights,
          own.poses ? 1e-6 : 1e-8, // poses differ by logarithms of up to 3e4, of which rounding leaves 1e-7
          "weights",
        );
        near([posterior.evidence[i]!], [wanted.evidence], 1e-8, "evidence");
        near(posterior.mean.data.subarray(i * n, (i + 1) * n), wanted.mean, 1e-6, "mean");
        near(await posterior.covariance(i), wanted.covariance, own.poses ? 1e-5 : 1e-6, "covariance"); // weights, times squared gaps
        const variances = Float64Array.from({ length: n }, (_, p) => wanted.covariance[p * n + p]!);
        near(
          deviations.subarray(i * n, (i + 1) * n).map((v) => v * v),
          variances,
          1e-5,
          "deviations",
        );
      }
    });
  }
}

test("without noise, variances that are far apart leave a covariance, and the mode within bounds ends", async () => {
  const far: MixturePrior = {
    ...prior,
    factors: fromHost(
      prior.factors.data.map((v, at) => v * 10 ** (-5 * (Math.floor(at / k) % k))),
      [covariances, k, k],
    ),
    residual: fromHost(new Float32Array(n * n), [n, n]),
  };
  const operator = gaussian({ inShape: [2, 3], m: 5, seed: 2 });
  const x = await drawSamples(far, 6, 3);
  const { y } = await measure(x, operator, { noise: 0 });
  const posterior = await posteriorOf(operator, far, y);
  const { estimate, outcomes } = await boxConstrainedMode(posterior, [-2, 2]);
  assert.is(outcomes.length, 6);
  assert.ok(estimate.data.every(Number.isFinite));
  const sigma = await posterior.covariance(0);
  for (let p = 0; p < n; p++) assert.ok(sigma[p * (n + 1)]! >= 0, `${p}: ${sigma[p * (n + 1)]}`);
});

test("without noise the mean explains the measurements", async () => {
  const operator = gaussian({ inShape: [2, 3], m: 3, seed: 2 });
  const y = draw("measurements", 12);
  const { mean } = await posteriorOf(operator, prior, fromHost(y, [4, 3]));
  const phi = transpose((await transposedMatrix(operator)).data, n, 3);
  const seen = multiplyTransposed(Float64Array.from(mean.data), phi, n);
  near(seen, y, 1e-3, "measurements"); // the noise floor, a standard deviation of 1e-3 of a measurement's
});

test("the mode within bounds keeps them, and its pull off the mean pushes only against bounds it lies on (KKT)", async () => {
  const operator = operators[2]!;
  const m = 5;
  const y = draw("measurements", 40 * m);
  const posterior = await posteriorOf(operator, prior, fromHost(y, [40, m]), { noise: 0.3 });
  const bounds = [-0.5, 0.5] as const;
  const { estimate, outcomes } = await boxConstrainedMode(posterior, bounds);
  const { data } = estimate;
  assert.equal([...new Set(outcomes)], ["converged"]);
  let pressed = 0;
  for (let i = 0; i < 40; i++) {
    const x = data.subarray(i * n, (i + 1) * n);
    const gap = Float64Array.from(x, (v, p) => v - posterior.mean.data[i * n + p]!);
    const P = await pulledAlong(posterior, i);
    for (let p = 0; p < n; p++) P[p * n + p]! += 1e-9; // a residual of 6 numbers may leave it singular to rounding
    const L = cholesky(P, n);
    const slope = solveLowerTransposed(L, n, solveLower(L, n, gap)); // P⁻¹(x − x̄)
    for (let p = 0; p < n; p++) {
      assert.ok(x[p]! >= bounds[0] && x[p]! <= bounds[1]);
      // the last sweep moved every number by less than 1e-3: what that leaves, in units of the pixel's deviation
      const slack = 2e-3;
      const left = slope[p]! * Math.sqrt(P[p * n + p]!);
      if (x[p]! > bounds[0] + slack) assert.ok(left < 0.05, `${i}, ${p}: ${left} at ${x[p]}`);
      if (x[p]! < bounds[1] - slack) assert.ok(left > -0.05, `${i}, ${p}: ${left} at ${x[p]}`);
      if (Math.abs(x[p]!) > 0.5 - slack) pressed++;
    }
  }
  assert.ok(pressed > 20, `${pressed}`); // so that the test has met bounds
});

/** ωHHᵀ + R of signal i: ω = 1/(1 + 100 tr(HHᵀ + R)/Σ(x̄ − its average)²). */
async function pulledAlong({ mean, covarianceRoot, unexplained }: MixturePosterior, i: number): Promise<Float64Array> {
  const H = await covarianceRoot(i, 0.01);
  const [features, R] = [multiplyTransposed(H, H, H.length / n), await unexplained()];
  const x = Array.from(mean.data.subarray(i * n, (i + 1) * n));
  const average = x.reduce((sum, v) => sum + v, 0) / n;
  const contrast = x.reduce((sum, v) => sum + (v - average) ** 2, 0);
  const variance = x.reduce((sum, _, p) => sum + features[p * (n + 1)]! + R[p * (n + 1)]!, 0);
  const weight = 1 / (1 + (100 * variance) / contrast);
  return features.map((v, at) => weight * v + R[at]!);
}

test("features that y leaves uncertain have the less weight, whatever the unit, the more of a signal is unknown", () => {
  const x = Float32Array.of(0, 0, 1, 3);
  const weight = featureWeight(0.03, x); // the contrast is 6
  assert.ok(Math.abs(weight - 1 / 1.5) < 1e-6, `${weight}`);
  assert.ok(
    Math.abs(
      featureWeight(
        0.03 * 25,
        x.map((v) => 5 * v + 2),
      ) - weight,
    ) < 1e-6,
  );
  assert.is(featureWeight(0, x), 1);
  assert.ok(featureWeight(1, x) < featureWeight(0.1, x));
  assert.is(featureWeight(1, new Float32Array(4)), 0);
  assert.is(featureWeight(0, new Float32Array(4)), 0);
});

test("a posterior that knows some numbers exactly has a mode within bounds that they exceed", async () => {
  const first = operators.at(-1)!;
  const y = fromHost(
    Float32Array.from(draw("measurements", 12), (v) => 5 * v),
    [4, 3],
  );
  const sharp = { ...prior, residual: fromHost(new Float32Array(n * n), [n, n]) };
  for (const noise of [0, 1e-3]) {
    const { estimate } = await boxConstrainedMode(await posteriorOf(first, sharp, y, { noise }), [-0.5, 0.5]);
    const { data } = estimate;
    assert.ok(
      data.every((v) => v >= -0.5 && v <= 0.5),
      `${data}`,
    );
  }
});

test("a mode without bounds to meet is the mean", async () => {
  const y = draw("measurements", 4 * 3);
  const posterior = await posteriorOf(operators[1]!, prior, fromHost(y, [4, 3]), { noise: 0.3 });
  assert.equal((await boxConstrainedMode(posterior, [-100, 100])).estimate, posterior.mean);
});

test("a lower bound alone holds, whatever the unit", async () => {
  const y = draw("measurements", 4 * 3);
  const posterior = await posteriorOf(operators[1]!, prior, fromHost(y, [4, 3]), { noise: 0.3 });
  const low = posterior.mean.data.reduce((least, v) => Math.min(least, v), 0) + 0.5; // some pixels lie below
  const half = await boxConstrainedMode(posterior, [low, Number.POSITIVE_INFINITY]);
  const wide = await boxConstrainedMode(posterior, [low, 1e6]);
  assert.equal(half.outcomes, ["converged", "converged", "converged", "converged"]);
  assert.ok(half.estimate.data.every((v) => v >= low - 1e-6));
  assert.ok(half.estimate.data.some((v, i) => v !== Math.max(low, posterior.mean.data[i]!)));
  half.estimate.data.forEach((v, i) => {
    assert.ok(Math.abs(v - wide.estimate.data[i]!) < 1e-6);
  });
});

test("a mixture takes operators that are not linear too", async () => {
  const linear = gaussian({ inShape: [2, 3], m: 6, seed: 2 });
  const operator = {
    name: "cubes",
    inShape: [2, 3],
    outShape: [6],
    forward: (x: tf.Tensor) => tf.pow(linear.forward(x), 3),
  };
  const truth = await drawSamples(prior, 200, 3);
  const { y } = await measure(truth, operator);
  const { estimate } = await recover({ operator, y, noise: 0 }, prior);
  const still = meanSquaredErrors(
    truth,
    fromHost(
      Float32Array.from(truth.data, (_, at) => prior.centre.data[at % n]!),
      [200, 2, 3],
    ),
  );
  const errors = meanSquaredErrors(truth, estimate);
  // six cubes determine six numbers; a descent that ends in a wrong component now and then is allowed for: 186 of 200 come home
  const found = errors.filter((e, i) => e < 0.2 * still[i]!).length;
  assert.ok(found >= 170, `${found}`);
});

test("other shapes, measurements that are not finite and an abort are refused", async () => {
  const operator = gaussian({ inShape: [2, 3], m: 3, seed: 2 });
  const refused = async (task: () => Promise<unknown>, message: RegExp) => {
    await task().then(
      () => assert.unreachable(`expected a refusal: ${message}`),
      (error) => assert.match(String(error), message),
    );
  };
  await refused(
    () => posteriorOf(operator, prior, fromHost(new Float32Array(4), [1, 4])),
    /returns measurements \[batch, 3\], got y of \[1, 4\]/,
  );
  await refused(
    () => posteriorOf(operator, { ...prior, shape: [6] }, fromHost(new Float32Array(3), [1, 3])),
    /the prior is for \[6\]/,
  );
  await refused(
    () => posteriorOf(operator, prior, fromHost(Float32Array.of(1, Number.NaN, 0), [1, 3])),
    /expected finite/,
  );
  const aborted = AbortSignal.abort(new Error("stopped"));
  await refused(
    () => posteriorOf(operator, prior, fromHost(new Float32Array(3), [1, 3]), { signal: aborted }),
    /stopped/,
  );
});

test.run();
