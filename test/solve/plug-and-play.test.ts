import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blur } from "../../operators/blur.ts";
import { gaussian } from "../../operators/gaussian.ts";
import { identity } from "../../operators/identity.ts";
import { mask } from "../../operators/mask.ts";
import type { LinearOperator } from "../../operators/operator.ts";
import { sign } from "../../operators/sign.ts";
import type { DenoiserPrior } from "../../priors/prior.ts";
import { loadOnnxPrior } from "../../src/cli/onnx-prior.ts";
import { fromHost } from "../../src/data/array.ts";
import { cholesky, solveLower, solveLowerTransposed } from "../../src/data/cholesky.ts";
import { poissonNoise } from "../../src/measure/noise/poisson.ts";
import { recover } from "../../src/solve/index.ts";
import { transposedMatrix } from "../../src/solve/operator-matrix.ts";
import { plugAndPlay } from "../../src/solve/plug-and-play/plug-and-play.ts";
import { red } from "../../src/solve/plug-and-play/red.ts";
import { problemOf } from "../../src/solve/problem.ts";
import { refuses } from "../data/tiny.ts";
import { apply, difference, draw, type Floats } from "../operators/draws.ts";

const test = suite("plug-and-play and RED");
const fixture = (name: string) =>
  loadOnnxPrior(path.join(import.meta.dirname, "../fixtures/onnx", name)) as Promise<DenoiserPrior>;

const [H, W] = [7, 8];
const n = H * W;
const shape = [H, W];
const SIGMA = 0.05;
const scene = fromHost(
  Float32Array.from({ length: 2 * n }, (_, i) => 0.2 + 0.6 * Number((i % n) % W > 3 !== i < n) + 0.1 * Math.sin(i)),
  [2, ...shape],
);

/** The denoisers of the fixtures are D_s = (1 − a) I + a K, K the binomial filter with zeros around, a = s/(s + .1) or 1. */
function filterMatrix(a: number): Float64Array {
  const line = (i: number, j: number) => (i === j ? 0.5 : Math.abs(i - j) === 1 ? 0.25 : 0);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [p, q] = [Math.floor(at / n), at % n];
    const k = line(Math.floor(p / W), Math.floor(q / W)) * line(p % W, q % W);
    return (p === q ? 1 - a : 0) + a * k;
  });
}

/** What both methods must find with a linear symmetric D: the x of least ‖y − Φx‖²/(2σ²) + λ/2 x'(x − Dx), by elimination in float64. */
async function tikhonovSolution(
  operator: LinearOperator,
  y: Floats,
  lambda: number,
  D: Float64Array,
): Promise<Float64Array> {
  const rows = await transposedMatrix(operator); // [n, m], row p is Φ e_p
  const m = rows.shape[1]!;
  const A = new Float64Array(n * n);
  const b = new Float64Array(n);
  for (let p = 0; p < n; p++) {
    for (let j = 0; j < m; j++) b[p]! += (rows.data[p * m + j]! * y.data[j]!) / SIGMA ** 2;
    for (let q = 0; q < n; q++) {
      for (let j = 0; j < m; j++) A[p * n + q]! += (rows.data[p * m + j]! * rows.data[q * m + j]!) / SIGMA ** 2;
      A[p * n + q]! += lambda * ((p === q ? 1 : 0) - D[p * n + q]!);
    }
  }
  const L = cholesky(A, n);
  return solveLowerTransposed(L, n, solveLower(L, n, b));
}

const filtered = (D: Float64Array, x: ArrayLike<number>) =>
  Float64Array.from({ length: n }, (_, p) => Array.from(x).reduce((sum, v, q) => sum + D[p * n + q]! * v, 0));

async function measured(operator: LinearOperator): Promise<Floats> {
  const y = await apply(operator.forward, scene);
  const w = draw(3, y.shape);
  return fromHost(
    y.data.map((v, i) => v + SIGMA * w.data[i]!),
    y.shape,
  );
}

const S = 0.15;
const denoisers = { "smooth.onnx": filterMatrix(S / (S + 0.1)), "fixed.onnx": filterMatrix(1) };

const cases = [
  [identity({ inShape: shape }), "smooth.onnx"],
  [mask({ inShape: shape, keep: 0.5, seed: 2 }), "smooth.onnx"],
  [blur({ inShape: shape, sigma: 1 }), "fixed.onnx"],
  [gaussian({ inShape: shape, m: 30, seed: 2 }), "fixed.onnx"],
] as const;
const second = (y: Floats) => fromHost(y.data.slice(y.size / 2), y.shape.slice(1));

