import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { convolution } from "../../operators/convolution.ts";
import { identity } from "../../operators/identity.ts";
import type { PatchPrior } from "../../priors/prior.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/index.ts";
import { measure } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { parseNoise } from "../../src/measure/noise/registry.ts";
import { problemOf, recover } from "../../src/solve/index.ts";
import { withImageSteps } from "../../src/solve/patches/image-step.ts";
import { denoisingStep, splitStep } from "../../src/solve/patches/noise-step.ts";
import { whitenedProblem } from "../../src/solve/penalised/whitening.ts";
import { refuses } from "../data/tiny.ts";
import { apply, type Floats } from "../operators/draws.ts";
import { cropped, prior } from "./leaves.ts";

const test = suite("patches with noise that is not Gaussian");

const shape = [24, 20];
const kernel = ndarray(new Float32Array(9).fill(1 / 9), [3, 3]);

/** misfit(Φx, y) + λ‖x − centre‖² in float64, up to a constant, of Poisson counts. */
function objective(
  clean: ArrayLike<number>,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  centre: ArrayLike<number>,
  lambda: number,
  weight: number,
) {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += weight * (clean[i]! - y[i]! * Math.log(clean[i]!));
  for (let i = 0; i < x.length; i++) sum += lambda * (x[i]! - centre[i]!) ** 2;
  return sum;
}

test("an image step minimises its objective: no small change of it is better", async () => {
  const truth = fromHost(
    cropped(1, 24, 20).data.map((v) => 0.5 + 0.4 * v), // far from 0, where the law changes
    [1, ...shape],
  );
  const [peak, lambda] = [30, 0.4];
  for (const operator of [identity({ inShape: shape }), convolution({ inShape: shape, kernel })]) {
    const { y, noise } = await measure(truth, operator, { noise: parseNoise(`poisson:peak=${peak}`), seed: 2 });
    const centre = fromHost(
      truth.data.map((v, i) => 0.8 * v + 0.1 + 0.05 * Math.sin(i)),
      [1, ...shape],
    );
    const problem = problemOf({ operator, y, noise });
    let x: Floats = centre;
    if (operator.name.startsWith("identity")) {
      const own = await denoisingStep(noise, shape);
      x = await own.step(y, centre, lambda);
      await own.dispose();
    } else {
      const surrogate = whitenedProblem({ ...problem, noise: gaussianNoise(noise.sigma) });
      await withImageSteps(surrogate, undefined, async (average) => {
        const own = await splitStep(surrogate.operator, noise, average);
        for (let at = 0; at < 6; at++) x = await own.step(y, centre, lambda); // goes on where it was
        await own.dispose();
      });
    }
    const weight = y.data.reduce((a, b) => a + b, 0) / y.size; // σ²·peak of the misfit
    const valueAt = async (at: typeof x) =>
      objective((await apply(operator.forward, at)).data, at.data, y.data, centre.data, lambda, weight);
    const least = await valueAt(x);
    const random = stream(4, "directions");
    for (let trial = 0; trial < 8; trial++) {
      const moved = fromHost(
        x.data.map((v) => v + 0.01 * random.normal()),
        x.shape,
      );
      // 480 moves of .01 raise the quadratic part alone by λ·480·1e-4 = .02
      assert.ok((await valueAt(moved)) > least + 0.005, `${operator.name}: ${await valueAt(moved)} ${least}`);
    }
    const towards = fromHost(
      x.data.map((v, i) => v + 0.05 * (centre.data[i]! - v)),
      x.shape,
    );
    assert.ok((await valueAt(towards)) > least - 1e-4, operator.name);
  }
});

test("counts, read-out noise and lost pixels: patches are nearer than total variation with the best λ of three", async () => {
  const truth = cropped(1, 48, 40);
  const size = [48, 40];
  const mean = (x: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += (x[i]! - truth.data[i]!) ** 2;
    return sum / x.length;
  };
  for (const [spec, operator] of [
    ["poisson:peak=40", identity({ inShape: size })],
    ["poisson:peak=200", convolution({ inShape: size, kernel })],
    ["poisson-gaussian:peak=60,sigma=0.05", identity({ inShape: size })],
    ["salt-and-pepper:fraction=0.1", identity({ inShape: size })],
  ] as const) {
    const { y, noise } = await measure(truth, operator, { noise: parseNoise(spec), seed: 5 });
    const problem = problemOf({ operator, y, noise, range: [0, 1] });
    const found = await recover(problem, prior);
    assert.equal(found.outcomes, ["completed"]);
    let best = Number.POSITIVE_INFINITY;
    for (const factor of [0.3, 1, 3]) {
      const tv = await recover(problem, parsePenalty("tv", size), { lambda: factor * 0.4 * noise.sigma });
      best = Math.min(best, mean(tv.estimate.data));
    }
    assert.ok(mean(found.estimate.data) < best, `${spec}: ${mean(found.estimate.data)} ${best}`);
  }
});

test("a deviation is refused: it is that of Gaussian noise", async () => {
  const flat: PatchPrior = {
    ...{ kind: "patches", name: "flat", side: 2, channels: 1, weights: Float64Array.of(1) },
    values: ndarray(Float32Array.of(0.1, 0.1, 0.1, 1e-6), [1, 4]),
    vectors: ndarray(
      Float32Array.from([1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1, 1, 1, 1, 1].map((v) => v / 2)),
      [1, 4, 4],
    ),
  };
  const { y, noise } = await measure(cropped(1, 8, 8), identity({ inShape: [8, 8] }), {
    noise: parseNoise("poisson:peak=9"),
    seed: 1,
  });
  const problem = problemOf({ operator: identity({ inShape: [8, 8] }), y, noise });
  await refuses(
    () => recover(problem, flat, { deviation: true }),
    /need Gaussian noise, got poisson\(peak=9\); leave them out/,
  );
  assert.equal((await recover(problem, flat)).outcomes, ["completed"]);
  // far below the prior's variances the noise decides alone: a deviation of about √2 σ, never infinite
  const sharp = await recover(
    problemOf({ operator: identity({ inShape: [8, 8] }), y, noise: gaussianNoise(0.002) }),
    flat,
    { deviation: true },
  );
  for (const v of sharp.deviation!.data) assert.ok(v > 0.0015 && v < 0.006, String(v));
});

test.run();
