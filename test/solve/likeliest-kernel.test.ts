import type { NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { convolution } from "../../operators/convolution.ts";
import { identity } from "../../operators/identity.ts";
import type { Boundary } from "../../operators/operator.ts";
import type { GaussianPrior, MixturePrior } from "../../priors/prior.ts";
import { fromHost } from "../../src/data/array.ts";
import { cholesky, logDeterminant, solveLower } from "../../src/data/cholesky.ts";
import { stream } from "../../src/data/index.ts";
import { multiply, multiplyTransposed } from "../../src/data/matmul.ts";
import { squaredNorm } from "../../src/data/vector.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { kernelRounds } from "../../src/solve/blind/kernel-rounds.ts";
import { likeliestGaussian, type PixelGaussian } from "../../src/solve/blind/likeliest-gaussian.ts";
import { likeliestKernel } from "../../src/solve/blind/likeliest-kernel.ts";
import { likeliestOf } from "../../src/solve/blind/likeliest-of.ts";
import { recover } from "../../src/solve/index.ts";
import { transposedMatrix } from "../../src/solve/operator-matrix.ts";
import { blurredBy, relative } from "./blurred.ts";

const test = suite("likeliest kernels");

const SIZE = [11, 10] as const;
const KERNEL = [3, 3] as const;
const SIGMA = 0.01;
const [N, L] = [110, 9];

/** Σ_pq = s² exp(−distance/reach) of the pixels of images [height, width]. */
const correlated = ([height, width]: readonly [number, number], s: number, reach: number): Float64Array =>
  Float64Array.from({ length: (height * width) ** 2 }, (_, at) => {
    const [p, q] = [Math.floor(at / (height * width)), at % (height * width)];
    const apart = Math.hypot(Math.floor(p / width) - Math.floor(q / width), (p % width) - (q % width));
    return s ** 2 * Math.exp(-apart / reach);
  });

const image: PixelGaussian = {
  mean: Float64Array.from({ length: N }, (_, p) => ((p * p * 37) % 11) / 10), // rough, so that y tells the kernel
  covariance: correlated(SIZE, 0.1, 4),
};
const kernels: PixelGaussian = { mean: new Float64Array(L).fill(1 / L), covariance: correlated(KERNEL, 0.1, 0.5) };

const gaussian = ({ mean, covariance }: PixelGaussian, name: string, shape: readonly number[]): GaussianPrior => ({
  ...{ kind: "gaussian", name, shape, mean, covariance },
});

const drawn = ({ mean, covariance }: PixelGaussian, name: string): Float64Array => {
  const n = mean.length;
  const e = stream(3, "likeliest kernel", name).fillNormal(new Float64Array(n));
  return multiplyTransposed(cholesky(covariance, n), e, n).map((v, p) => v + mean[p]!);
};
const truth = Float64Array.of(0, 0.1, 0.3, 0, 0.4, 0.15, 0.05, 0, 0);
const x = drawn(image, "image");

const blurred = async (boundary: Boundary): Promise<Float64Array> => {
  const K = await matrixOf(truth, boundary);
  const w = stream(4, "likeliest kernel", "noise").fillNormal(new Float64Array(N));
  return multiplyTransposed(K, x, N).map((v, q) => v + SIGMA * w[q]!);
};

/** K [n, n] with Kx = k ∗ x. */
async function matrixOf(k: Float64Array, boundary: Boundary): Promise<Float64Array> {
  const operator = convolution({ inShape: SIZE, kernel: fromHost(Float32Array.from(k), KERNEL), boundary });
  const { data } = await transposedMatrix(operator);
  return Float64Array.from({ length: N * N }, (_, at) => data[(at % N) * N + Math.floor(at / N)]!);
}

/** −log p(y, held | k) − log p(k) up to a constant, with the held pixels as measurements of σ = 10⁻³: all dense, nothing left out. */
async function objective(k: Float64Array, y: Float64Array, held: ReadonlyMap<number, number>, boundary: Boundary) {
  const rows = [...held.keys()];
  const m = N + rows.length;
  const A = new Float64Array(m * N);
  A.set(await matrixOf(k, boundary));
  for (const [i, p] of rows.entries()) A[(N + i) * N + p] = 1;
  const S = multiplyTransposed(multiply(A, image.covariance, m, N, N), A, N);
  for (let q = 0; q < m; q++) S[q * (m + 1)]! += q < N ? SIGMA ** 2 : 1e-6;
  const gap = multiplyTransposed(A, image.mean, N).map((v, q) => (q < N ? y[q]! : held.get(rows[q - N]!)!) - v);
  const factor = cholesky(S, m);
  const ofKernel = solveLower(
    cholesky(kernels.covariance, L),
    L,
    k.map((v, a) => v - kernels.mean[a]!),
  );
  return 0.5 * (squaredNorm(solveLower(factor, m, gap)) + logDeterminant(factor, m) + squaredNorm(ofKernel));
}

for (const boundary of ["reflect", "zero", "circular"] as const) {
  for (const count of [0, 40]) {
    test(`no weight can change without less evidence, boundary ${boundary}, ${count} pixels held`, async () => {
      const y = await blurred(boundary);
      const held = new Map(Array.from({ length: count }, (_, i) => [2 * i, x[2 * i]!] as const));
      const problem = {
        ...{ y, size: SIZE, sigma: SIGMA, boundary, image, held },
        kernel: kernels,
        kernelSize: KERNEL,
      };
      const found = await likeliestKernel({ ...problem, start: kernels.mean });
      assert.ok(found.every((v) => v >= 0));
      const least = await objective(found, y, held, boundary);
      for (let a = 0; a < L; a++) {
        for (const step of [-0.02, 0.02]) {
          if (found[a]! + step < 0) continue;
          const other = found.map((v, b) => (a === b ? v + step : v));
          const value = await objective(other, y, held, boundary);
          assert.ok(value > least, `weight ${a} by ${step}: ${value} and ${least}`);
        }
      }
      const [before, after] = [kernels.mean, found].map((k) => relative(k, truth));
      assert.ok(after! < 0.2 * before!, `error of the kernel ${before}, then ${after}`);
    });
  }
}

test("tiny weights do not stop the search", async () => {
  const y = await blurred("reflect");
  const held = new Map<number, number>();
  const problem = {
    ...{ y, size: SIZE, sigma: SIGMA, boundary: "reflect" as const, image, held },
    kernel: kernels,
    kernelSize: KERNEL,
  };
  const found = await likeliestKernel({ ...problem, start: kernels.mean });
  const nearZero = Float64Array.from(kernels.mean, (v, a) => (a % 2 === 0 ? v : 1e-9));
  const again = await likeliestKernel({ ...problem, start: nearZero });
  const [least, other] = [await objective(found, y, held, "reflect"), await objective(again, y, held, "reflect")];
  assert.ok(Math.abs(other - least) < 0.1, `${least} and ${other}`); // steps end when they gain less than .01
});

test("a search ends with the signal's reason", async () => {
  const y = await blurred("reflect");
  const problem = { ...{ y, size: SIZE, sigma: SIGMA, boundary: "reflect" as const, image, held: new Map() } };
  const given = { ...problem, kernel: kernels, kernelSize: KERNEL, start: kernels.mean };
  try {
    await likeliestKernel(given, AbortSignal.abort(new Error("stopped")));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, "stopped");
  }
});