for (const [operator, name] of cases) {
  test(`${operator.name}, ${name}: RED finds the solution that a linear denoiser has in closed form`, async () => {
    const y = second(await measured(operator));
    const own = { s: S, weight: 0.5, tolerance: 1e-6, steps: 2000 };
    const prior = await fixture(name);
    const { estimate, outcomes } = await recover({ operator, y, noise: SIGMA }, prior, { solver: "red", own });
    const expected = await tikhonovSolution(operator, y, own.weight / S ** 2, denoisers[name]);
    assert.ok(difference(estimate.data, expected) < 1e-3); // image steps are solved to 1e-4
    assert.equal(outcomes, ["converged"]);
  });
}

for (const operator of [cases[1][0], cases[3][0]]) {
  test(`${operator.name}: plug-and-play with one s settles at the same solution, denoised once more`, async () => {
    const y = second(await measured(operator));
    const own = { first: S, last: S, weight: 0.5, steps: 150 }; // each step takes 7 % of what is left, or more
    const { estimate, outcomes } = await recover({ operator, y, noise: SIGMA }, await fixture("fixed.onnx"), { own });
    const D = denoisers["fixed.onnx"];
    const expected = filtered(D, await tikhonovSolution(operator, y, own.weight / S ** 2, D));
    assert.ok(difference(estimate.data, expected) < 1e-3); // image steps are solved to 1e-4
    assert.equal(outcomes, ["completed"]);
  });
}

test("to denoise, one denoising of y at σ is all", async () => {
  const operator = identity({ inShape: shape });
  const y = await measured(operator);
  const prior = await fixture("smooth.onnx");
  const { estimate, chosen, steps } = await recover({ operator, y, noise: SIGMA }, prior);
  assert.equal([chosen.solver, steps], ["plug-and-play", 1]);
  assert.ok(
    difference(estimate.data.subarray(n), filtered(filterMatrix(SIGMA / (SIGMA + 0.1)), second(y).data)) < 1e-5,
  );
});

/** A denoiser that keeps what it is asked. */
function recorded() {
  const asked: number[] = [];
  let open = 0;
  const prior: DenoiserPrior = {
    ...{ kind: "denoiser", name: "recorded", takesSigma: true, accepts: () => true },
    open: async () => {
      open++;
      return {
        denoise: async (images, s) => {
          asked.push(s);
          return images;
        },
        dispose: async () => {
          open--;
        },
      };
    },
  };
  return { prior, asked, open: () => open };
}

test("s falls from 49/255 to σ/‖Φ‖ by one factor in eight steps, and the denoiser is closed at the end", async () => {
  const operator = mask({ inShape: shape, keep: 0.5, seed: 2 });
  const { prior, asked, open } = recorded();
  await recover({ operator, y: second(await measured(operator)), noise: SIGMA }, prior);
  const expected = Array.from({ length: 8 }, (_, t) => (49 / 255) * ((SIGMA * 255) / 49) ** (t / 7));
  assert.ok(difference(asked, expected) < 1e-3); // ‖Φ‖ is 1 to its tolerance
  assert.is(open(), 0);
});

test("estimates keep to the range, counts have their own misfit, and a σ that is not known is estimated", async () => {
  const operator = mask({ inShape: shape, keep: 0.7, seed: 2 });
  const prior = await fixture("smooth.onnx");
  const y = second(await measured(operator));
  for (const solver of ["plug-and-play", "red"]) {
    const ranged = await recover({ operator, y, noise: SIGMA, range: [0.3, 0.7] }, prior, { solver });
    assert.ok(ranged.estimate.data.every((v) => v >= 0.3 && v <= 0.7));
    const counts = await recover(
      {
        operator,
        y: fromHost(
          y.data.map((v) => Math.round(Math.max(0, 100 * v)) / 100),
          y.shape,
        ),
        noise: poissonNoise(100),
      },
      prior,
      { solver },
    );
    assert.ok(counts.estimate.data.every(Number.isFinite));
    const mean = (x: Floats) => x.data.reduce((sum, v) => sum + v / x.size, 0);
    assert.ok(Math.abs(mean(counts.estimate) - mean(fromHost(scene.data.slice(n), shape))) < 0.1);
  }
  const automatic = await recover({ operator, y, noise: "gaussian:sigma=auto" }, prior);
  assert.match(automatic.chosen.by!.join(), /sigma by/);
});

