import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { gaussian } from "../../operators/gaussian.ts";
import { operatorNorm } from "../../operators/norms.ts";
import { forwardOperator, linearOperator } from "../../operators/operator.ts";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { parsePenalty } from "../../priors/registry.ts";
import { fromHost } from "../../src/data/array.ts";
import { measure, openOperator } from "../../src/measure/index.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { csgm, latentPosterior, mixturePosterior, recover } from "../../src/solve/index.ts";
import { toyMixture } from "../priors/mixtures.ts";

const test = suite("wrong use");

const [n, m] = [6, 4];
const operator = gaussian({ inShape: [n], m, seed: 1 });
const y = fromHost(Float32Array.of(1, 2, 3, 4), [1, m]);
const noise = gaussianNoise(0.1);
const curved = forwardOperator({ name: "square", inShape: [n], outShape: [n], forward: (x) => tf.square(x) });
const six = fromHost(new Float32Array(n).fill(1), [1, n]);
const generator: GeneratorPrior = {
  ...{ kind: "generator", name: "linear", latent: 2, shape: [n] },
  residual: fromHost(new Float32Array(n * n), [n, n]),
  decode: (z) => tf.matMul(z as tf.Tensor2D, tf.ones([2, n])),
};
const tikhonov = parsePenalty("tikhonov", [n]);

/** Calls as a JavaScript program makes them. */
const recoverAny = recover as (given: unknown, prior: unknown, options?: unknown) => Promise<unknown>;
type Loose = (given: unknown, prior: unknown, options?: unknown) => Promise<unknown>;
const given = { operator, y, noise };

const offset = linearOperator({
  ...{ name: "offset", inShape: [n], outShape: [n] },
  forward: (x) => tf.add(x, 1),
});

