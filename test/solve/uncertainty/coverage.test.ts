import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blur } from "../../../operators/blur.ts";
import { gaussian } from "../../../operators/gaussian.ts";
import { mask } from "../../../operators/mask.ts";
import type { GaussianPrior, MixturePrior, Prior } from "../../../priors/prior.ts";
import { drawSamples } from "../../../priors/samples.ts";
import { calibrationOf } from "../../../src/compare/coverage.ts";
import { fromHost } from "../../../src/data/array.ts";
import { multiplyTransposed } from "../../../src/data/matmul.ts";
import { stream } from "../../../src/data/random.ts";
import { measure } from "../../../src/measure/index.ts";
import { recover } from "../../../src/solve/index.ts";
import { deviationOf, probabilityBelow } from "../../../src/solve/uncertainty/marginals.ts";

const test = suite("coverage of prior draws");

const [side, k, components] = [4, 3, 4];
const n = side * side;
const shape = [side, side];
const normal = (name: string, size: number, scale = 1) =>
  stream(6, name)
    .fillNormal(new Float32Array(size))
    .map((v) => v * scale);

/** Components far apart, so that posteriors have several modes. */
const mixture: MixturePrior = {
  ...{ kind: "mixture", name: "mixture", shape },
  weights: Float64Array.of(0.4, 0.3, 0.2, 0.1),
  means: fromHost(normal("means", components * k, 2), [components, k]),
  covarianceOf: Int32Array.of(0, 1, 0, 1),
  factors: fromHost(Float32Array.of(0.5, 0, 0, 0.2, 0.4, 0, 0, 0.1, 0.3, 0.2, 0, 0, 0, 0.6, 0, 0.3, 0, 0.7), [2, k, k]),
  centre: fromHost(normal("centre", n), [n]),
  matrix: fromHost(normal("matrix", n * k, 0.5), [n, k]),
  residual: fromHost(
    Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 0.02 : 0)),
    [n, n],
  ),
};
const root = Float64Array.from(normal("root", n * n, 0.3));
const gaussianPrior: GaussianPrior = {
  ...{ kind: "gaussian", name: "gaussian", shape },
  mean: Float64Array.from(mixture.centre.data),
  covariance: multiplyTransposed(root, root, n),
};

const drawGaussian = (count: number) => {
  const e = stream(7, "gaussian draws").fillNormal(new Float64Array(count * n));
  const x = multiplyTransposed(e, root, n).map((v, at) => v + gaussianPrior.mean[at % n]!);
  return fromHost(Float32Array.from(x), [count, ...shape]);
};
const priors = [
  { prior: mixture as Prior, draw: (count: number) => drawSamples(mixture, count, 8) },
  { prior: gaussianPrior as Prior, draw: async (count: number) => drawGaussian(count) },
];
const operators = [
  gaussian({ inShape: shape, m: 5, seed: 1 }),
  mask({ inShape: shape, keep: 0.4, seed: 1 }),
  blur({ inShape: shape, sigma: 1 }),
];

/** So many that a coverage of 0.9 has the deviation 0.0047: 0.02 are 4.2 of it. */
const COUNT = 4000;

for (const { prior, draw } of priors) {
  for (const operator of operators) {
    test(`${prior.name}, ${operator.name}: the 90 % interval of every pixel covers 88 to 92 % of the truths`, async () => {
      const truth = await draw(COUNT);
      const { y, noise } = await measure(truth, operator, { noise: 0.2, seed: 9 });
      const { marginals } = await recover({ operator, y, noise }, prior);
      const inside = new Float64Array(n);
      for (let i = 0; i < COUNT; i++) {
        const below = probabilityBelow(await marginals!(i), truth.data.subarray(i * n, (i + 1) * n));
        for (let p = 0; p < n; p++) inside[p]! += Number(Math.abs(below[p]! - 0.5) <= 0.45) / COUNT;
      }
      for (const [p, fraction] of inside.entries()) {
        assert.ok(fraction >= 0.88 && fraction <= 0.92, `pixel ${p}: ${fraction}`);
      }
      const all = (await calibrationOf(truth, marginals!)).coverage!;
      // pixels of one signal depend on each other: at worst as if there were one, deviations 0.008, 0.0047 and 0.0016
      assert.ok(Math.abs(all[50] - 0.5) < 0.03 && Math.abs(all[90] - 0.9) < 0.02 && Math.abs(all[99] - 0.99) < 0.006);
    });
  }
}

