import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { identity } from "../../../operators/identity.ts";
import type { LinearOperator } from "../../../operators/operator.ts";
import type { WindowPrior } from "../../../priors/prior.ts";
import { fitWindows } from "../../../priors/windows/index.ts";
import { cholesky } from "../../../src/data/cholesky.ts";
import { arrayDataset, openDataset, readRows, stream } from "../../../src/data/index.ts";
import { pauses } from "../../../src/engine/events.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { parseNoise } from "../../../src/measure/noise/registry.ts";
import { covariance, designFor, mean, sketchDataset } from "../../../src/sketch/index.ts";
import { estimateSigma, problemOf, recover } from "../../../src/solve/index.ts";
import { componentsOf } from "../../../src/solve/windows/components.ts";
import { tiltedWindows } from "../../../src/solve/windows/tilted.ts";
import { wholePosterior } from "../../../src/solve/windows/whole.ts";
import { windowPosterior } from "../../../src/solve/windows/window-posterior.ts";
import { apply } from "../../operators/draws.ts";
import { measured, operators, scenes, shape } from "../problems.ts";

const test = suite("window posterior");
const n = 64;
const stationary = (size: number, width: number) =>
  Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    const rows = Math.floor(i / width) - Math.floor(j / width);
    return 0.2 * 0.8 ** (Math.abs(rows) + Math.abs((i % width) - (j % width)));
  });

/** A Gaussian whose windows are Gaussians: its own marginals. */
const gaussian: WindowPrior = {
  ...{ kind: "windows", name: "windows", shape, side: 4 },
  mean: new Float64Array(n).fill(0.3),
  covariance: stationary(n, 8),
  weights: ndarray(new Float64Array(9).fill(1), [9, 1]),
  means: ndarray(new Float32Array(16).fill(0.3), [1, 16]),
  covariances: ndarray(Float32Array.from(stationary(16, 4)), [1, 16, 16]),
};
const { kind: _, side: __, weights: ___, means: ____, covariances: _____, ...own } = gaussian;
const alone = { ...own, kind: "gaussian", name: "gaussian" } as const;

const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number) => {
  for (let i = 0; i < a.length; i++) assert.ok(Math.abs(a[i]! - b[i]!) < tolerance, `${i}: ${a[i]} ${b[i]}`);
};

for (const operator of operators) {
  for (const range of [undefined, [0, 1] as const]) {
    test(`${operator.name}, ${range ? "in a range" : "no range"}: windows with the Gaussian's own marginals change nothing`, async () => {
      const problem = { operator, y: await measured(operator), noise: 0.02, ...(range && { range }) };
      const [found, wanted] = [await recover(problem, gaussian), await recover(problem, alone)];
      near(found.estimate.data, wanted.estimate.data, range ? 2e-3 : 2e-4); // the range: a tolerance of .001 in both
      assert.equal(found.outcomes, range ? wanted.outcomes : wanted.outcomes.map(() => "completed"));
    });
  }
}

/** Independent numbers N(0, 1), seen with noise of 1. */
const independent: WindowPrior = {
  ...gaussian,
  mean: new Float64Array(n),
  covariance: Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0)),
};
const unit = (scale: number) => Float32Array.from({ length: 256 }, (_, at) => (at % 17 === 0 ? scale : 0));
const seen = () => ({
  operator: identity({ inShape: shape }),
  y: ndarray(stream(4, "y").fillNormal(new Float32Array(n)), [1, ...shape]),
  noise: 1,
});

test("independent numbers that windows know better: each tiling counts for its part, the estimate is y/(1 + 1/s)", async () => {
  const s = 0.25;
  const problem = seen();
  const known: WindowPrior = {
    ...independent,
    means: ndarray(new Float32Array(16), [1, 16]),
    covariances: ndarray(unit(s), [1, 16, 16]),
  };
  const { estimate } = await recover(problem, known);
  near(
    estimate.data,
    problem.y.data.map((v) => v / (1 + 1 / s)),
    1e-5,
  );
});

test("each window has the weights of its place", async () => {
  const problem = seen();
  const weights = new Float64Array(18).map((_, at) => (at === 0 || (at > 1 && at % 2 === 1) ? 1 - 1e-12 : 1e-12)); // the first component at the first place alone
  const own: WindowPrior = {
    ...independent,
    weights: ndarray(weights, [9, 2]),
    means: ndarray(
      Float32Array.from({ length: 32 }, (_, at) => (at < 16 ? 0.5 : 0)),
      [2, 16],
    ),
    covariances: ndarray(Float32Array.from([...unit(1), ...unit(1)]), [2, 16, 16]),
  };
  const { estimate } = await recover(problem, own);
  for (let p = 0; p < n; p++) {
    const moved = estimate.data[p]! - problem.y.data[p]! / 2; // the second component is the Gaussian's own marginal
    const [i, j] = [Math.floor(p / 8), p % 8];
    if (i > 3 || j > 3) assert.ok(Math.abs(moved) < 1e-5, `${i}, ${j}: ${moved}`);
    else assert.ok(moved > 0.05, `${i}, ${j}: ${moved}`);
  }
});