const cases: readonly (readonly [what: string, call: () => Promise<unknown>, message: RegExp])[] = [
  [
    "an operator with an offset that says it is linear",
    () => recover({ operator: offset, y: six, noise: 0.1 }, tikhonov, { lambda: 1 }),
    /offset says it is linear, but .* differ by .*; correct its adjoint, or leave linear and adjoint out/,
  ],
  [
    "sigmas of other measurements",
    () => recover({ operator, y, noise: gaussianNoise(new Float32Array(3).fill(0.1)) }, toyMixture),
    /expected 4 sigmas, one for every measurement of gaussian\(m=4\), got 3/,
  ],
  [
    "an unknown part of the problem",
    () => recoverAny({ ...given, sigma: 0.1 }, tikhonov),
    /recover: the problem: .*sigma/,
  ],
  [
    "y of another length",
    () => recoverAny({ ...given, y: fromHost(new Float32Array(5), [1, 5]) }, toyMixture),
    /^RangeError: problem: gaussian\(m=4\) returns measurements \[batch, 4\], got y of \[1, 5\]$/,
  ],
  [
    "NaN in y",
    () => recoverAny({ ...given, y: fromHost(Float32Array.of(1, 2, Number.NaN, 4), [1, m]) }, toyMixture),
    /^RangeError: problem: measurement 2 of signal 0 is NaN; expected finite numbers$/,
  ],
  [
    "units whose squares float32 does not hold",
    () => recoverAny({ ...given, y: fromHost(Float32Array.of(1e-20, 2e-20, 0, 1e-20), [1, m]) }, toyMixture),
    /^RangeError: problem: the root mean square of y is 1\.22e-20, expected at least 1e-15, .*; choose smaller units$/,
  ],
  [
    "a plain array",
    () => recoverAny({ ...given, y: [1, 2, 3, 4], noise: "gaussian:snr=30" }, toyMixture),
    /^TypeError: problem: y: expected an ndarray of float32, \[batch, \.\.\.outShape\]; make it with ndarray\(/,
  ],
  [
    "float64",
    () => recoverAny({ ...given, y: { ...y, data: new Float64Array(4) } }, toyMixture),
    /^TypeError: problem: y: expected an ndarray of float32/,
  ],
  ["σ below 0", () => recoverAny({ ...given, noise: -1 }, toyMixture), /standard deviation of at least 0, got -1$/],
  [
    "σ NaN",
    () => recoverAny({ ...given, noise: Number.NaN }, toyMixture),
    /standard deviation of at least 0, got NaN$/,
  ],
  [
    "no operator",
    () => recoverAny({ y, noise: 0.1 }, toyMixture),
    /^TypeError: problem: operator: expected a ForwardOperator, got undefined; make it with linearOperator$/,
  ],
  [
    "a number for a noise model",
    () => (mixturePosterior as Loose)({ ...given, noise: 0.01 }, toyMixture),
    /^TypeError: problem: noise: expected a NoiseModel, got 0\.01; make it with gaussianNoise\(0\.05\), or call recover$/,
  ],
  ["samples", () => recoverAny(given, toyMixture, { samples: 1.5 }), /^RangeError: recover: samples: .*, got 1\.5$/],
  [
    "an operator that is not linear, exact posterior",
    () => mixturePosterior({ operator: curved, y: six, noise }, toyMixture),
    /^RangeError: mixture posterior: needs a linear operator, square is not/,
  ],
  [
    "an operator that is not linear, latent posterior",
    () => latentPosterior({ operator: curved, y: six, noise }, generator),
    /^RangeError: latent posterior: needs a linear operator, square is not/,
  ],
  [
    "an operator that is not linear, penalty",
    () => recoverAny({ operator: curved, y: six, noise: 0.1 }, tikhonov),
    /^InputError: solver: square is not linear, and tikhonov needs a linear Φ; give a generator, a mixture or a Gaussian/,
  ],
  [
    "a misspelt option of recover",
    () => recoverAny(given, toyMixture, { lamda: 1 }),
    /^TypeError: recover: unknown option "lamda"; did you mean "?lambda/,
  ],
  [
    "a misspelt option of a solver",
    () => recoverAny(given, tikhonov, { own: { step: 3 } }),
    /unknown option "step"; did you mean "?steps/,
  ],
  [
    "the noise among the options",
    () => (mixturePosterior as Loose)(given, toyMixture, { noise: 0.1 }),
    /^TypeError: mixture posterior: unknown option "noise"/,
  ],
  [
    "a misspelt option, latent posterior",
    () => (latentPosterior as Loose)(given, generator, { restart: 3 }),
    /^TypeError: latent posterior: unknown option "restart"; did you mean "?restarts/,
  ],
  [
    "a misspelt option, csgm",
    () => (csgm as Loose)(given, generator, { learning_rate: 3 }),
    /^TypeError: csgm: unknown option "learning_rate"/,
  ],
  [
    "a misspelt option, measure",
    () => (measure as unknown as Loose)(six, operator, { sigma: 0.1 }),
    /^TypeError: measure: unknown option "sigma"/,
  ],
  [
    "a misspelt option, openOperator",
    () => (openOperator as unknown as Loose)("gaussian:m=3", { inShape: [6] }),
    /^TypeError: openOperator: unknown option "inShape"/,
  ],
  [
    "a misspelt option, operatorNorm",
    () => (operatorNorm as unknown as Loose)(operator, { steps: 3 }),
    /^TypeError: operatorNorm: unknown option "steps"/,
  ],
];

for (const [what, call, message] of cases) {
  test(`${what}: one clear line`, async () => {
    const error = await call().then(
      () => undefined,
      (e: unknown) => e,
    );
    assert.ok(error instanceof Error, `expected a refusal: ${what}`);
    assert.match(String(error), message);
    assert.not.match(String(error), /\n/);
  });
}

test("|Ax| with a mixture is recovered by descent, not by the linear posterior", async () => {
  const moduli = forwardOperator({
    name: "moduli",
    inShape: [n],
    outShape: [m],
    forward: (x) => tf.abs(operator.forward(x)),
  });
  const own = fromHost(y.data.slice(), [1, m]);
  const { chosen, outcomes } = await recover({ operator: moduli, y: own, noise: 0.1 }, toyMixture, {
    own: { steps: 30 },
  });
  assert.is(chosen.solver, "csgm");
  assert.not.equal(outcomes, ["exact"]);
});

test.run();
