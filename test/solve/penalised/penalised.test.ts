import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mask } from "../../../operators/mask.ts";
import { waveletTransform } from "../../../priors/penalties/wavelet-transform.ts";
import type { PenaltyPrior } from "../../../priors/prior.ts";
import { parsePenalty, penalties, penaltyNames } from "../../../priors/registry.ts";
import { measure } from "../../../src/measure/index.ts";
import { parseNoise } from "../../../src/measure/noise/registry.ts";
import { type Recovery, recover } from "../../../src/solve/index.ts";
import type { PenalisedRecovery } from "../../../src/solve/penalised/penalised.ts";
import { disposeCompiledSteps, keptSteps } from "../../../src/solve/penalised/pool.ts";
import { apply, difference, type Floats, floats } from "../../operators/draws.ts";
import {
  judging,
  matrixOf,
  measured,
  multiply,
  operators,
  scenes,
  shape,
  signalOf,
  transposeMultiply,
  withPenalty,
} from "../problems.ts";

const test = suite("baseline recovery");
const LAMBDA = [0.003, 0.03, 0.3];
/** With noise of other laws, of data terms up to ten times as large: the first converges only after many thousand iterations, the others soon. */
const LAMBDA_OF_NOISE = [0.003, 0.1, 0.3];

for (const name of penaltyNames) {
  const prior = parsePenalty(penalties[name].samples[0]!.spec, shape);
  for (const operator of operators) {
    test(`${name} of ${operator.name}: converges to within 1e-3 of a run that goes on for four times as long`, async () => {
      const y = await measured(operator);
      const found = await withPenalty(operator, prior, y, { lambda: LAMBDA });
      const long = await withPenalty(operator, prior, y, {
        lambda: LAMBDA,
        tolerance: 0,
        maxSteps: judging(found.steps),
      });
      assert.equal(found.outcomes, ["converged", "converged", "converged"]);
      assert.equal(found.estimate.shape, [3, ...shape]);
      found.objectives.forEach((value, i) => {
        const lowest = Math.min(value, long.objectives[i]!);
        assert.ok(value / lowest - 1 < 1e-3);
        // the gap that stopped it did bound the error (a quadratic's is a residual, no such bound)
        if (prior.form !== "quadratic") assert.ok(value / lowest - 1 < found.gaps[i]! + 1e-5);
      });
      assert.is(found.history.length, found.steps);
      assert.ok(Math.abs(found.history.at(-1)! / found.objectives.reduce((a, b) => a + b, 0) - 1) < 1e-5);
    });
  }

  test(`${name}: a signal alone is recovered as in a batch; a scaled problem has a scaled solution`, async () => {
    const operator = operators[0]!;
    const y = await measured(operator);
    const settings = { tolerance: 1e-5, maxSteps: 300 };
    const batch = await withPenalty(operator, prior, y, { lambda: LAMBDA, ...settings });
    const one = await withPenalty(operator, prior, floats(signalOf(y, 1), [1, 30]), {
      lambda: 0.03,
      ...settings,
    });
    assert.ok(difference(one.estimate.data, signalOf(batch.estimate, 1)) < 0.01);
    const big = floats(
      [...y.data].map((v) => 255 * v),
      y.shape,
    );
    const factor = prior.form === "quadratic" ? 1 : 255; // ½‖·‖² grows with the square, a norm with the scale itself
    const lambda = LAMBDA.map((v) => v * factor);
    const scaled = await withPenalty(operator, prior, big, { lambda, ...settings });
    const expected = [...batch.estimate.data].map((v) => 255 * v);
    assert.ok(difference(scaled.estimate.data, expected) < 0.01);
  });

  test(`${name}: measurements of nothing give nothing`, async () => {
    const nothing = await withPenalty(operators[0]!, prior, floats(new Array(60).fill(0), [2, 30]), {
      lambda: 0.1,
    });
    assert.equal(nothing.outcomes, ["converged", "converged"]);
    assert.ok(nothing.estimate.data.every((v) => v === 0));
  });
}

