import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blur } from "../../../operators/blur.ts";
import { convolution } from "../../../operators/convolution.ts";
import { gaussian } from "../../../operators/gaussian.ts";
import { readArray } from "../../../src/data/read-array.ts";
import { measure, parseNoise } from "../../../src/measure/index.ts";
import { parseBaseline, recover } from "../../../src/solve/index.ts";
import { refuses } from "../../data/tiny.ts";
import { apply, difference, draw, floats } from "../../operators/draws.ts";
import { scenes, shape, signalOf } from "../problems.ts";

const test = suite("richardson-lucy");
const file = async (name: string) => {
  const { data, shape: own } = await readArray(path.resolve(import.meta.dirname, `../../fixtures/methods/${name}.npy`));
  return floats([...data], own);
};

for (const steps of [1, 10]) {
  test(`as scikit-image: ${steps} steps`, async () => {
    const [counts, kernel] = [await file("counts"), await file("kernel")];
    const operator = convolution({ inShape: counts.shape, kernel, boundary: "zero" });
    const prior = parseBaseline(`richardson-lucy:steps=${steps}`, counts.shape);
    const y = floats([...counts.data], [1, ...counts.shape]);
    // a peak so large that the noise, and with it the stopping rule, plays no part
    const found = await recover({ operator, y, noise: "poisson:peak=1e12" }, prior);
    assert.is(found.steps, steps);
    assert.ok(difference(found.estimate.data, (await file(`richardson-lucy-${steps}`)).data) < 1e-5); // float32
  });
}

for (const noise of ["poisson:peak=200", "gaussian:sigma=0.03"]) {
  test(`stops at the first step that misses y by no more than the noise: ${noise}`, async () => {
    const operator = blur({ inShape: shape, sigma: 1 });
    const measured = await measure(scenes, operator, { noise: parseNoise(noise), seed: 3 });
    const missed = async (steps: number) => {
      const found = await recover(measured, parseBaseline(`richardson-lucy:steps=${steps}`, shape));
      const c = await apply(operator.forward, found.estimate);
      const squares = [0, 1, 2].map((i) => {
        const y = signalOf(measured.y, i);
        return signalOf(c, i).reduce((sum, v, j) => sum + (v - y[j]!) ** 2, 0);
      });
      return { squares, found };
    };
    const { squares, found } = await missed(500);
    const targets = [0, 1, 2].map((i) => {
      const mean = signalOf(measured.y, i).reduce((sum, v) => sum + v / 64, 0);
      return 64 * (noise.startsWith("poisson") ? mean / 200 : 0.03 ** 2);
    });
    assert.equal(found.outcomes, ["discrepancy", "discrepancy", "discrepancy"]);
    for (const [i, target] of targets.entries()) assert.ok(squares[i]! <= target * 1.0001, `${squares[i]} ${target}`);
    const before = await missed(found.steps - 1);
    assert.ok(before.found.outcomes.includes("max-steps"));
    assert.ok(before.squares.some((square, i) => square > targets[i]!));
    assert.ok(found.estimate.data.every((v) => v >= 0));
  });
}

test("what it cannot take is refused in one line", async () => {
  const dense = gaussian({ inShape: shape, m: 20, seed: 1 });
  const given = { operator: dense, y: draw(1, [1, 20]), noise: 0.1 };
  await refuses(
    () => recover(given, parseBaseline("richardson-lucy", shape)),
    /^richardson-lucy: expected an operator without negative elements, as blur or radon, got gaussian\(m=20\); /,
  );
  await refuses(
    () => recover({ ...given, range: [-1, 1] }, parseBaseline("richardson-lucy", shape)),
    /^richardson-lucy: its signals are at least 0, the range begins at -1; take a penalty$/,
  );
  await refuses(
    () => parseBaseline("richardson-lucy:steps=0", shape),
    /^richardson-lucy: steps: expected at least 1, got 0; leave it out for the default$/,
  );
});

test.run();