test("the rank of the truth among draws of its posterior is uniform", async () => {
  const [count, draws] = [2000, 9];
  const truth = await drawSamples(mixture, count, 11);
  const operator = operators[0]!;
  const { y, noise } = await measure(truth, operator, { noise: 0.2, seed: 12 });
  const { samples } = await recover({ operator, y, noise }, mixture, { samples: draws, seed: 13 });
  for (let p = 0; p < n; p++) {
    const ranks = new Float64Array(draws + 1);
    for (let i = 0; i < count; i++) {
      let rank = 0;
      for (let s = 0; s < draws; s++) rank += Number(samples!.data[(i * draws + s) * n + p]! < truth.data[i * n + p]!);
      ranks[rank]!++;
    }
    const expected = count / (draws + 1);
    const statistic = ranks.reduce((sum, v) => sum + (v - expected) ** 2 / expected, 0);
    assert.ok(statistic < 35, `pixel ${p}: ${statistic}`); // χ² of 9 degrees of freedom exceeds 35 with probability 6e-5
  }
});

test("draws have the mean and the covariance of the posterior; deviations are those of the marginals", async () => {
  const truth = await drawSamples(mixture, 3, 14);
  const operator = operators[1]!;
  const { y, noise } = await measure(truth, operator, { noise: 0.3, seed: 15 });
  const draws = 20_000;
  const found = await recover({ operator, y, noise }, mixture, { samples: draws, deviation: true });
  for (let i = 0; i < 3; i++) {
    const wanted = deviationOf(await found.marginals!(i));
    for (let p = 0; p < n; p++) {
      const [mean, deviation] = [found.estimate.data[i * n + p]!, found.deviation!.data[i * n + p]!];
      assert.ok(Math.abs(deviation - wanted[p]!) < 1e-6 * (1 + deviation)); // float32
      let [sum, squares] = [0, 0];
      for (let s = 0; s < draws; s++) {
        const gap = found.samples!.data[(i * draws + s) * n + p]! - mean;
        sum += gap / draws;
        squares += gap ** 2 / draws;
      }
      assert.ok(Math.abs(sum) < (5 * deviation) / Math.sqrt(draws), `${sum}`); // 5 standard errors
      assert.ok(Math.abs(Math.sqrt(squares) / deviation - 1) < 0.05, `${squares}`); // a bimodal pixel's, about 1 %
    }
  }
});

test("numbers that are known are not counted; a number without deviation is in the middle of its interval or outside", async () => {
  const part = { probability: 1, mean: Float64Array.of(0, 1), variance: Float64Array.of(1, 0) };
  assert.equal([...probabilityBelow([part], [0, 1])], [0.5, 0.5]);
  assert.equal([...probabilityBelow([part], [0, 0.9])], [0.5, 0]);
  const truth = fromHost(Float32Array.of(0.5, 7, 0.8, 7, 2, 7, 4, 7), [4, 2]);
  const marginals = async () => [part];
  // within 0.674, 1.645 and 2.576 deviations of the first number: 1, 2 and 3 of 4
  const { coverage, deviation } = await calibrationOf(truth, marginals);
  assert.equal([coverage![30], coverage![50], coverage![90], coverage![99]], [0, 0.25, 0.5, 0.75]);
  assert.equal([...deviation.data], [1, 0, 1, 0, 1, 0, 1, 0]);
  const without = await calibrationOf(truth, async () => [{ ...part, variance: new Float64Array(2) }]);
  assert.is(without.coverage, undefined);
});

test.run();