test("a border that never varies is held without harm, and without noise there is no search", async () => {
  const covariance = image.covariance.map((v, at) => (at % N < 10 || Math.floor(at / N) < 10 ? 0 : v));
  const y = await blurred("reflect");
  const held = new Map(Array.from({ length: 10 }, (_, p) => [p, image.mean[p]!] as const));
  const constant = { mean: image.mean, covariance };
  const problem = {
    ...{ y, size: SIZE, boundary: "reflect" as const, image: constant, held },
    kernel: kernels,
    kernelSize: KERNEL,
  };
  const found = await likeliestKernel({ ...problem, sigma: 0.05, start: kernels.mean });
  assert.ok(found.every((v) => v >= 0 && v < 1));
  try {
    await likeliestKernel({ ...problem, sigma: 0, start: kernels.mean });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /likeliestKernel: sigma: expected more than 0, got 0/);
  }
});

test("images with every pixel on a bound, and black ones, keep their kernel", async () => {
  const kernel = fromHost(Float32Array.from(truth), KERNEL);
  for (const value of [0, 1.3]) {
    const y = fromHost(new Float32Array(N).fill(value), [1, ...SIZE]);
    const problem = { y, noise: gaussianNoise(value === 0 ? 0 : SIGMA), range: [0, 1] as const };
    const operator = convolution({ inShape: SIZE, kernel });
    const found = await recover({ ...problem, operator }, gaussian(image, "images", SIZE));
    const estimate = fromHost(new Float32Array(N).fill(Math.min(1, value)), [1, ...SIZE]);
    const first = { kernel, found: { ...found, estimate } };
    const unused = () => Promise.reject(new Error("no image is recovered again"));
    const given = { problem, boundary: "reflect" as const, first, recovered: unused };
    const last = await kernelRounds(given, gaussian(image, "images", SIZE), gaussian(kernels, "kernels", KERNEL));
    assert.equal(last.kernel.data, kernel.data);
  }
});

