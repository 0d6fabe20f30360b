import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { dotTest } from "../../../operators/adjoint-test.ts";
import { operatorNorm } from "../../../operators/norms.ts";
import type {
  AnalysisPenalty,
  LambdaFacts,
  NormPenalty,
  PenaltyPrior,
  QuadraticPenalty,
} from "../../../priors/prior.ts";
import { describePenalties, penalties, penaltyNames } from "../../../priors/registry.ts";
import { parseSpec } from "../../../src/data/spec.ts";
import { apply, difference, dot, draw, type Floats, floats } from "../../operators/draws.ts";
import { type FlatPenalty, flatPenalty } from "./flat.ts";

/** What every penalty must satisfy, on every sample of the registry. */
const laws = suite("laws of penalties");

const BATCH = 3;
const scaled = (x: Floats, by: number): Floats => floats([...x.data.map((v) => by * v)], x.shape);
const row = (x: Floats, i: number) => x.data.subarray((i * x.size) / BATCH, ((i + 1) * x.size) / BATCH);
const values = async ({ value }: { value(x: tf.Tensor): tf.Tensor }, x: Floats) => [...(await apply(value, x)).data];

/** `fn` of signals and one number each, which `apply` takes as constants of the graph. */
const withNumbers = (fn: (x: tf.Tensor, t: tf.Tensor) => tf.Tensor, t: readonly number[], x: Floats) =>
  apply((input) => fn(input, tf.tensor1d([...t])), x);

for (const name of penaltyNames) {
  for (const { shape, spec } of penalties[name].samples) {
    const prior = penalties[name].make(shape, parseSpec("penalty", penalties, spec).values);
    const title = `${spec} on [${shape}]`;
    const x = draw(1, [BATCH, ...shape]);
    if (prior.form === "analysis") {
      const flat = flatPenalty(prior);
      valueLaws(title, flat, draw(1, [BATCH, flat.unknowns]), 1);
      analysisLaws(title, flat, prior);
    } else {
      valueLaws(title, prior, x, prior.form === "quadratic" ? 2 : 1);
      if (prior.form === "quadratic") quadraticLaws(title, prior, x);
      else if ("dualNorm" in prior) normLaws(title, prior, x);
      if (prior.prox) proxLaw(title, prior.value, prior.prox, x);
    }
    if (prior.defaultLambda) lambdaLaw(title, prior.defaultLambda, prior.form);
  }
}

/** r, or |K(x, w)| of all unknowns. */
function valueLaws(title: string, prior: Pick<QuadraticPenalty, "value">, x: Floats, degree: number): void {
  laws(`${title}: is 0 at 0, positive elsewhere, one value a signal, compiled as op by op`, async () => {
    const value = await apply(prior.value, x);
    assert.equal(value.shape, [BATCH]);
    assert.ok(value.data.every((v) => v > 0));
    assert.ok(difference((await apply(prior.value, x, "tfjs")).data, value.data) < 1e-5); // sums in another order
    assert.equal(await values(prior, scaled(x, 0)), [0, 0, 0]);
  });

  laws(`${title}: is convex, and of degree ${degree}`, async () => {
    const [r, twice] = [await values(prior, x), await values(prior, scaled(x, -2))];
    assert.ok(
      difference(
        twice,
        r.map((v) => v * 2 ** degree),
      ) < 1e-5,
    );
    const other = draw(2, x.shape);
    const middle = await values(prior, floats([...x.data.map((v, i) => (v + other.data[i]!) / 2)], x.shape));
    const ends = await values(prior, other);
    for (const [i, v] of middle.entries()) assert.ok(v <= ((r[i]! + ends[i]!) / 2) * (1 + 1e-5));
  });
}

function lambdaLaw(title: string, rule: (facts: LambdaFacts) => number, form: PenaltyPrior["form"]): void {
  laws(`${title}: its default λ is positive, grows with σ, and follows the units of signals and operator`, () => {
    const facts = { sigma: 0.1, gain: 1, amplitude: 0.3 };
    const near = (a: number, b: number) => assert.ok(Math.abs(a / b - 1) < 1e-9, `${a} is not ${b}`);
    assert.ok(rule({ ...facts, sigma: 0 }) > 0);
    assert.ok(rule({ ...facts, sigma: 0.2 }) > 1.5 * rule(facts));
    // x → 7x and σ → 7σ: ½‖y − Φx‖² is 49 times as large, and r 49 or 7 times
    near(rule({ sigma: 0.7, gain: 1, amplitude: 2.1 }), rule(facts) * (form === "quadratic" ? 1 : 7));
    // Φ → 7Φ and σ → 7σ: ½‖y − Φx‖² is 49 times as large, r the same
    near(rule({ sigma: 0.7, gain: 7, amplitude: 0.3 }), rule(facts) * 49);
  });
}

