import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blur } from "../../../operators/blur.ts";
import { motion } from "../../../operators/motion.ts";
import type { LinearOperator } from "../../../operators/operator.ts";
import { radon } from "../../../operators/radon.ts";
import { stream } from "../../../src/data/random.ts";
import { parseBaseline, recover } from "../../../src/solve/index.ts";
import { fittedPower } from "../../../src/solve/methods/power.ts";
import { refuses } from "../../data/tiny.ts";
import { apply, difference, draw } from "../../operators/draws.ts";
import { matrixOf, measured, multiply, shape, signalOf, transposeMultiply } from "../problems.ts";

const test = suite("wiener");

for (const operator of [
  blur({ inShape: shape, boundary: "circular" }),
  blur({ inShape: shape }),
  motion({ inShape: shape, length: 3, angle: 30, boundary: "circular" }),
]) {
  test(`is the linear estimate of its power spectrum: ${operator.name}`, async () => {
    // with decay 0 the spectrum is flat, S = a: the estimate is (Φ'Φ + σ²/a)⁻¹Φ'(y − Φμ) + μ with a mean μ from y
    const sigma = 0.05;
    const y = await measured(operator, sigma);
    const { estimate, outcomes } = await recover({ operator, y, noise: sigma }, parseBaseline("wiener:decay=0", shape));
    assert.equal(outcomes, ["exact", "exact", "exact"]);
    const matrix = await matrixOf(operator);
    for (const i of [0, 1, 2]) {
      const [x, own] = [signalOf(estimate, i), signalOf(y, i)];
      const mean = own.reduce((sum, v) => sum + v / 64, 0);
      assert.ok(Math.abs(x.reduce((sum, v) => sum + v / 64, 0) - mean) < 1e-6);
      const centred = x.map((v) => v - mean);
      const slope = transposeMultiply(
        matrix,
        multiply(matrix, x).map((v, j) => own[j]! - v),
      );
      // Φ'(y − Φx) = (σ²/a)(x − μ): one number σ²/a for all pixels
      const ratio = slope.reduce((sum, v, j) => sum + v * centred[j]!, 0) / centred.reduce((sum, v) => sum + v * v, 0);
      assert.ok(ratio > 0);
      assert.ok(
        difference(
          slope,
          centred.map((v) => ratio * v),
        ) < 1e-4,
      ); // Φ in float32
    }
  });
}

test("the power spectrum is that of greatest likelihood: a known one is found", async () => {
  const random = stream(5, "spectrum");
  const [a, decay, sigma] = [0.02, 2.4, 0.05];
  const coefficients = Array.from({ length: 4000 }, (_, i) => {
    const [frequency, gain] = [(i + 1) / 8000, Math.exp(-i / 1500)];
    const variance = gain * a * frequency ** -decay + sigma ** 2;
    return { frequency, gain, energy: variance * random.normal() ** 2 };
  });
  const power = await fittedPower(coefficients, sigma);
  for (const f of [0.01, 0.1]) {
    const ratio = power(f) / (a * f ** -decay);
    assert.ok(ratio > 0.8 && ratio < 1.25, `${ratio}`); // some standard errors of 4000 coefficients
  }
  const zero = await fittedPower([{ frequency: 0.1, gain: 1, energy: 0 }], sigma);
  assert.is(zero(0.1), 0);
});

for (const boundary of ["circular", "reflect"] as const) {
  for (const inShape of [[1024], [32, 32]]) {
    const blurred = (sigma: number) => blur({ inShape, sigma, boundary });
    test(`of noise alone hardly more than its mean is left: ${boundary}, [${inShape}]`, async () => {
      const y = draw(1, [1, ...inShape]);
      const { estimate } = await recover({ operator: blurred(0.3), y, noise: 1 }, parseBaseline("wiener", inShape));
      const size = Math.sqrt(estimate.data.reduce((sum, v) => sum + v * v, 0) / 1024);
      assert.ok(size < 0.1, `${size}`); // the mean is 0.044; in lines a power of low frequencies stands for as much again
    });

    test(`a flat power spectrum is the variance of y without that of the noise: ${boundary}, [${inShape}]`, async () => {
      const y = draw(1, [1, ...inShape]);
      const sigma = 0.7;
      const given = { operator: blurred(0.05), y, noise: sigma }; // Φ = I
      const { estimate } = await recover(given, parseBaseline("wiener:decay=0", inShape));
      const mean = y.data.reduce((sum, v) => sum + v / 1024, 0);
      const variance = y.data.reduce((sum, v) => sum + (v - mean) ** 2 / 1023, 0);
      // the transforms keep norms, so the greatest likelihood has a + σ² = variance; its search has log a within 0.02
      const wanted = y.data.map((v) => mean + (1 - sigma ** 2 / variance) * (v - mean));
      assert.ok(difference(estimate.data, wanted) < 0.02);
    });
  }
}

test("without noise it inverts a blur, and channels are filtered one by one", async () => {
  const operator = blur({ inShape: [8, 8, 3], sigma: 0.6 });
  const x = draw(2, [1, 8, 8, 3]);
  const y = await apply(operator.forward, x);
  const { estimate } = await recover({ operator, y, noise: 0 }, parseBaseline("wiener", [8, 8, 3]));
  assert.ok(difference(estimate.data, x.data) < 1e-3); // H is 0.03 at the least, y float32, σ at its floor of 1e-5
});

test("other operators and boundaries are refused in one line", async () => {
  const given = (operator: LinearOperator) => ({ operator, y: draw(1, [1, ...operator.outShape]), noise: 0.1 });
  const refused = (operator: LinearOperator, message: RegExp) =>
    refuses(() => recover(given(operator), parseBaseline("wiener", shape)), message);
  await refused(
    radon({ inShape: shape, angles: 3 }),
    /^wiener: expected a blur of images or lines, got radon\(angles=3\); /,
  );
  await refused(
    blur({ inShape: shape, boundary: "zero" }),
    /^wiener: expected the boundary circular or reflect, got blur/,
  );
  await refused(
    motion({ inShape: shape, length: 3, angle: 30 }),
    /^wiener: expected the boundary circular, or a kernel that is symmetric along each axis, got motion/,
  );
  await refuses(
    () => parseBaseline("wiener:decay=9", shape),
    /^wiener: decay: expected a number from 0 to 6, got 9; leave it out for the default$/,
  );
});

test.run();