test("the likeliest Gaussian of a mixture is the component that y fits, in pixels", async () => {
  const floats = (values: readonly number[], shape: readonly number[]) => fromHost(Float32Array.from(values), shape);
  const mixture: MixturePrior = {
    ...{
      kind: "mixture",
      name: "two",
      shape: [2, 2],
      weights: Float64Array.of(0.5, 0.5),
      covarianceOf: Int32Array.of(0, 1),
    },
    means: floats([0, 0, 4, 2], [2, 2]),
    factors: floats([1, 0, 0, 1, 2, 0, 1, 1], [2, 2, 2]),
    centre: floats([1, 1, 1, 1], [4]),
    matrix: floats([1, 0, 0, 1, 1, 1, 0, 2], [4, 2]),
    residual: floats(
      Array.from({ length: 16 }, (_, at) => Number(at % 5 === 0) / 4),
      [4, 4],
    ),
  };
  const y = floats([5, 3, 7, 5], [1, 2, 2]); // centre + D(4, 2)
  const problem = { operator: identity({ inShape: [2, 2] }), y, noise: gaussianNoise(0.1) };
  const { mean, covariance } = await likeliestGaussian(problem, mixture);
  assert.equal([...mean], [5, 3, 7, 5]);
  // DΣDᵀ + I/4 with Σ = [[4, 2], [2, 2]]
  assert.equal([...covariance], [4.25, 2, 6, 4, 2, 2.25, 4, 4, 6, 4, 10.25, 8, 4, 4, 8, 8.25]);
});

test("of some kernels that of the most evidence is taken, wherever it stands", async () => {
  const y = await blurred("reflect");
  const problem = { y: fromHost(Float32Array.from(y), [1, ...SIZE]), noise: gaussianNoise(SIGMA) };
  const priors = {
    ...{ image: gaussian(image, "images", SIZE), kernel: gaussian(kernels, "kernels", KERNEL) },
    boundary: "reflect" as const,
  };
  const random = stream(5, "likeliest kernel", "starts");
  const near = (part: number) => truth.map((v) => v + part * (random.uniform() - 0.5));
  for (const some of [
    [kernels.mean, near(0.3), near(0.1), near(0.3)],
    [near(0.2), near(0.2), kernels.mean, near(0.2), near(0.2)],
    [new Float64Array(L), near(0.3)],
    [kernels.mean],
  ]) {
    const values: number[] = [];
    for (const k of some) values.push(await objective(k, y, new Map(), "reflect"));
    const batch = fromHost(Float32Array.from(some.flatMap((k) => [...k])), [some.length, ...KERNEL]);
    const found = await likeliestOf(problem, batch, priors);
    assert.equal(found.data, Float32Array.from(some[values.indexOf(Math.min(...values))]!), values.join());
    assert.equal(found.shape, [...KERNEL]);
  }
});

test("without noise kernels are judged by one σ", async () => {
  const sharp = fromHost(Float32Array.from(x), [1, ...SIZE]);
  const y = await blurredBy(sharp, fromHost(Float32Array.from(truth), KERNEL), 0);
  const priors = { image: gaussian(image, "images", SIZE), kernel: gaussian(kernels, "kernels", KERNEL) };
  const batch = fromHost(Float32Array.from([...new Float64Array(L), ...kernels.mean]), [2, ...KERNEL]);
  const found = await likeliestOf({ y, noise: gaussianNoise(0) }, batch, { ...priors, boundary: "reflect" });
  assert.equal(found.data, Float32Array.from(kernels.mean)); // each by its own floor, no light at all would be likelier
});

