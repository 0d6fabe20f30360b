import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lossyDesign } from "../../../priors/mixture/index.ts";
import { measuredThrough } from "../../../src/measure/lossy/through.ts";
import { lossyGaussian, nullSpace, nullSpaceWords, sketchDataset, unseenOf } from "../../../src/sketch/index.ts";
import { COVARIANCE, gap, gaussianData, MEAN, matrixOf, N } from "./data.ts";

const test = suite("lossy moments");
const ROWS = 20_000;
const data = gaussianData(ROWS);

const gaussianThrough = async (through: string | undefined, sigma: number) => {
  const lossy = await measuredThrough(data, { sigma, ...(through && { through }) });
  const sketch = await sketchDataset(lossy.dataset, await lossyDesign(lossy, { features: 2 }));
  return { form: lossy.form, sketch, ...(await lossyGaussian(sketch)) };
};

// Tolerances are five standard errors of the worst entry: a variance of .2 from the samples that show it.
const seen = [
  { name: "as it is", through: undefined, sigma: 0, form: "fixed", tolerance: 0.01 },
  { name: "with noise", through: undefined, sigma: 0.5, form: "fixed", tolerance: 0.022 },
  { name: "half of the numbers, with noise", through: "mask:keep=3", sigma: 0.1, form: "masked", tolerance: 0.03 },
  { name: "through random matrices", through: "gaussian:m=3", sigma: 0.1, form: "own", tolerance: 0.1 },
] as const;
for (const { name, through, sigma, form, tolerance } of seen) {
  test(`mean and covariance are those of the samples, seen ${name}`, async () => {
    const found = await gaussianThrough(through, sigma);
    assert.is(found.form, form);
    assert.ok(gap(found.mean, MEAN) < tolerance, `mean ${gap(found.mean, MEAN)}`);
    const off = gap(found.covariance, COVARIANCE);
    assert.ok(off < tolerance, `covariance ${off}`);
    assert.is(found.unseen, undefined);
  });
}

test("one Φ with a null space identifies ΦCΦᵀ alone, and says which numbers are unseen", async () => {
  const { form, covariance, unseen, sketch } = await gaussianThrough("downsample:factor=2", 0.1);
  assert.is(form, "fixed");
  assert.equal([unseen!.dimension, unseen!.of], [3, 6]);
  const pairs = (c: ArrayLike<number>) =>
    Array.from({ length: 9 }, (_, at) => {
      const [p, q] = [2 * Math.floor(at / 3), 2 * (at % 3)];
      return [0, 1].reduce((sum, a) => sum + [0, 1].reduce((s, b) => s + c[(p + a) * N + q + b]! / 4, 0), 0);
    });
  assert.ok(gap(pairs(covariance), pairs(COVARIANCE)) < 0.01);
  assert.match(unseenOf(sketch)!, /^one Φ for all samples identifies ΦCΦᵀ alone: 3 of 6 directions are unseen/);
});

test("a null space is named by the number that lies most in it", () => {
  const found = nullSpace(matrixOf([1, 0, 0, 0, 2, 0], [2, 3])); // the third number is never seen
  assert.equal([found.dimension, found.of, found.largest.at], [1, 3, 2]);
  assert.ok(Math.abs(found.largest.share - 1) < 1e-6);
  const whole = nullSpace(matrixOf([1, 0, 0, 2], [2, 2]));
  assert.is(nullSpaceWords(whole), "one Φ for all samples, which sees all 2 directions");
});

test.run();
