import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { denoised } from "../../../scripts/experiments/ambient/denoised.ts";
import { ratioOf } from "../../../scripts/experiments/ambient/errors.ts";
import { rivalsOf } from "../../../scripts/experiments/ambient/kinds.ts";
import { arrayDataset, readRows } from "../../../src/data/index.ts";
import { measuredThrough } from "../../../src/measure/lossy/through.ts";

const test = suite("experiment on lossy measurements");
const floats = (values: readonly number[], shape: number[]) => ndarray(Float32Array.from(values), shape);

test("the Wiener filter of one pixel is μ + c(y − μ)/(c + σ²)", async () => {
  const lossy = await measuredThrough(arrayDataset("x", floats([1, 3], [2, 1])), { sigma: 0.5 });
  const { data: y } = await readRows(lossy.dataset, 0, 2);
  const gaussian = {
    ...{ shape: [1], weights: Float64Array.of(1), covarianceOf: Int32Array.of(0) },
    ...{ means: floats([0], [1, 1]), factors: floats([1], [1, 1, 1]), centre: floats([2], [1]) },
    ...{ matrix: floats([1], [1, 1]), residual: floats([0.25], [1, 1]) },
  };
  const { data: x } = await readRows(await denoised(lossy, gaussian), 0, 2);
  for (const [i, v] of y.entries()) assert.ok(Math.abs(x[i]! - (2 + (1.25 * (v - 2)) / 1.5)) < 1e-6);
});

test("a ratio is that of means over all images and draws, and its interval covers it", () => {
  const { ratio, interval } = ratioOf([2, 2, 4, 6], [1, 1, 2, 3], 2);
  assert.is(ratio, 2);
  assert.equal(interval, [2, 2]);
  const spread = ratioOf([1, 3], [1, 1], 2);
  assert.is(spread.ratio, 2);
  assert.ok(spread.interval[0] < 1.5 && spread.interval[1] > 2.5);
});

test("priors from whole data get as many numbers as are measured", async () => {
  const data = arrayDataset(
    "images",
    ndarray(
      new Float32Array(50 * 16).map((_, i) => i % 7),
      [50, 4, 4],
    ),
  );
  const options = {
    features: 2,
    steps: 0,
    cells: 2,
    passes: 1,
    seed: 1,
    signal: new AbortController().signal,
    note: () => {},
  };
  const rivals = await rivalsOf("missing", data, "unused", options);
  assert.equal(
    rivals.map(({ name, data: { dataset, form } }) => [name, dataset.count, form]),
    [
      ["lossy", 50, "masked"],
      ["whole", 50, "fixed"],
      ["10 whole", 10, "fixed"],
    ],
  );
});

test.run();
