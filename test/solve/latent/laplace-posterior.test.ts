import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { matrixOperator } from "../../../operators/matrix.ts";
import type { GaussianPrior, GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../../src/data/array.ts";
import { cholesky, solveLower } from "../../../src/data/cholesky.ts";
import { multiply, multiplyTransposed, transpose } from "../../../src/data/matmul.ts";
import { stream } from "../../../src/data/random.ts";
import { squaredNorm } from "../../../src/data/vector.ts";
import { recover } from "../../../src/solve/index.ts";
import { pcn } from "./pcn.ts";

const test = suite("Laplace's posterior");

const [n, m, k] = [8, 5, 2];
const sigma = 0.2;
const normal = (name: string, size: number) => stream(21, name).fillNormal(new Float32Array(size));
const A = normal("A", m * n);
const root = normal("root", k * n);
const mean = normal("mean", n);
const C = Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 0.05 : 0.01));
const operator = matrixOperator({ matrix: fromHost(A, [m, n]), inShape: [n] });
const y = fromHost(normal("y", 2 * m), [2, m]);

/** G(z) = μ + zL + bend · z² q, with q of its own. */
const q = normal("bend", n);
const generator = (bend: number): GeneratorPrior => ({
  ...{ kind: "generator", name: "bent", latent: k, shape: [n], residual: fromHost(C, [n, n]) },
  decode: (z) =>
    tf.add(
      tf.add(tf.matMul(z as tf.Tensor2D, tf.tensor2d(root, [k, n])), tf.tensor1d(mean)),
      tf.mul(tf.sum(tf.square(z), 1, true), tf.mul(bend, tf.tensor1d(q))),
    ),
});
const linear: GaussianPrior = {
  ...{ kind: "gaussian", name: "linear", shape: [n] },
  mean: Float64Array.from(mean),
  covariance: multiply(transpose(root, k, n), root, n, k, n).map((v, at) => v + C[at]!),
};
const options = { deviation: true, own: { steps: 200 } };

/** Mean and deviation of x under the chain: x = G(z) + E[r | z, y] + what is left of r. */
function chainOf(i: number, bend: number) {
  const crossed = multiply(A, C, m, n, n); // ΦC
  const S = multiplyTransposed(crossed, Float64Array.from(A), n).map(
    (v, at) => v + (at % (m + 1) === 0 ? sigma ** 2 : 0),
  );
  const factor = cholesky(S, m);
  const half = solveLower(factor, m, transpose(crossed, m, n)); // rows of (L⁻¹ΦC)ᵀ
  const signal = (z: Float64Array) =>
    Float64Array.from(mean, (v, p) => {
      let sum = v + bend * q[p]! * squaredNorm(z);
      for (let a = 0; a < k; a++) sum += z[a]! * root[a * n + p]!;
      return sum;
    });
  const white = (x: Float64Array) =>
    solveLower(
      factor,
      m,
      multiply(A, x, m, n, 1).map((v, at) => y.data[i * m + at]! - v),
    );
  const [sum, squares] = [new Float64Array(n), new Float64Array(n)];
  let count = 0;
  const { accepted } = pcn(
    (z) => squaredNorm(white(signal(z))) / 2,
    k,
    { steps: 60_000, burn: 2000, beta: 0.25, seed: 5 + i },
    (z) => {
      const x = signal(z);
      const rest = multiply(half, white(x), n, m, 1);
      count++;
      for (let p = 0; p < n; p++) {
        const v = x[p]! + rest[p]!;
        sum[p]! += v;
        squares[p]! += v * v;
      }
    },
  );
  assert.ok(accepted > 0.1 && accepted < 0.9, `${accepted}`);
  const average = sum.map((v) => v / count);
  const deviation = squares.map((v, p) =>
    Math.sqrt(v / count - average[p]! ** 2 + C[p * (n + 1)]! - squaredNorm(half, p * m, m)),
  );
  return { mean: average, deviation };
}

const near = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number, what: string) => {
  for (let p = 0; p < n; p++)
    assert.ok(Math.abs(got[p]! - want[p]!) < tolerance, `${what} ${p}: ${got[p]}, ${want[p]}`);
};
const rowOf = (data: Float32Array, i: number) => data.subarray(i * n, (i + 1) * n);

test("of a linear generator it is the exact posterior; a chain in latent space agrees", async () => {
  const exact = await recover({ operator, y, noise: sigma }, linear, { deviation: true });
  const found = await recover({ operator, y, noise: sigma }, generator(0), { ...options, samples: 4000 });
  assert.is(found.chosen.solver, "latent-posterior");
  for (let i = 0; i < 2; i++) {
    const [centre, spread] = [rowOf(exact.estimate.data, i), rowOf(exact.deviation!.data, i)];
    near(rowOf(found.deviation!.data, i), spread, 1e-3, "deviation"); // float32 differences of G
    const chain = chainOf(i, 0);
    near(chain.mean, centre, 0.05, "chain's mean"); // 58 000 dependent steps, deviations up to 1
    near(chain.deviation, spread, 0.05, "chain's deviation");
    const { data } = found.samples!;
    for (let p = 0; p < n; p++) {
      const values = Float64Array.from({ length: 4000 }, (_, s) => data[(i * 4000 + s) * n + p]! - centre[p]!);
      const off = values.reduce((sum, v) => sum + v / 4000, 0);
      assert.ok(Math.abs(off) < (5 * spread[p]!) / Math.sqrt(4000) + 2e-3, `${off}`); // 5 standard errors, and ẑ's
      assert.ok(Math.abs(Math.sqrt(squaredNorm(values) / 4000) / spread[p]! - 1) < 0.06); // 5 times 1/√8000
    }
  }
});

test("of a bent generator it is near what a chain finds", async () => {
  const bend = 0.15;
  const found = await recover({ operator, y, noise: sigma }, generator(bend), options);
  for (let i = 0; i < 2; i++) {
    const chain = chainOf(i, bend);
    const scale = Math.max(...chain.deviation);
    near(rowOf(found.estimate.data, i), chain.mean, 0.15 * scale, "mean");
    near(rowOf(found.deviation!.data, i), chain.deviation, 0.15 * scale, "deviation");
  }
});

test("two modes of equal evidence: the deviation spans both, draws are of either", async () => {
  const square: GeneratorPrior = {
    ...{ kind: "generator", name: "square", latent: 1, shape: [2] },
    residual: fromHost(Float32Array.of(1e-4, 0, 0, 1e-4), [2, 2]),
    decode: (z) => tf.concat([tf.square(z), z], 1),
  };
  const first = matrixOperator({ matrix: fromHost(Float32Array.of(1, 0), [1, 2]), inShape: [2] });
  const { deviation, samples, marginals } = await recover(
    { operator: first, y: fromHost(Float32Array.of(4), [1, 1]), noise: 0.01 },
    square,
    { deviation: true, samples: 200, own: { restarts: 8, steps: 300 } },
  );
  assert.is((await marginals!(0)).length, 2);
  assert.ok(Math.abs(deviation!.data[1]! - 2) < 0.05, `${deviation!.data}`); // z is 2 or −2
  const positive = Array.from({ length: 200 }, (_, s) => samples!.data[2 * s + 1]!).filter((v) => v > 0).length;
  assert.ok(positive > 65 && positive < 135, `${positive}`); // 100, and 5 deviations of 7
});

test.run();