for (const spec of ["poisson:peak=30", "salt-and-pepper:fraction=0.1", "poisson-gaussian:peak=30,sigma=0.05"]) {
  for (const name of penaltyNames) {
    if (name === "tgv") continue; // the same iterations as tv, at three times the price
    test(`${name} with ${spec}: the gap that stopped it bounds how far the objective is from the lowest`, async () => {
      const operator = operators[2]!;
      const { y, noise } = await measure(scenes, operator, { noise: parseNoise(spec), seed: 3 });
      const prior = parsePenalty(penalties[name].samples[0]!.spec, shape);
      const run = async (own: { readonly steps: number; readonly tolerance?: number }) => {
        const settings = { lambda: LAMBDA_OF_NOISE, solver: "primal-dual", own };
        return (await recover({ operator, y, noise }, prior, settings)) as Recovery & PenalisedRecovery;
      };
      const found = await run({ steps: 160 });
      const long = await run({ steps: 50 + 2 * found.steps, tolerance: 0 }); // far below the first one's gap, which is still large
      assert.equal(found.outcomes.slice(1), ["converged", "converged"]);
      found.objectives.forEach((value, i) => {
        const lowest = Math.min(value, long.objectives[i]!);
        assert.ok(value / lowest - 1 < found.gaps[i]! + 1e-5, `${value} ${lowest} ${found.gaps[i]}`);
      });
    });
  }
}

test("tv of a large λ goes on from nothing, whose gap is 0 but for what the solution's norm adds, to the mean", async () => {
  const operator = mask({ inShape: [2], keep: 1, seed: 1 });
  const found = await withPenalty(operator, parsePenalty("tv", [2]), floats([0.5, 0.7], [1, 2]), { lambda: 1e6 });
  const [a, b] = found.estimate.data;
  if (found.outcomes[0] === "converged") assert.ok(Math.abs(a! - 0.6) < 0.01 && Math.abs(b! - 0.6) < 0.01, `${a} ${b}`);
  else assert.is(found.outcomes[0], "max-steps");
});

test("wavelet: satisfies the conditions of a minimum, c = Ψ(A'(y − Ax)) is ±λ where Ψx ≠ 0 and within elsewhere", async () => {
  const { analysis } = waveletTransform(shape);
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("wavelet", shape);
  const { estimate } = await withPenalty(operator, prior, y, {
    lambda: LAMBDA,
    tolerance: 1e-6,
    maxSteps: 600,
  });
  const a = await matrixOf(operator);
  const gradients = [0, 1, 2].flatMap((i) => {
    const ax = multiply(a, signalOf(estimate, i));
    const rest = signalOf(y, i).map((v, j) => v - ax[j]!);
    return transposeMultiply(a, rest);
  });
  const c = await apply(analysis, floats(gradients, [3, ...shape]));
  const x = await apply(analysis, estimate);
  x.data.forEach((value, i) => {
    const lambda = LAMBDA[Math.floor(i / 64)]!;
    if (Math.abs(value) > 1e-3) assert.ok(Math.abs(c.data[i]! - Math.sign(value) * lambda) < 0.02 * lambda);
    else assert.ok(Math.abs(c.data[i]!) < 1.02 * lambda);
  });
});

test("tv: no worse than a slow reference, subgradient descent in double precision", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("tv", shape);
  const lambda = 0.03;
  const found = await withPenalty(operator, prior, y, { lambda });
  const a = await matrixOf(operator);
  for (const i of [0, 1, 2]) {
    const reference = subgradientTv(a, signalOf(y, i), lambda);
    assert.ok(found.objectives[i]! < reference * (1 + 1e-3));
    assert.ok(reference < found.objectives[i]! * 1.05); // the reference is slow, but it comes near
  }
});

