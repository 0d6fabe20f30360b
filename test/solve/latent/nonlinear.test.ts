import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { parseOperator } from "../../../operators/registry.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { parsePenalty } from "../../../priors/registry.ts";
import { stream } from "../../../src/data/random.ts";
import { recover } from "../../../src/solve/index.ts";
import { refuses } from "../../data/tiny.ts";
import { apply, draw, type Floats } from "../../operators/draws.ts";
import { toyMixture } from "../../priors/mixtures.ts";

const test = suite("recovery from measurements that are not linear");
const [n, p, signals] = [12, 3, 5];
const L = stream(5, "L").fillNormal(new Float32Array(p * n));

/** Positive signals: −x is no signal, as it is no image. */
const prior: GeneratorPrior = {
  ...{ kind: "generator", name: "soft", latent: p, shape: [n] },
  decode: (z) => tf.softplus(tf.matMul(z as tf.Tensor2D, tf.tensor2d(L, [p, n]))),
};
const truth = await apply(prior.decode, draw(7, [signals, p]));
const rowOf = (x: Floats, i: number) => x.data.subarray((i * x.size) / signals, ((i + 1) * x.size) / signals);
const size = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
/** How far each estimate is from the truth, as part of the truth. */
const errorsOf = (estimate: Floats) =>
  Array.from({ length: signals }, (_, i) => {
    const [found, wanted] = [rowOf(estimate, i), rowOf(truth, i)];
    return size(found.map((v, j) => v - wanted[j]!)) / size(wanted);
  });

async function recovered(spec: string, lambda = 1e-6) {
  const operator = parseOperator(spec, [n], 3);
  const y = await apply(operator.forward, truth);
  const { estimate, outcomes, warnings } = await recover({ operator, y, noise: 0 }, prior, { lambda });
  assert.equal(warnings, []);
  assert.not(
    outcomes.some((outcome) => ["non-finite", "no-gradient"].includes(outcome)),
    outcomes.join(),
  );
  return {
    errors: errorsOf(estimate),
    again: await apply(operator.forward, estimate),
    linear: await apply(parseOperator(spec.replace(/^[^*]*\*/, ""), [n], 3).forward, estimate),
    y,
  };
}

test("magnitudes of random projections: the signal, for none of its kind has the opposite sign", async () => {
  const { errors } = await recovered("magnitude*gaussian:m=40");
  for (const error of errors) assert.ok(error < 0.02, `${errors}`); // λ and 500 steps
});

test("clipped and rounded projections: the signal, and its rounding again", async () => {
  const clipped = await recovered("clip:low=-1,high=1*gaussian:m=40");
  for (const error of clipped.errors) assert.ok(error < 0.02, `${clipped.errors}`);
  const { errors, linear, y } = await recovered("quantise:step=0.5*gaussian:m=60");
  for (const error of errors) assert.ok(error < 0.1, `${errors}`);
  const beyond = linear.data.map((v, i) => Math.abs(v - y.data[i]!) - 0.25);
  assert.ok(Math.max(...beyond) < 0.02, `${Math.max(...beyond)} beyond the cell of y`); // λ pulls a little
});

test("signs: nearly all of them again, and the direction of the signal", async () => {
  const { errors, again, y } = await recovered("sign*gaussian:m=300");
  const wrong = again.data.filter((v, i) => v !== y.data[i]).length / y.size;
  assert.ok(wrong < 0.01, `${wrong} of the signs`);
  const sorted = [...errors].sort((a, b) => a - b);
  // 300 signs leave a cell of this size, and z alone tells the scale
  assert.ok(sorted[2]! < 0.1 && sorted[4]! < 0.3, `${errors}`);
});

test("some of the signs, by a mask after them: the descent sees them", async () => {
  const { errors } = await recovered("mask:keep=300*sign*gaussian:m=600");
  const sorted = [...errors].sort((a, b) => a - b);
  assert.ok(sorted[2]! < 0.1 && sorted[4]! < 0.3, `${errors}`); // as of 300 signs
});

test("rounded before the signs, no descent sees anything, and each signal ends so", async () => {
  const operator = parseOperator("sign*quantise:step=0.5*gaussian:m=200", [n], 3);
  const y = await apply(operator.forward, truth);
  const { outcomes, warnings } = await recover({ operator, y, noise: 0 }, prior, { lambda: 1e-6 });
  assert.equal(outcomes, new Array(signals).fill("no-gradient"));
  assert.match(warnings[0]!, /^the gradient of sign\*quantise.* is 0 at every start of 5 of 5 signals/);
});

test("a mixture is taken as a generator, with a default λ", async () => {
  const operator = parseOperator("sign*gaussian:m=60", [6], 1);
  const y = await apply(operator.forward, draw(1, [2, 6]));
  const { chosen, outcomes } = await recover({ operator, y, noise: 0 }, toyMixture);
  assert.is(chosen.solver, "csgm");
  assert.ok(Math.abs(Number(chosen.lambda) / (3e-6 * 60) - 1) < 1e-6);
  assert.is(outcomes.length, 2);
});

test("priors and options that need a linear Φ are refused in one line", async () => {
  const operator = parseOperator("sign*gaussian:m=9", [6], 1);
  const y = await apply(operator.forward, draw(1, [2, 6]));
  const given = { operator, y, noise: 0 };
  await refuses(
    () => recover(given, parsePenalty("tikhonov", [6])),
    /^solver: sign\*gaussian\(m=9\) is not linear, and tikhonov needs a linear Φ; give a generator, a mixture or a Gaussian, which csgm recovers$/,
  );
  await refuses(
    () => recover(given, toyMixture, { solver: "posterior" }),
    /^solver: posterior does not take .* is not linear\); give csgm$/,
  );
  await refuses(
    () => recover(given, toyMixture, { deviation: true }),
    /^recover: csgm knows no deviation; with a linear Φ a mixture prior does/,
  );
  await refuses(
    () => recover({ ...given, noise: "gaussian:sigma=auto" }, toyMixture),
    /^sigma: auto: .* is not linear; give σ/,
  );
});

test.run();
