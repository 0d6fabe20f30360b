import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitMixture } from "../../priors/mixture/index.ts";
import { arrayDataset } from "../../src/data/index.ts";
import {
  covariance,
  designFor,
  type FamilyOptions,
  mean,
  mergeSketches,
  referenceOf,
  sketchDataset,
} from "../../src/sketch/index.ts";
import { gaussianRows, sigma } from "./tiny.ts";

const test = suite("the reference of a design");

/** The Gaussian rows of ./tiny.ts, moved by 3000 in every direction: 1000 to 6000 times their standard deviations. */
const FAR = 3000;
const rows = gaussianRows(5000).data;
const near = arrayDataset("near", ndarray(rows, [5000, 3]));
const moved = rows.map((v) => v + FAR);
const far = arrayDataset("far", ndarray(moved, [5000, 3]));
const exact = Float64Array.from(moved);

/** Mean and covariance of the moved rows, in float64. */
const mu = [0, 1, 2].map((i) => exact.reduce((sum, v, at) => (at % 3 === i ? sum + v / 5000 : sum), 0));
const cov = Array.from({ length: 9 }, (_, at) => {
  const [i, j] = [Math.floor(at / 3), at % 3];
  let sum = 0;
  for (let row = 0; row < 5000; row++) sum += (exact[row * 3 + i]! - mu[i]!) * (exact[row * 3 + j]! - mu[j]!);
  return sum / 5000;
});

const close = (got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number) => {
  for (let i = 0; i < wanted.length; i++) {
    assert.ok(Math.abs(got[i]! - wanted[i]!) < tolerance, `[${i}]: ${got[i]} and ${wanted[i]}`);
  }
};

const cells = { kind: "local-moments", coarse: 2, fine: 2, features: 3, leading: 2, assigning: 3 } as const;
const choices: Record<string, { readonly families: readonly FamilyOptions[]; readonly features: string }> = {
  "in full": { families: [{ kind: "second-moments" }], features: "raw" },
  reduced: { families: [{ kind: "second-moments", reduced: true }], features: "pca:3" },
  "reduced, raw features": { families: [{ kind: "second-moments", reduced: true }], features: "raw" },
};

for (const [name, options] of Object.entries(choices)) {
  test(`second moments ${name}: data far from 0 keep mean and covariance, in parts too`, async () => {
    const design = await designFor(far, options);
    const sketch = await sketchDataset(far, design);
    // The rows lie within 6 of the reference, where float32 sums are off by about 1e-6; about 0 they were off by 0.1 and more.
    close(mean(sketch), mu, 1e-4);
    close(covariance(sketch), cov, 1e-4);
    const part = (from: number, to: number) => sketchDataset(far, design, { range: { from, to } });
    close(covariance(mergeSketches(await part(0, 1234), await part(1234, 5000))), cov, 1e-4);
  });
}

test("a mixture of data far from 0 is that of the data, moved", async () => {
  const options = { families: [cells, { kind: "second-moments" }], features: "raw" } as const;
  const [here, there] = await Promise.all(
    [near, far].map(async (data) => fitMixture(await sketchDataset(data, await designFor(data, options)))),
  );
  close(
    there!.centre.data,
    here!.centre.data.map((v) => v + FAR),
    1e-3,
  ); // float32 at 3000
  close(there!.weights, here!.weights, 2e-3); // 10 of 5000 samples may change cells: the moved rows are rounded to 2e-4
  close(there!.means.data, here!.means.data, 0.02);
});

test("data near 0 need none; pilots that differ by chance have the same one", async () => {
  const families = [{ kind: "second-moments" }] as const;
  const none = await designFor(near, { families });
  assert.equal(Object.keys(none.arrays), []);
  assert.equal([...referenceOf(none.arrays, 3)], [0, 0, 0]);
  const [one, two] = [await designFor(far, { families }), await designFor(far, { families, pilotRows: 700 })];
  assert.is(one.fingerprint, two.fingerprint);
  const spread = Math.sqrt((sigma[0]! + sigma[4]! + sigma[8]!) / 3);
  for (const v of referenceOf(one.arrays, 3)) assert.ok(Math.abs(v - FAR) < 6 * spread, `${v}`);
  const alone = await designFor(far, { families: [{ kind: "fourier", scales: [1], m: 5 }] });
  assert.equal(Object.keys(alone.arrays), []);
});

test("constant data have their own value as the reference", async () => {
  const data = arrayDataset("constant", ndarray(new Float32Array(300).fill(0.1), [100, 3]));
  const sketch = await sketchDataset(data, await designFor(data, { families: [{ kind: "second-moments" }] }));
  close(mean(sketch), [0.1, 0.1, 0.1], 1e-7);
  assert.equal([...covariance(sketch)], new Array(9).fill(0));
});

test.run();