function quadraticLaws(title: string, prior: QuadraticPenalty, x: Floats): void {
  if (prior.convexity !== undefined) {
    laws(`${title}: is at least as convex as it says, r(x) ≥ ½c‖x‖²`, async () => {
      const r = (await values(prior, x)).map((v, i) => {
        const row = x.data.subarray((i * x.size) / x.shape[0]!, ((i + 1) * x.size) / x.shape[0]!);
        return v / row.reduce((sum, own) => sum + own ** 2 / 2, 0);
      });
      assert.ok(r.every((ratio) => ratio > prior.convexity! * (1 - 1e-5))); // float32 rounding
    });
  }

  laws(`${title}: r(x + h) = r(x) + <∇r(x), h> + r(h), exactly for a quadratic`, async () => {
    const h = draw(3, x.shape);
    const gradient = await apply(prior.gradient, x);
    const [r, rh] = [await values(prior, x), await values(prior, h)];
    const moved = await values(prior, floats([...x.data.map((v, i) => v + h.data[i]!)], x.shape));
    const expected = r.map((v, i) => v + dot(row(gradient, i), row(h, i)) + rh[i]!);
    assert.ok(difference(moved, expected) < 1e-5);
  });
}

/** ½‖u − x‖² + t r(u) is lowest at u = prox(x, t). */
function proxLaw(
  title: string,
  value: (x: tf.Tensor) => tf.Tensor,
  prox: (x: tf.Tensor, t: tf.Tensor) => tf.Tensor,
  x: Floats,
): void {
  laws(`${title}: nothing near or far is better than prox`, async () => {
    const t = [0.3, 1.2, 0];
    const u = await withNumbers(prox, t, x);
    const cost = async (at: Floats) => {
      const r = (await apply(value, at)).data;
      return t.map((weight, i) => {
        const away = row(at, i).map((v, j) => v - row(x, i)[j]!);
        return 0.5 * dot(away, away) + weight * r[i]!;
      });
    };
    const best = await cost(u);
    assert.ok(difference(row(u, 2), row(x, 2)) < 1e-5); // t = 0 leaves x
    for (let trial = 0; trial < 20; trial++) {
      const size = 10 ** -(trial % 4);
      const step = draw(100 + trial, x.shape);
      const other = await cost(floats([...u.data.map((v, i) => v + size * step.data[i]!)], x.shape));
      for (const [i, v] of best.entries()) assert.ok(v <= other[i]! * (1 + 1e-5)); // rounding of float32
    }
  });
}

function normLaws(title: string, prior: NormPenalty, x: Floats): void {
  laws(`${title}: prox(x, t) becomes 0 exactly where t reaches dualNorm(x)`, async () => {
    const dual = [...(await apply(prior.dualNorm, x)).data];
    const sizes = async (by: number) => {
      const u = await withNumbers(
        prior.prox,
        dual.map((v) => v * by),
        x,
      );
      return dual.map((_, i) => Math.sqrt(dot(row(u, i), row(u, i))));
    };
    for (const v of await sizes(1.001)) assert.ok(v < 1e-5);
    for (const v of await sizes(0.99)) assert.ok(v > 1e-3);
  });
}

function analysisLaws(
  title: string,
  { operator, features, unknowns, project, value }: FlatPenalty,
  { norm }: AnalysisPenalty,
) {
  laws(`${title}: synthesis is the adjoint of analysis, norm its largest singular value or a little more`, async () => {
    assert.ok((await dotTest(operator)) < 1e-5);
    const ratio = (await operatorNorm(operator, { tolerance: 1e-7 })) / norm;
    assert.ok(ratio < 1 + 1e-4 && ratio > 0.9, `${ratio}`); // never above, or primal-dual steps diverge
  });

  laws(`${title}: project gives the nearest point of the ball, one radius a signal`, async () => {
    const radius = [0.5, 2, 0];
    const onBall = (p: Floats) => withNumbers(project, radius, p);
    const p = draw(5, [BATCH, features]);
    const nearest = await onBall(p);
    assert.ok(difference((await onBall(nearest)).data, nearest.data) < 1e-6);
    assert.ok(row(nearest, 2).every((v) => v === 0));
    for (const seed of [6, 7, 8]) {
      const other = await onBall(scaled(draw(seed, p.shape), 10)); // the angle at the nearest point is never acute
      for (let i = 0; i < BATCH; i++) {
        const out = row(p, i).map((v, j) => v - row(nearest, i)[j]!);
        const along = row(other, i).map((v, j) => v - row(nearest, i)[j]!);
        assert.ok(dot(out, along) < 1e-4 * features);
      }
    }
  });

  laws(`${title}: |K(x, w)| is the largest <K(x, w), p> over the ball of radius 1`, async () => {
    const x = draw(1, [BATCH, unknowns]);
    const kx = await apply(operator.forward, x);
    const aligned = await withNumbers(project, [1, 1, 1], scaled(kx, 1e5));
    const r = await values({ value }, x);
    assert.ok(
      difference(
        r.map((_, i) => dot(row(kx, i), row(aligned, i))),
        r,
      ) < 1e-4,
    );
  });
}

laws("help describes every penalty, with its options and their defaults", () => {
  const text = describePenalties();
  for (const name of penaltyNames) {
    assert.ok(text.includes(penalties[name].summary));
    for (const option of Object.keys(penalties[name].options)) assert.match(text, new RegExp(`\n {4}${option}[= ]`));
  }
});

laws.run();
