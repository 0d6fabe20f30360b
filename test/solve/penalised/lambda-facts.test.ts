import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { parseOperator } from "../../../operators/registry.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { lambdaFacts as factsOf } from "../../../src/solve/penalised/lambda-facts.ts";
import { problemOf } from "../../../src/solve/problem.ts";
import { apply, draw, type Floats, floats } from "../../operators/draws.ts";

const lambdaFacts = (operator: ForwardOperator, y: Floats, noise: number) =>
  factsOf(problemOf({ operator, y, noise: gaussianNoise(noise) }));

const test = suite("facts for a default λ");

test("the amplitude is that of the signals, in their units, whatever the operator and its scale", async () => {
  const shape = [12, 12];
  const walk = draw(1, [8, ...shape]); // smooth signals: running sums along both axes
  for (let at = 1; at < walk.size; at++) if (at % 12 > 0) walk.data[at]! += walk.data[at - 1]!;
  for (let at = 12; at < walk.size; at++) if (at % 144 >= 12) walk.data[at]! += walk.data[at - 12]!;
  const size = Math.sqrt(walk.data.reduce((sum, v) => sum + v * v, 0) / walk.size);
  for (const spec of ["gaussian:m=60", "mask:keep=0.3", "blur:sigma=0.7"]) {
    const operator = parseOperator(spec, shape, 1);
    const y = await apply(operator.forward, walk);
    const { amplitude, gain } = await lambdaFacts(operator, y, 0);
    assert.ok(Math.abs(amplitude / size - 1) < 0.35, `${spec}: ${amplitude} is not near ${size}`); // 8 signals
    const noisy = floats([...y.data.map((v, i) => v + draw(2, [y.size]).data[i]! * size)], y.shape);
    const { amplitude: known } = await lambdaFacts(operator, noisy, size);
    assert.ok(Math.abs(known / amplitude - 1) < 0.35, `${spec}: ${known} is not near ${amplitude}`); // noise is subtracted
    const larger = {
      ...operator,
      forward: (x: Parameters<typeof operator.forward>[0]) => operator.forward(x).mul(100),
    };
    const scaled = await lambdaFacts(larger, floats([...y.data.map((v) => 100 * v)], y.shape), 0);
    assert.ok(Math.abs(scaled.gain / gain / 100 - 1) < 1e-4 && Math.abs(scaled.amplitude / amplitude - 1) < 1e-4);
  }
});

test("silence has some amplitude, so that λ stays finite", async () => {
  const operator = parseOperator("gaussian:m=3", [4], 1);
  assert.equal((await lambdaFacts(operator, floats([0, 0, 0], [1, 3]), 0)).amplitude, 1);
});

test.run();