test("RED settles as `completed` where its range binds, for its equation then does not hold", async () => {
  const operator = blur({ inShape: shape, sigma: 1 });
  const y = second(await measured(operator));
  const prior = await fixture("fixed.onnx");
  const ended = async (range: readonly [number, number]) => {
    const { estimate, outcomes } = await recover({ operator, y, noise: SIGMA, range }, prior, { solver: "red" });
    return { outcomes, x: estimate.data };
  };
  const [wide, narrow] = [await ended([-9, 9]), await ended([0.3, 0.7])];
  assert.equal([wide.outcomes, narrow.outcomes], [["converged"], ["completed"]]);
  assert.ok(wide.x.some((v) => v < 0.3) && narrow.x.every((v) => v >= 0.3 && v <= 0.7));
});

test("RED says when it did not settle", async () => {
  const operator = mask({ inShape: shape, keep: 0.5, seed: 2 });
  const y = second(await measured(operator));
  const { outcomes, steps } = await recover({ operator, y, noise: SIGMA }, await fixture("smooth.onnx"), {
    solver: "red",
    own: { steps: 3, tolerance: 1e-9 },
  });
  assert.equal([outcomes, steps], [["max-steps"], 3]);
});

test("numbers far from [0, 1] are doubted", async () => {
  const operator = identity({ inShape: shape });
  const y = second(await measured(operator));
  const large = fromHost(
    y.data.map((v) => 255 * v),
    y.shape,
  );
  const prior = await fixture("smooth.onnx");
  const [small, doubted] = [
    await recover({ operator, y, noise: SIGMA }, prior),
    await recover({ operator, y: large, noise: 255 * SIGMA }, prior),
  ];
  assert.equal(small.warnings, []);
  assert.match(doubted.warnings.join(), /numbers are about \d+, smooth is for those in \[0, 1\]: divide y and σ/);
});

test("a denoiser that gives no finite numbers ends the signal as such", async () => {
  const { prior } = recorded();
  const broken: DenoiserPrior = {
    ...prior,
    open: async () => ({
      denoise: async (x) =>
        fromHost(
          x.data.map(() => Number.NaN),
          x.shape,
        ),
      dispose: async () => {},
    }),
  };
  const operator = identity({ inShape: shape });
  const { outcomes } = await recover({ operator, y: second(await measured(operator)), noise: SIGMA }, broken);
  assert.equal(outcomes, ["non-finite"]);
});

test("an operator that is not linear is refused in the name of the method", async () => {
  const operator = sign({ inShape: shape });
  const y = fromHost(new Float32Array(n), [1, ...shape]);
  const problem = problemOf({ operator, y, noise: poissonNoise(100).ofSigma(0.1) });
  for (const solver of [plugAndPlay, red]) {
    const message = await solver.solve(problem, recorded().prior, {}).then(String, String);
    assert.match(message, new RegExp(`RangeError: ${solver.name}: `));
  }
});

test("wrong options and pairings are refused", async () => {
  const operator = identity({ inShape: shape });
  const y = second(await measured(operator));
  const prior = await fixture("smooth.onnx");
  const given = { operator, y, noise: SIGMA };
  await refuses(
    () => recover(given, prior, { own: { steps: 0 } }),
    /plug-and-play: steps: expected at least 1, got 0; leave it out/,
  );
  await refuses(
    () => recover(given, prior, { own: { first: 0.1, last: 0.2 } }),
    /plug-and-play: expected 0 < last ≤ first, got first 0.1 and last 0.2/,
  );
  await refuses(
    () => recover(given, prior, { own: { weight: -1 } }),
    /plug-and-play: weight: expected a positive number, got -1/,
  );
  await refuses(
    () => recover(given, prior, { solver: "red", own: { s: 0 } }),
    /red: s: expected a positive number, got 0/,
  );
  await refuses(() => recover(given, prior, { lambda: 0.1 }), /lambda: plug-and-play has none/);
  await refuses(() => recover(given, prior, { deviation: true }), /plug-and-play knows no deviation/);
  await refuses(
    () => recover(given, prior, { solver: "fista" }),
    /fista does not take smooth .* give plug-and-play or red/,
  );
  const line = identity({ inShape: [n] });
  await refuses(
    () => recover({ operator: line, y: fromHost(y.data, [n]), noise: SIGMA }, prior),
    /signals of \[56\] are no images/,
  );
});

test.run();
