import { suite } from "uvu";
import * as assert from "uvu/assert";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("symmetric eigenproblem");

/** X Xᵀ with X [n, rank] of seeded normal draws. */
function gram(n: number, rank: number): Float64Array {
  const x = stream(1, "gram", n, rank).fillNormal(new Float64Array(n * rank));
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += x[i * rank + k]! * x[j * rank + k]!;
    return sum;
  });
}

const close = (got: ArrayLike<number>, want: readonly number[], tolerance = 1e-12) => {
  assert.is(got.length, want.length);
  for (const [i, v] of want.entries()) assert.ok(Math.abs(got[i]! - v) < tolerance, `${got[i]} instead of ${v}`);
};

test("known cases: 1×1, diagonal, 2×2, and the second difference with eigenvalues 2 - 2 cos(πk/(n+1))", () => {
  close(symmetricEigen([-3], 1).values, [-3]);
  close(symmetricEigen([1, 0, 0, 0, 3, 0, 0, 0, 2], 3).values, [3, 2, 1]);
  const two = symmetricEigen([2, 1, 1, 2], 2);
  close(two.values, [3, 1]);
  close(two.vectors.subarray(0, 2), [Math.SQRT1_2, Math.SQRT1_2]);
  const n = 20;
  const difference = Array.from({ length: n * n }, (_, at) => {
    const gap = Math.abs(Math.floor(at / n) - (at % n));
    return gap === 0 ? 2 : gap === 1 ? -1 : 0;
  });
  const known = Array.from({ length: n }, (_, i) => 2 - 2 * Math.cos((Math.PI * (n - i)) / (n + 1)));
  close(symmetricEigen(difference, n).values, known);
});

for (const [n, rank] of [
  [3, 3],
  [40, 40],
  [40, 10],
  [150, 150],
] as const) {
  test(`A v = λ v and vᵀv = 1 to 1e-12 relative, n = ${n}, rank ${rank}`, () => {
    const a = gram(n, rank);
    const { values, vectors } = symmetricEigen(a, n);
    for (let i = 0; i < n; i++) {
      if (i > 0) assert.ok(values[i]! <= values[i - 1]!);
      for (let r = 0; r < n; r++) {
        let [product, inner] = [0, 0];
        for (let k = 0; k < n; k++) {
          product += a[r * n + k]! * vectors[i * n + k]!;
          inner += vectors[i * n + k]! * vectors[r * n + k]!;
        }
        assert.ok(Math.abs(product - values[i]! * vectors[i * n + r]!) < 1e-12 * values[0]!);
        assert.ok(Math.abs(inner - Number(i === r)) < 1e-12);
      }
    }
  });
}

test("a zero matrix and huge or tiny numbers are fine; a part of the spectrum equals the whole's", () => {
  close(symmetricEigen(new Float64Array(9), 3).values, [0, 0, 0]);
  const a = gram(30, 30);
  const whole = symmetricEigen(a, 30);
  close(symmetricEigen(a, 30, 4).vectors, [...whole.vectors.subarray(0, 120)]);
  for (const factor of [1e-150, 1e150]) {
    const { values } = symmetricEigen(
      a.map((v) => v * factor),
      30,
    );
    close(
      values.map((v) => v / factor),
      [...whole.values],
      1e-11,
    );
  }
});

test("NaN and wrong sizes are refused", () => {
  assert.throws(() => symmetricEigen([1, Number.NaN, Number.NaN, 1], 2), /symmetricEigen: the matrix holds NaN or Inf/);
  assert.throws(() => symmetricEigen([1, 2, 3], 2), /symmetricEigen: expected 4 numbers, got 3/);
});

test.run();
