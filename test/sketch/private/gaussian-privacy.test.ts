import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renyiEpsilon, spent } from "../../../src/sketch/private/accountant.ts";
import { calibrated } from "../../../src/sketch/private/calibrate.ts";
import { deltaOf, epsilonOf, muOf } from "../../../src/sketch/private/gaussian-privacy.ts";

const test = suite("privacy of Gaussian noise");

const close = (value: number, want: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(value - want) <= tolerance * want, `${what}: ${value}, expected ${want}`);

test("σ/Δ is that of Balle and Wang's formula in 40 digits (mpmath 1.3, to 1e-12)", () => {
  for (const [epsilon, delta, sigma] of [
    [10, 1e-5, 0.4998886197090085],
    [1, 1e-5, 3.730631634815942],
    [0.2, 1e-5, 16.30413342087722],
    [1, 1e-10, 5.867777749630527],
    [0.01, 1e-3, 93.90741983985158],
    [50, 1e-6, 0.15659287039176195],
  ] as const) {
    close(1 / muOf(epsilon, delta), sigma, 1e-12, `σ of (${epsilon}, ${delta})`);
    close(epsilonOf(muOf(epsilon, delta), delta), epsilon, 1e-12, "and back");
  }
});

test("δ(ε) is that of μ-Gaussian privacy: 0.126937 at ε = μ = 1 (Dong, Roth, Su 2022, Corollary 2.13), and in 40 digits elsewhere", () => {
  close(deltaOf(1, 1), 0.12693673750664394, 1e-13, "δ(1)");
  close(deltaOf(10, 0.3), 8.37506284594276e-244, 1e-9, "far in the tail"); // 53 bits of an exponent of 560
  close(deltaOf(0, 0.01), 0.003989406181481645, 1e-12, "ε = 0");
  close(deltaOf(3, 5), 0.9518486101179059, 1e-13, "large μ");
});

test("Rényi: ε of ρ as in the code published with the discrete Gaussian (Steinke 2020, cdp2adp.py)", () => {
  for (const [rho, delta, epsilon] of [
    [0.025, 1e-6, 1.014074254726128],
    [0.1, 1e-6, 2.141938928385474],
    [1, 1e-5, 7.0771966958063395],
    [2.56, 1e-10, 17.15830871210475],
  ] as const) {
    close(renyiEpsilon(rho, delta), epsilon, 1e-9, `ε of ρ = ${rho}`);
  }
});

test("several releases: squares of μ add, Rényi's ε is above the exact one and below ρ + 2√(ρ log 1/δ) (Bun, Steinke 2016)", () => {
  const [delta, mu] = [1e-5, muOf(1, 1e-5)];
  close(spent([mu], delta).epsilon, 1, 1e-12, "one");
  const four = spent([mu, mu, mu, mu], delta);
  close(four.epsilon, epsilonOf(2 * mu, delta), 1e-15, "four");
  close(four.rho, 2 * mu * mu, 1e-15, "ρ");
  assert.ok(four.epsilon < four.renyi && four.renyi < four.rho + 2 * Math.sqrt(four.rho * Math.log(1 / delta)));
  assert.is(spent([1e-9], delta).epsilon, 0);
});

/** δ of one sum with discrete Gaussian noise of an integer Δ: Theorem 7 of Canonne, Kamath, Steinke 2020. */
function discreteDelta(epsilon: number, delta: number, sigma: number): number {
  const weight = (y: number) => Math.exp(-(y * y) / (2 * sigma * sigma));
  let [all, above, far] = [0, 0, 0];
  const most = Math.ceil(40 * sigma);
  const border = (epsilon * sigma * sigma) / delta;
  for (let y = -most; y <= most; y++) {
    all += weight(y);
    if (y > border - delta / 2) above += weight(y);
    if (y > border + delta / 2) far += weight(y);
  }
  return (above - Math.exp(epsilon) * far) / all;
}

test("the discrete mechanism is as private as is said: its exact δ is at most that of the calibration, on the coarsest grids too", () => {
  for (const [epsilon, delta] of [
    [1, 1e-5],
    [0.2, 1e-3],
    [8, 1e-6],
  ] as const) {
    for (const change of [4, 30, 1000]) {
      const roughness = (mu: number) => (mu * mu) / change; // Σ |a|/σ² with σ = change/μ
      const mu = calibrated(epsilon, delta, roughness);
      const exact = discreteDelta(epsilon, change, change / mu);
      assert.ok(exact <= delta, `δ ${exact} above ${delta}`);
      if (change === 1000)
        assert.ok(exact > 0.95 * delta, `δ ${exact}: the bound wastes more than a twentieth at a fine grid`);
    }
  }
});

test("two numbers with discrete noise, exactly: their losses add, and δ stays below the calibration", () => {
  const [epsilon, delta, changes] = [1, 1e-3, [3, 4]] as const; // norm 5
  const mu = calibrated(epsilon, delta, (m) => (7 * m * m) / 25);
  const sigma = 5 / mu;
  const most = Math.ceil(12 * sigma);
  const weight = (y: number) => Math.exp(-(y * y) / (2 * sigma * sigma));
  let [all, sum] = [0, 0];
  for (let y = -most; y <= most; y++) {
    for (let z = -most; z <= most; z++) {
      const p = weight(y) * weight(z);
      all += p;
      const loss = (25 + 2 * (changes[0] * y + changes[1] * z)) / (2 * sigma * sigma);
      if (loss > epsilon) sum += p * (1 - Math.exp(epsilon - loss));
    }
  }
  assert.ok(sum / all <= delta && sum / all > 0.5 * delta, `δ = ${sum / all}`);
});

test.run();
