import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { mask } from "../../../operators/mask.ts";
import { forwardOperator } from "../../../operators/operator.ts";
import { parseOperator } from "../../../operators/registry.ts";
import { compile } from "../../../src/engine/index.ts";
import { measure } from "../../../src/measure/index.ts";
import { parseBaseline, recover } from "../../../src/solve/index.ts";
import { hourglass, initialWeights, inputOf } from "../../../src/solve/methods/hourglass.ts";
import { refuses } from "../../data/tiny.ts";
import { apply, draw, floats } from "../../operators/draws.ts";

const test = suite("deep image prior");

const disk = (row: number, column: number) => (Math.hypot(row - 7.5, column - 8) < 4.5 ? 0.8 : 0.1);
const size = [16, 16];
const truth = floats(
  Array.from({ length: 256 }, (_, at) => disk(Math.floor(at / 16), at % 16)),
  [1, ...size],
);
const error = (x: { readonly data: Float32Array }) =>
  x.data.reduce((sum, v, i) => sum + (v - truth.data[i]!) ** 2 / 256, 0);

test("fills in missing pixels, and stops at the first step that misses y by no more than the noise", async () => {
  const operator = mask({ inShape: size, keep: 0.6, seed: 1 });
  const measured = await measure(truth, operator, { noise: 0.1, seed: 2 });
  const fitted = (spec: string) => recover({ ...measured, range: [0, 1] }, parseBaseline(spec, size), { seed: 1 });
  const found = await fitted("deep-image-prior:channels=16");
  const residual = async (x: typeof found.estimate) => {
    const c = await apply(operator.forward, x);
    return c.data.reduce((sum, v, i) => sum + (v - measured.y.data[i]!) ** 2, 0);
  };
  const target = measured.y.size * 0.1 ** 2;
  assert.equal(found.outcomes, ["discrepancy"]);
  assert.ok((await residual(found.estimate)) <= 1.0001 * target);
  const before = await fitted(`deep-image-prior:channels=16,steps=${found.steps - 1}`);
  assert.equal(before.outcomes, ["max-steps"]);
  assert.ok((await residual(before.estimate)) > target);
  assert.ok(error(found.estimate) < 0.2 * 0.092, `${error(found.estimate)}`); // 0.092: the variance of the image
  assert.equal((await fitted("deep-image-prior:channels=16")).estimate, found.estimate);
});

test("one bit a measurement, whose gradient is 0: the descent has what the operator says in its place", async () => {
  const operator = parseOperator("sign*gaussian:m=400", size, 1);
  const { y } = await measure(truth, operator, { noise: 0 });
  const prior = parseBaseline("deep-image-prior:channels=8,steps=150", size);
  const { estimate, history } = await recover({ operator, y, noise: 0, range: [0, 1] }, prior);
  const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  // signs do not tell the size of x; an even image has the cosine 0.66
  const square = product(estimate.data, estimate.data) * product(truth.data, truth.data);
  const cosine = product(estimate.data, truth.data) / Math.sqrt(square);
  assert.ok(cosine > 0.9, `${cosine}`);
  assert.ok(history.at(-1)! < 0.1 * history[0]!, `${history[0]} ${history.at(-1)}`);
});

test("any units, and any Φ that has a gradient", async () => {
  const curved = forwardOperator({ name: "square", inShape: size, outShape: size, forward: (x) => tf.square(x) });
  const large = floats(
    [...truth.data].map((v) => 100 * v),
    [1, ...size],
  );
  const { y } = await measure(large, curved, { noise: 0 });
  const prior = parseBaseline("deep-image-prior:channels=8,steps=60", size);
  const found = await recover({ operator: curved, y, noise: 0 }, prior);
  assert.equal(found.outcomes, ["max-steps"]);
  assert.ok(found.history.at(-1)! < 0.2 * found.history[0]!);
});

test("the network: sides that do not halve are cut, and every map but the last is normalised", async () => {
  const spec = { image: [9, 14], depth: 3, channels: 4, levels: 2 } as const;
  const weights = initialWeights(spec, 1);
  const input = { weights, z: inputOf(spec, 1) };
  assert.equal(input.z.shape.slice(0, 3), [1, 12, 16]);
  const scaled = {
    weights: weights.map((w, i) =>
      i === 0
        ? floats(
            [...w.data].map((v) => 7 * v),
            w.shape,
          )
        : w,
    ),
    z: input.z,
  };
  const run = await compile(
    ({ weights: w, z }: { weights: readonly tf.Tensor[]; z: tf.Tensor }) => hourglass(spec, w, z),
    input,
  );
  const [x, same] = [await run.run(input), await run.run(scaled)];
  await run.dispose();
  assert.equal(x.shape, [1, 9, 14, 3]);
  // the size of a filter does not matter, up to the 1e-5 that is added to variances
  for (const [i, v] of x.data.entries()) assert.ok(Math.abs(v - same.data[i]!) < 0.05 * (1 + Math.abs(v)));
});

test("lines and wrong options are refused in one line", async () => {
  const operator = mask({ inShape: [12], keep: 0.5, seed: 1 });
  await refuses(
    () => recover({ operator, y: draw(1, [1, 6]), noise: 0.1 }, parseBaseline("deep-image-prior", [12])),
    /^deep-image-prior: expected images of at least 4 × 4, got signals of \[12\]; take a penalty$/,
  );
  await refuses(
    () => parseBaseline("deep-image-prior:channels=0", size),
    /^deep-image-prior: channels: expected at least 1, got 0; leave it out for the default$/,
  );
});

test.run();