test("where y tells no kernels apart their prior does", async () => {
  const y = fromHost(new Float32Array(N).fill(0.5), [1, ...SIZE]); // flat
  const flat = { mean: new Float64Array(N).fill(0.5), covariance: new Float64Array(N * N) }; // of all kernels alike
  const priors = {
    ...{ image: gaussian(flat, "flat", SIZE), kernel: gaussian(kernels, "kernels", KERNEL) },
    boundary: "reflect" as const,
  };
  const odd = Float64Array.of(1, -1, 1, -1, 1, -1, 1, -1, 1); // of sum 1 too
  for (const some of [
    [odd, kernels.mean],
    [kernels.mean, odd],
  ]) {
    const batch = fromHost(Float32Array.from(some.flatMap((k) => [...k])), [2, ...KERNEL]);
    for (const sigma of [1, 0]) {
      const found = await likeliestOf({ y, noise: gaussianNoise(sigma) }, batch, priors);
      assert.equal(found.data, Float32Array.from(kernels.mean), `sigma ${sigma}`);
    }
  }
});

test("images are those of all components of the mixture", async () => {
  // the first component alone, which y by the narrow kernel is nearest to, would take the narrow one
  const [narrow, wide] = [Float64Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0), kernels.mean];
  const sharp = fromHost(Float32Array.from(x), [1, ...SIZE]);
  const y = await blurredBy(sharp, fromHost(Float32Array.from(wide), KERNEL), SIGMA);
  const mixtureOf = (weights: readonly number[]): MixturePrior => ({
    ...{ kind: "mixture", name: "two", shape: SIZE, weights: Float64Array.from(weights) },
    covarianceOf: Int32Array.from(weights, () => 0),
    means: fromHost(Float32Array.of(0, 1).subarray(0, weights.length), [weights.length, 1]),
    factors: fromHost(Float32Array.of(1e-3), [1, 1, 1]),
    centre: fromHost(new Float32Array(N).fill(0.45), [N]), // a grey image, or at 1 the sharp one
    matrix: fromHost(
      Float32Array.from(x, (v) => v - 0.45),
      [N, 1],
    ),
    residual: fromHost(
      Float32Array.from({ length: N * N }, (_, at) => (at % (N + 1) === 0 ? 1e-4 : 0)),
      [N, N],
    ),
  });
  const batch = fromHost(Float32Array.from([...narrow, ...wide]), [2, ...KERNEL]);
  const kernel = gaussian(kernels, "kernels", KERNEL);
  const taken = async (weights: readonly number[]) => {
    const image = mixtureOf(weights);
    const found = await likeliestOf({ y, noise: gaussianNoise(SIGMA) }, batch, { image, kernel, boundary: "reflect" });
    return found.data[4]! === 1 ? "narrow" : "wide";
  };
  assert.equal([await taken([1]), await taken([0.5, 0.5])], ["narrow", "wide"]);
});

test("rounds improve image and kernel, and end", async () => {
  const [ofImages, ofKernels] = [gaussian(image, "images", SIZE), gaussian(kernels, "kernels", KERNEL)];
  const kernel = fromHost(Float32Array.from(truth), KERNEL);
  const shown = fromHost(
    Float32Array.from(x, (v) => Math.min(1, Math.max(0, v))),
    [1, ...SIZE],
  );
  const y = await blurredBy(shown, kernel, SIGMA);
  const problem = { y, noise: gaussianNoise(SIGMA), range: [0, Number.POSITIVE_INFINITY] as const };
  const recovered = (k: NdArray<Float32Array>) =>
    recover({ ...problem, operator: convolution({ inShape: SIZE, kernel: k }) }, ofImages);
  const start = fromHost(
    Float32Array.from(truth, (v, a) => (v + kernels.mean[a]!) / 2),
    KERNEL,
  ); // near enough that it is not found a pixel away
  const first = { kernel: start, found: await recovered(start) };
  const last = await kernelRounds({ problem, boundary: "reflect", first, recovered }, ofImages, ofKernels);
  const errors = [first, last].map(({ kernel: k, found }) => [
    relative(k.data, kernel.data),
    relative(found.estimate.data, shown.data),
  ]);
  assert.ok(errors[1]![0]! < 0.3 * errors[0]![0]! && errors[1]![1]! < 0.5 * errors[0]![1]!, String(errors));
  assert.ok(Math.abs(last.kernel.data.reduce((a, b) => a + b, 0) - 1) < 1e-5);
});

test.run();
