import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bernoulliExp, expFixed, isBelowExp } from "../../../src/sketch/private/bernoulli-exp.ts";
import { cryptographicBits, seededBits } from "../../../src/sketch/private/bits.ts";
import { discreteGaussian } from "../../../src/sketch/private/discrete-gaussian.ts";

const test = suite("discrete Gaussian");
const DRAWS = 20_000;

/** Pearson's statistic of counts against probabilities, standardised: (χ² − f)/√(2f) for f degrees of freedom. */
function chiSquare(counts: readonly number[], probabilities: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b);
  const sum = counts.reduce((sum, n, i) => sum + (n - total * probabilities[i]!) ** 2 / (total * probabilities[i]!), 0);
  const freedom = counts.length - 1;
  return (sum - freedom) / Math.sqrt(2 * freedom);
}

for (const sigma of [0.4, 1, 2.7, 5]) {
  test(`σ = ${sigma}: draws follow exp(−y²/2σ²) (χ² of ${DRAWS}, below 4 standard deviations)`, () => {
    const draw = discreteGaussian(sigma, seededBits(3));
    const most = Math.ceil(2.5 * sigma);
    const counts = new Array<number>(2 * most + 1).fill(0); // the last cells hold the tails
    for (let i = 0; i < DRAWS; i++) counts[most + Math.max(-most, Math.min(most, draw()))]!++;
    const weight = (y: number) => Math.exp(-(y * y) / (2 * sigma * sigma));
    let all = 0;
    for (let y = -200; y <= 200; y++) all += weight(y);
    const probabilities = counts.map((_, i) => {
      if (i > 0 && i < 2 * most) return weight(i - most) / all;
      let tail = 0;
      for (let y = most; y <= 200; y++) tail += weight(y);
      return tail / all;
    });
    assert.ok(Math.abs(chiSquare(counts, probabilities)) < 4);
  });
}

test("a large σ: the draws are integers, of the normal law in twenty equal parts, and their low bits are uniform", () => {
  const sigma = 2 ** 40 * 1.37;
  const draw = discreteGaussian(sigma, seededBits(5));
  const draws = Array.from({ length: DRAWS }, draw);
  assert.ok(draws.every(Number.isSafeInteger));
  // quantiles of the standard normal at 0.05, 0.10, …, 0.95
  const half = [0.12566134685507402, 0.2533471031357997, 0.38532046640756773, 0.5244005127080407, 0.6744897501960817];
  const upper = [...half, 0.8416212335729143, 1.0364333894937898, 1.2815515655446004, 1.6448536269514722];
  const borders = [...upper.map((v) => -v).reverse(), 0, ...upper];
  const parts = new Array<number>(20).fill(0);
  const bits = new Array<number>(16).fill(0);
  for (const y of draws) {
    parts[borders.filter((v) => y / sigma > v).length]!++;
    bits[((y % 16) + 16) % 16]!++;
  }
  assert.ok(Math.abs(chiSquare(parts, new Array(20).fill(1 / 20))) < 4);
  assert.ok(Math.abs(chiSquare(bits, new Array(16).fill(1 / 16))) < 4);
});

test("exp(−γ) in integers is that of Math.exp, from tiny to large γ", () => {
  for (const [numerator, denominator] of [
    [0n, 1n],
    [1n, 10n ** 9n],
    [1n, 3n],
    [7n, 2n],
    [355n, 113n],
    [40n, 1n],
  ] as const) {
    const value = Number(expFixed([numerator, denominator], 100)) / 2 ** 100;
    const want = Math.exp(-Number(numerator) / Number(denominator));
    assert.ok(Math.abs(value - want) < 1e-15 * want + 2 ** -99, `${numerator}/${denominator}: ${value} and ${want}`);
  }
});

test("where float64 does not decide, integers do: U < exp(−γ) for U = exp(−γ) less or more than 2⁻¹⁰⁰", () => {
  const size = 100;
  const gamma = [2n, 3n] as const;
  const p = expFixed(gamma, size);
  const bits = seededBits(1);
  assert.ok(isBelowExp(p - 2n, size, gamma, bits));
  assert.not(isBelowExp(p + 2n, size, gamma, bits));
});

test("integers and float64 decide alike: bits that begin as exp(−γ) does are compared to the end", () => {
  const gamma = [1n, 2n] as const;
  const p = expFixed(gamma, 96);
  const words = [64n, 32n].map((shift) => Number((p >> shift) & 0xffffffffn));
  for (const [last, below] of [
    [0, true],
    [0xffffffff, false],
  ] as const) {
    const rest = [words[0]!, words[1]!, ...new Array<number>(8).fill(last)]; // 53 bits are taken of the first two
    const scripted = () => rest.shift()!;
    assert.is(
      bernoulliExp(0.5, () => gamma, scripted),
      below,
    );
  }
});

test("the cryptographic source differs from call to call", () => {
  const [a, b] = [cryptographicBits(), cryptographicBits()];
  assert.not.equal([a(), a(), a(), a()], [b(), b(), b(), b()]);
});

test("σ out of range is refused", () => {
  for (const sigma of [0, -1, Number.NaN, 2 ** 45]) {
    assert.throws(() => discreteGaussian(sigma, seededBits(1)), /sigma: expected a number above 0 and at most 2\^44/);
  }
});

test.run();