/** The lowest ½‖y − Ax‖² + λ TV(x) that 6 000 steps of size 0.3/√k against a subgradient find on 8×8 images. */
function subgradientTv(a: readonly number[][], y: readonly number[], lambda: number): number {
  let x = new Array<number>(64).fill(0);
  let best = Number.POSITIVE_INFINITY;
  for (let k = 1; k <= 6000; k++) {
    const rest = multiply(a, x).map((v, i) => v - y[i]!);
    const slope = transposeMultiply(a, rest);
    let objective = 0.5 * rest.reduce((sum, v) => sum + v * v, 0);
    for (let i = 0; i < 64; i++) {
      const down = i < 56 ? x[i + 8]! - x[i]! : 0;
      const right = i % 8 < 7 ? x[i + 1]! - x[i]! : 0;
      const length = Math.hypot(down, right);
      objective += lambda * length;
      if (length === 0) continue;
      slope[i]! -= (lambda * (down + right)) / length;
      if (i < 56) slope[i + 8]! += (lambda * down) / length;
      if (i % 8 < 7) slope[i + 1]! += (lambda * right) / length;
    }
    best = Math.min(best, objective);
    const norm = Math.hypot(...slope) || 1;
    x = x.map((v, i) => v - (0.3 / Math.sqrt(k) / norm) * slope[i]!);
  }
  return best;
}

test("ends as max-steps, cancelled, and reports progress", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("tv", shape);
  const seen: number[] = [];
  const onProgress = ({ step }: { step: number }) => seen.push(step);
  const short = await withPenalty(operator, prior, y, { lambda: 1e-3, tolerance: 0, maxSteps: 3, onProgress });
  assert.equal(short.outcomes, ["max-steps", "max-steps", "max-steps"]);
  assert.equal(seen, [1, 2, 3]);
  const signal = AbortSignal.abort();
  const none = await withPenalty(operator, prior, y, { lambda: 1e-3, signal });
  assert.equal(none.outcomes, ["cancelled", "cancelled", "cancelled"]);
  assert.ok(none.gaps.every(Number.isNaN));
});

test("a step that is compiled already is used again, and many are let go of", async () => {
  const y = await measured(operators[0]!);
  const prior = parsePenalty("tv", shape);
  await disposeCompiledSteps();
  for (let i = 0; i < 3; i++) await withPenalty(operators[0]!, prior, y, { lambda: 0.1, maxSteps: 1 });
  assert.is(keptSteps(), 1);
  for (let n = 1; n <= 6; n++) {
    const some = floats([...y.data.subarray(0, 30)].concat(new Array(30 * (n - 1)).fill(0)), [n, 30]);
    await withPenalty(operators[0]!, prior, some, { lambda: 0.1, maxSteps: 1 });
  }
  assert.is(keptSteps(), 4);
  await disposeCompiledSteps();
  const again = await withPenalty(operators[0]!, prior, y, { lambda: 0.1, maxSteps: 1 });
  assert.is(again.steps, 1);
});

test("a signal whose numbers overflow ends alone, and the others as without it", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("wavelet", shape);
  const bad = floats([...y.data].fill(3e38, 0, 30), y.shape); // its squared norm is Inf in float32
  const whole = await withPenalty(operator, prior, y, { lambda: LAMBDA });
  const found = await withPenalty(operator, prior, bad, { lambda: LAMBDA });
  assert.equal(found.outcomes, ["non-finite", "converged", "converged"]);
  assert.ok(difference(found.estimate.data.subarray(64), [...whole.estimate.data.subarray(64)]) < 1e-6);
});

test("wrong calls are refused before any work", async () => {
  const operator = operators[0]!;
  const y = await measured(operator);
  const prior = parsePenalty("tv", shape);
  const refuses = async (other: PenaltyPrior, measurements: Floats, lambda: number | number[], message: RegExp) =>
    assert.match(await withPenalty(operator, other, measurements, { lambda }).then(String, String), message);
  await refuses(
    parsePenalty("tv", [4, 4]),
    y,
    1,
    /recover: gaussian\(m=30\) measures signals of \[8, 8\], the prior is for \[4, 4\]/,
  );
  await refuses(
    prior,
    floats([1, 2], [1, 2]),
    1,
    /gaussian\(m=30\) returns measurements \[batch, 30\], got y of \[1, 2\]/,
  );
  await refuses(prior, y, 0, /lambda: expected positive numbers, got 0; without noise use a small one/);
  await refuses(prior, y, Number.NaN, /lambda: expected positive numbers, got NaN/);
  await refuses(prior, y, [1, 2], /lambda: expected one number or 3, one for every signal, got 2/);
  const broken = floats([...y.data].fill(Number.NaN, 7, 8), y.shape);
  await refuses(prior, broken, 1, /measurement 7 of signal 0 is NaN; expected finite numbers/);
});

test.run();