test("the moments of a window that is the whole image are those of the mixture's exact posterior", async () => {
  const operator = operators[0] as LinearOperator;
  const small = { ...gaussian, side: 8 };
  const components = 2;
  const random = stream(3, "components");
  const means = random.fillNormal(new Float64Array(2 * n)).map((v) => 0.3 + 0.3 * v);
  const covariances = Float64Array.from([1, 0.2].flatMap((scale) => [...stationary(n, 8)].map((v) => scale * v)));
  const y = await measured(operator);
  const problem = problemOf({ operator, y, noise: gaussianNoise(0.02) });
  const whole = await wholePosterior(problem, operator, small);
  const prior: WindowPrior = {
    ...small,
    weights: ndarray(Float64Array.of(0.4, 0.6), [1, 2]),
    means: ndarray(Float32Array.from(means), [2, n]),
    covariances: ndarray(Float32Array.from(covariances), [2, n, n]),
  };
  const tilted = await tiltedWindows(
    { mean: small.mean, covariance: small.covariance, root: whole.root, posteriorMeans: whole.means },
    await componentsOf(prior)(
      Int32Array.from({ length: n }, (_, i) => i),
      pauses(),
    ),
    prior.weights.data,
    pauses(),
  );
  const factors = new Float32Array(components * n * n);
  for (let k = 0; k < components; k++)
    factors.set(cholesky(covariances.subarray(k * n * n, (k + 1) * n * n), n), k * n * n);
  const identity = Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  const exact = await recover(
    { operator, y, noise: 0.02 },
    {
      ...{ kind: "mixture", name: "mixture", shape, weights: Float64Array.of(0.4, 0.6), means: prior.means },
      covarianceOf: Int32Array.of(0, 1),
      factors: ndarray(factors, [2, n, n]),
      centre: ndarray(new Float32Array(n), [n]),
      matrix: ndarray(identity, [n, n]),
      residual: ndarray(new Float32Array(n * n), [n, n]),
    },
    { deviation: true, own: { coarsening: 0 } },
  );
  for (const [i, { mean: z, covariance: W }] of tilted.entries()) {
    for (let p = 0; p < n; p++) {
      let x = whole.means[i * n + p]!;
      let variance = 0;
      for (let a = 0; a <= p; a++) {
        x += whole.root[p * n + a]! * z[a]!;
        for (let c = 0; c <= p; c++) variance += whole.root[p * n + a]! * W[a * n + c]! * whole.root[p * n + c]!;
      }
      assert.ok(Math.abs(x - exact.estimate.data[i * n + p]!) < 1e-3, `${i} ${p}`);
      assert.ok(Math.abs(Math.sqrt(variance) - exact.deviation!.data[i * n + p]!) < 1e-3, `${i} ${p}`);
    }
  }
});

/** Drawn images of disks and rectangles, 12 × 12, the first 3000 of them to learn from. */
const leaves = async () => {
  const all = await openDataset("patches:dead-leaves:side=12,stride=12");
  const rows = await readRows(all, 0, 3008);
  const [train, truth] = [rows.data.slice(0, 3000 * 144), rows.data.slice(3000 * 144)];
  return { train: ndarray(train, [3000, 12, 12]), truth: ndarray(truth, [8, 12, 12]) };
};

test("on drawn images with edges it is nearer to the truth than the Gaussian of the same sketch, by a tenth for half of the pixels", async () => {
  const { train, truth } = await leaves();
  const dataset = arrayDataset("leaves", train);
  const families = [
    { kind: "window-moments", shape: [12, 12], side: 6, cells: 20 },
    { kind: "second-moments" },
  ] as const;
  const sketch = await sketchDataset(dataset, await designFor(dataset, { features: "raw", families }));
  const { added, ...model } = await fitWindows(sketch);
  assert.is(added, 0);
  const whole = {
    kind: "gaussian",
    name: "gaussian",
    shape: [12, 12],
    mean: mean(sketch),
    covariance: covariance(sketch),
  } as const;
  const { mask } = await import("../../../operators/mask.ts");
  const operator = mask({ inShape: [12, 12], keep: 0.5, seed: 2 });
  const y = await apply(operator.forward, truth);
  const problem = { operator, y, noise: 0.01, range: [0, 1] as const };
  const found = await recover(problem, { kind: "windows", name: "windows", ...model });
  const plain = await recover(problem, whole);
  const error = (x: ndarray.NdArray<Float32Array>) => x.data.reduce((s, v, i) => s + (v - truth.data[i]!) ** 2, 0);
  assert.ok(error(found.estimate) < 0.9 * error(plain.estimate), `${error(found.estimate)} ${error(plain.estimate)}`);
});

test("an unknown σ is that of greatest evidence for the Gaussian of the whole", async () => {
  const [operator] = operators as [LinearOperator];
  const y = await measured(operator);
  const found = await estimateSigma({ operator, y }, gaussian);
  assert.equal(found, await estimateSigma({ operator, y }, alone));
});

test("signals of another shape, Φ that are not linear, and other noise are refused", async () => {
  const { clip } = await import("../../../operators/clip.ts");
  const [operator] = operators as [LinearOperator];
  const y = await measured(operator);
  const other = { ...gaussian, shape: [4, 16] };
  try {
    await recover({ operator, y, noise: 0.02 }, other);
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /prior is for \[4, 16\]/);
  }
  const counts = problemOf({ operator, y, noise: parseNoise("poisson:peak=30").ofSigma(0.1) });
  assert.match(String(windowPosterior.accepts(gaussian, counts)), /the noise is poisson.*, not Gaussian$/);
  assert.match(
    String(windowPosterior.accepts(alone, problemOf({ operator, y, noise: gaussianNoise(0.02) }))),
    /^gaussian is no prior of windows$/,
  );
  const nonlinear = {
    ...problemOf({ operator, y, noise: gaussianNoise(0.02) }),
    operator: clip({ inShape: shape, low: 0, high: 1 }),
  };
  assert.match(String(windowPosterior.accepts(gaussian, nonlinear)), /is not linear$/);
  assert.is(scenes.shape[0], 3);
});

test.run();
