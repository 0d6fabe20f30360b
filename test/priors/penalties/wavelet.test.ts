import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wavelet, waveletNames, waveletTransform } from "../../../priors/penalties/wavelet.ts";
import { apply, difference, dot, draw, floats } from "../../operators/draws.ts";

const test = suite("wavelet");

for (const name of waveletNames) {
  test(`${name}: Ψ keeps norms and Ψ' undoes it, over all levels and shapes`, async () => {
    for (const shape of [[28, 28], [8, 12], [4, 4, 3], [16], [2]]) {
      const { analysis, synthesis } = waveletTransform(shape, { wavelet: name });
      const x = draw(3, [2, ...shape]);
      const c = await apply(analysis, x);
      assert.equal(c.shape, x.shape);
      assert.ok(Math.abs(dot(c.data, c.data) / dot(x.data, x.data) - 1) < 1e-5);
      assert.ok(difference((await apply(synthesis, c)).data, x.data) < 1e-5);
      assert.ok(difference((await apply(analysis, await apply(synthesis, x))).data, x.data) < 1e-5);
    }
  });

  test(`${name}: constants have coarse coefficients alone`, async () => {
    const { analysis } = waveletTransform([8, 8], { wavelet: name, levels: 2 });
    const c = await apply(analysis, floats(new Array(64).fill(1), [1, 8, 8]));
    c.data.forEach((value, i) => {
      const coarse = i % 8 < 2 && i < 16;
      assert.ok(Math.abs(value - (coarse ? 4 : 0)) < 1e-5); // 2 levels on 2 axes: each coefficient sums 16 pixels / 4
    });
  });
}

test("haar by hand: one level of a 2×2 image", async () => {
  const { analysis } = waveletTransform([2, 2], { wavelet: "haar" });
  const c = await apply(analysis, floats([1, 2, 3, 6], [1, 2, 2]));
  assert.ok(difference(c.data, [6, -2, -3, 1]) < 1e-6); // sums, column differences, row differences, both; halved
});

test("levels: as many as the sides allow, 2 for 28×28, at most 4", () => {
  assert.is(waveletTransform([28, 28]).levels, 2);
  assert.is(waveletTransform([8, 12]).levels, 2);
  assert.is(waveletTransform([256, 256]).levels, 4);
});

test("the dual norm is the largest coefficient, reached by its own atom", async () => {
  const prior = wavelet([4, 4]);
  const { analysis, synthesis } = waveletTransform([4, 4]);
  const v = draw(5, [1, 4, 4]);
  const c = await apply(analysis, v);
  const largest = c.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(difference((await apply(prior.dualNorm, v)).data, [largest]) < 1e-5);
  const atom = await apply(
    synthesis,
    floats(
      Array.from(c.data, (value) => Number(Math.abs(value) === largest)),
      c.shape,
    ),
  );
  assert.ok(Math.abs((await apply(prior.value, atom)).data[0]! - 1) < 1e-5); // r of an atom is 1
  assert.ok(Math.abs(Math.abs(dot(atom.data, v.data)) / largest - 1) < 1e-5);
});

test("refuses odd sides and levels out of range", () => {
  assert.throws(() => wavelet([27, 28]), /wavelet: needs even sides, got signals of \[27, 28\]; crop or pad them/);
  assert.throws(() => wavelet([28, 28], { levels: 3 }), /wavelet: levels: expected 1 to 2 .*got 3/);
  assert.throws(() => wavelet([2, 2, 2, 2]), /wavelet: expected signals of/);
});

test.run();
