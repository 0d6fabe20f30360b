import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { ForwardOperator } from "../../../operators/operator.ts";
import { type LinearOperator, linearOperator } from "../../../operators/operator.ts";
import { parseOperator } from "../../../operators/registry.ts";
import { parsePenalty, penaltyNames } from "../../../priors/registry.ts";
import { gaussianNoise } from "../../../src/measure/noise/gaussian.ts";
import { lambdaFacts as factsOf } from "../../../src/solve/penalised/lambda-facts.ts";
import { penaltyLambda } from "../../../src/solve/penalised/lambda-rules.ts";
import { type Problem, problemOf } from "../../../src/solve/problem.ts";
import { apply, draw, type Floats, floats } from "../../operators/draws.ts";

const lambdaFacts = (operator: ForwardOperator, y: Floats, noise: number) =>
  factsOf(problemOf({ operator, y, noise: gaussianNoise(noise) }));

const test = suite("facts for a default λ");

/** Smooth signals of one energy: waves of random phase, whose amplitude falls with the frequency as that of natural images does. */
function waves(count: number, [height, width]: readonly [number, number]): Floats {
  const frequencies = [-3, -2, -1, 0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].map((b) => [a, b] as const));
  const phases = draw(1, [count, frequencies.length]);
  const signals = Array.from({ length: count }, (_, i) => {
    const values = Array.from({ length: height * width }, (_, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      const wave = ([a, b]: readonly [number, number], k: number) =>
        Math.cos(2 * Math.PI * ((a * row) / height + (b * column) / width + phases.get(i, k))) / Math.hypot(1, a, b);
      return frequencies.reduce((sum, frequency, k) => sum + wave(frequency, k), 0);
    });
    const norm = Math.hypot(...values);
    return values.map((v) => (5 * Math.sqrt(values.length) * v) / norm);
  });
  return floats(signals.flat(), [count, height, width]);
}

test("the amplitude is that of the signals, in their units, whatever the operator and its scale", async () => {
  const shape = [12, 12] as const;
  const smooth = waves(8, shape);
  const size = Math.sqrt(smooth.data.reduce((sum, v) => sum + v * v, 0) / smooth.size);
  for (const spec of ["gaussian:m=60", "mask:keep=0.3", "blur:sigma=0.7"]) {
    const operator = parseOperator(spec, shape, 1);
    const y = await apply(operator.forward, smooth);
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

test("rows in other units, y and σ with them, leave the default λ as it was beside σ²", async () => {
  const operator = parseOperator("gaussian:m=30", [8, 8], 1) as LinearOperator;
  const y = draw(3, [2, 30]);
  const units = Float32Array.from({ length: 30 }, (_, i) => 10 ** (i % 3));
  const rows = () => tf.tensor2d(units, [1, 30]);
  const other = linearOperator({
    ...{ name: "other units", inShape: [8, 8], outShape: [30] },
    forward: (x) => tf.mul(operator.forward(x), rows()),
  });
  for (const name of penaltyNames) {
    const prior = parsePenalty(name, [8, 8]);
    const relative = async (problem: Problem) =>
      (await penaltyLambda.default(problem, prior)) / problem.noise.sigma ** 2;
    const plain = await relative(problemOf({ operator, y, noise: gaussianNoise(0.1) }));
    const scaled = await relative(
      problemOf({
        operator: other,
        y: floats([...y.data.map((v, at) => v * units[at % 30]!)], y.shape),
        noise: gaussianNoise(units.map((u) => 0.1 * u)),
      }),
    );
    assert.ok(Math.abs(scaled / plain - 1) < 1e-4, `${name}: ${scaled} is not ${plain}`); // float32 measurements
  }
});

test("silence has some amplitude, so that λ stays finite", async () => {
  const operator = parseOperator("gaussian:m=3", [4], 1);
  assert.equal((await lambdaFacts(operator, floats([0, 0, 0], [1, 3]), 0)).amplitude, 1);
});

test.run();
