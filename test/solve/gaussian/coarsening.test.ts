import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gaussian } from "../../../operators/gaussian.ts";
import { linearOperator } from "../../../operators/operator.ts";
import type { MixturePrior } from "../../../priors/prior.ts";
import { fromHost } from "../../../src/data/array.ts";
import { cholesky, solveLower, solveLowerTransposed } from "../../../src/data/cholesky.ts";
import { multiply, multiplyTransposed, transpose } from "../../../src/data/matmul.ts";
import { stream } from "../../../src/data/random.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { mixturePosterior, recover } from "../../../src/solve/index.ts";
import { transposedMatrix } from "../../../src/solve/operator-matrix.ts";
import { messageOf } from "../../engine/support.ts";

const test = suite("coarsened posterior");
const [n, k, m, components, sigma] = [6, 3, 4, 3, 0.1];

const draw = (name: string, size: number) => stream(9, name).fillNormal(new Float32Array(size));
const weights = Float64Array.of(0.5, 0.2, 0.3);
const covarianceOf = Int32Array.of(0, 1, 1);
const prior: MixturePrior = {
  ...{ kind: "mixture", name: "mixture", shape: [n], weights, covarianceOf },
  means: fromHost(draw("means", components * k), [components, k]),
  factors: fromHost(Float32Array.of(1, 0, 0, 0.3, 0.6, 0, -0.2, 0.1, 0.4, 0.5, 0, 0, 0.2, 0.9, 0, 0.1, -0.5, 0.7), [
    ...[2, k, k],
  ]),
  centre: fromHost(draw("centre", n), [n]),
  matrix: fromHost(draw("matrix", n * k), [n, k]),
  residual: fromHost(
    Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 0.05 : 0)),
    [n, n],
  ),
};
const operator = gaussian({ inShape: [n], m, seed: 3 });
const y = fromHost(draw("y", 5 * m), [5, m]);
const problem = { operator, y, noise: gaussianNoise(sigma) };

/** τ by its definition, with dense matrices of the measurements. */
async function powerOf(coarsening: number): Promise<number> {
  const phi = transpose((await transposedMatrix(operator)).data, n, m);
  const measured = multiply(phi, Float64Array.from(prior.matrix.data), m, n, k); // ΦD
  const whole = new Float64Array(k * k);
  const mean = new Float64Array(k);
  for (let j = 0; j < components; j++) {
    const L = Float64Array.from(prior.factors.data.subarray(covarianceOf[j]! * k * k, (covarianceOf[j]! + 1) * k * k));
    const own = multiplyTransposed(L, L, k);
    for (let a = 0; a < k; a++) {
      const at = prior.means.data[j * k + a]!;
      mean[a]! += weights[j]! * at;
      for (let b = 0; b < k; b++)
        whole[a * k + b]! += weights[j]! * (own[a * k + b]! + at * prior.means.data[j * k + b]!);
    }
  }
  for (let a = 0; a < k; a++) for (let b = 0; b < k; b++) whole[a * k + b]! -= mean[a]! * mean[b]!;
  const signal = multiplyTransposed(multiply(measured, whole, m, k, k), measured, k);
  const rest = multiplyTransposed(multiply(phi, Float64Array.from(prior.residual.data), m, n, n), phi, n);
  const both = signal.map((v, at) => v + rest[at]! + (at % (m + 1) === 0 ? sigma ** 2 : 0));
  const L = cholesky(both, m);
  const solved = solveLowerTransposed(L, m, solveLower(L, m, signal.slice())); // rows of (signal)(both)⁻¹
  let d = 0;
  for (let q = 0; q < m; q++) d += solved[q * m + q]!;
  return 1 / (1 + (coarsening * d) ** 2);
}

test("components are weighed by the power of their likelihood, and the evidence stays", async () => {
  const exact = await mixturePosterior(problem, prior);
  const coarsened = await mixturePosterior(problem, prior, { coarsening: 0.4 });
  const power = await powerOf(0.4);
  assert.ok(power > 0.2 && power < 0.8, `${power}`);
  for (let i = 0; i < 5; i++) {
    const own = exact.responsibilities.subarray(i * components, (i + 1) * components);
    const raised = own.map((p, j) => weights[j]! * (p / weights[j]!) ** power);
    const sum = raised.reduce((a, b) => a + b, 0);
    for (const [j, v] of raised.entries()) {
      assert.ok(Math.abs(coarsened.responsibilities[i * components + j]! - v / sum) < 1e-6, `${i}, ${j}`); // float32 Φ
    }
  }
  assert.equal(coarsened.evidence, exact.evidence);
});

test("a measurement that is repeated, with noise in proportion, does not count twice", async () => {
  const twice = linearOperator({
    ...{ name: "twice", inShape: [n], outShape: [2 * m] },
    forward: (x) => {
      const once = operator.forward(x);
      return once.concat(once, 1);
    },
  });
  const doubled = fromHost(
    Float32Array.from({ length: 10 * m }, (_, at) => y.data[Math.floor(at / (2 * m)) * m + (at % m)]!),
    [5, 2 * m],
  );
  const once = await mixturePosterior(problem, prior, { coarsening: 0.4 });
  const noise = gaussianNoise(Math.SQRT2 * sigma);
  // Φr is repeated as well, so only the noise is averaged
  const both = await mixturePosterior({ operator: twice, y: doubled, noise }, prior, { coarsening: 0.4 });
  for (const [at, p] of once.responsibilities.entries()) {
    assert.ok(Math.abs(both.responsibilities[at]! - p) < 1e-5, `${at}: ${p} and ${both.responsibilities[at]}`);
  }
});

test("recover coarsens by default, and coarsening=0 is the exact posterior", async () => {
  const exact = await mixturePosterior(problem, prior);
  const meanOf = async (own?: { coarsening: number }) =>
    (await recover(problem, prior, own ? { own } : {})).estimate.data;
  assert.equal(await meanOf({ coarsening: 0 }), exact.mean.data);
  assert.not.equal(await meanOf({ coarsening: 2 }), exact.mean.data);
  assert.not.equal(await meanOf(), exact.mean.data);
});

test("a negative coarsening is refused", async () => {
  const message = await messageOf(() => mixturePosterior(problem, prior, { coarsening: -1 }));
  assert.match(message, "coarsening: expected a number of at least 0, got -1");
});

test.run();
