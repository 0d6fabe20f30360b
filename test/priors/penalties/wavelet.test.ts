import { suite } from "uvu";
import * as assert from "uvu/assert";
import { shiftedWavelet, wavelet } from "../../../priors/penalties/wavelet.ts";
import { waveletNames, waveletTransform } from "../../../priors/penalties/wavelet-transform.ts";
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

test("filters: orthonormal with as many vanishing moments as their names say", async () => {
  const moments = { haar: 1, db2: 2, db4: 4, db8: 8, coif1: 2, sym4: 4, sym8: 8 };
  for (const name of waveletNames) {
    const n = 64;
    const { analysis } = waveletTransform([n], { wavelet: name, levels: 1 });
    for (let degree = 0; degree < moments[name]; degree++) {
      const polynomial = Array.from({ length: n }, (_, i) => (i / n) ** degree);
      const c = await apply(analysis, floats(polynomial, [1, n]));
      const inner = c.data.subarray(n / 2, n - 8); // those whose filter does not reach round the end
      assert.ok(
        inner.every((v) => Math.abs(v) < 1e-5),
        `${name}, degree ${degree}`,
      );
    }
  }
});

test("shifts: the mean over the shifts of a signal; with 2^levels of them, the same for every shift", async () => {
  const shape = [8, 8];
  const x = draw(4, [1, ...shape]);
  const shifted = (by: readonly [number, number]) =>
    floats(
      Array.from({ length: 64 }, (_, i) => x.get(0, (Math.floor(i / 8) + by[0]) % 8, (i + by[1]) % 8)),
      [1, ...shape],
    );
  const value = async (shifts: number, at: typeof x) => {
    const prior = shiftedWavelet(shape, shifts, { levels: 1 });
    return (await apply((u) => prior.size(prior.analysis([u])), at)).data[0]!;
  };
  const plain = wavelet(shape, { levels: 1 });
  let sum = 0;
  for (const a of [0, 1]) for (const b of [0, 1]) sum += (await apply(plain.value, shifted([a, b]))).data[0]!;
  const mean = await value(2, x);
  assert.ok(Math.abs(mean / (sum / 4) - 1) < 1e-5);
  assert.ok(Math.abs((await value(2, shifted([3, 1]))) / mean - 1) < 1e-5);
});

test("refuses odd sides and levels out of range", () => {
  assert.throws(() => wavelet([27, 28]), /wavelet: needs even sides, got signals of \[27, 28\]; crop or pad them/);
  assert.throws(() => wavelet([28, 28], { levels: 3 }), /wavelet: levels: expected 1 to 2 .*got 3/);
  assert.throws(() => shiftedWavelet([8, 8], 9), /wavelet: shifts: expected 1 to 8 .*got 9; 8 make it translation/);
  assert.throws(() => wavelet([2, 2, 2, 2]), /wavelet: expected signals of/);
});

test.run();
