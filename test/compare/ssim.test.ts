import { readFileSync } from "node:fs";
import path from "node:path";
import type { NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasSsim, ssim } from "../../src/compare/ssim.ts";
import { readArray } from "../../src/data/read-array.ts";

const test = suite("structural similarity");
const fixtures = path.resolve(import.meta.dirname, "../fixtures/compare");
const values = JSON.parse(readFileSync(path.join(fixtures, "ssim.json"), "utf8")) as Record<string, number[]>;

for (const [name, wanted] of Object.entries(values)) {
  test(`${name}: the values of scikit-image`, async () => {
    const [kind, peak] = name.split(" ");
    const read = async (what: string) =>
      (await readArray(path.join(fixtures, `ssim-${kind}-${what}.npy`))) as NdArray<Float32Array>;
    const found = ssim(await read("truth"), await read("estimate"), Number(peak));
    assert.is(found.length, wanted.length);
    // both in float64; σ² = E x² − μ² of numbers up to 3 loses one or two of 16 digits
    for (const [i, value] of wanted.entries())
      assert.ok(Math.abs(found[i]! - value) < 1e-12, `${found[i]} and ${value}`);
  });
}

test("equal images have 1; small ones, lines and volumes have none", async () => {
  const truth = (await readArray(path.join(fixtures, "ssim-grey-truth.npy"))) as NdArray<Float32Array>;
  assert.equal([...ssim(truth, truth)], [1, 1, 1]);
  const shapes = [[11, 11], [64, 32, 3], [11, 12, 1], [10, 20], [784], [20, 20, 20], [3, 20, 20, 3]];
  assert.equal(shapes.map(hasSsim), [true, true, true, false, false, false, false]);
});

test.run();
