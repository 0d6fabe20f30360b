import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cholesky, invertLower, logDeterminant, solveLower, solveLowerTransposed } from "../../src/data/cholesky.ts";
import { stream } from "../../src/data/random.ts";

const test = suite("Cholesky");

/** XXᵀ/n + 0.1 I with X [n, n] of seeded normal draws. */
function positive(n: number): Float64Array {
  const x = stream(1, "positive", n).fillNormal(new Float64Array(n * n));
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 0.1 * n : 0;
    for (let k = 0; k < n; k++) sum += x[i * n + k]! * x[j * n + k]!;
    return sum / n;
  });
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (v, i) => Math.abs(v - b[i]!)).reduce((x, y) => Math.max(x, y), 0);

const multiply = (a: Float64Array, x: Float64Array, transposed = false) => {
  const n = x.length;
  return x.map((_, i) => x.reduce((sum, v, j) => sum + a[transposed ? j * n + i : i * n + j]! * v, 0));
};

test("a case by hand: [[4, 2], [2, 5]] = LLᵀ with L = [[2, 0], [1, 2]], determinant 16", () => {
  const l = cholesky([4, 2, 2, 5], 2);
  assert.equal([...l], [2, 0, 1, 2]);
  assert.ok(Math.abs(logDeterminant(l, 2) - Math.log(16)) < 1e-15);
});

for (const n of [1, 3, 7, 50]) {
  test(`LLᵀ = A, and the solves undo L and Lᵀ, n = ${n}`, () => {
    const a = positive(n);
    const l = cholesky(a, n);
    const product = a.map((_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let k = 0; k < n; k++) sum += l[i * n + k]! * l[j * n + k]!;
      return sum;
    });
    assert.ok(worst(product, a) < 1e-13); // entries are about 1
    const rows = stream(2, "rhs").fillNormal(new Float64Array(5 * n)); // four together, and one
    for (const [solve, transposed] of [
      [solveLower, false],
      [solveLowerTransposed, true],
    ] as const) {
      const solved = solve(l, n, rows.slice());
      for (let at = 0; at < 5 * n; at += n) {
        assert.ok(worst(multiply(l, solved.slice(at, at + n), transposed), rows.subarray(at, at + n)) < 1e-12);
      }
    }
  });
}

for (const n of [1, 4, 7, 50]) {
  test(`LL⁻¹ = I, and L⁻¹ is lower triangular, n = ${n}`, () => {
    const l = cholesky(positive(n), n);
    const inverse = invertLower(l, n);
    for (let j = 0; j < n; j++) {
      const column = Float64Array.from({ length: n }, (_, i) => inverse[i * n + j]!);
      const unit = Float64Array.from({ length: n }, (_, i) => Number(i === j));
      assert.ok(worst(multiply(l, column), unit) < 1e-13);
      assert.ok(column.subarray(0, j).every((v) => v === 0));
    }
  });
}

test("of no numbers there is nothing to solve", () => {
  assert.equal(cholesky([], 0).length, 0);
  assert.equal(solveLower(new Float64Array(), 0, new Float64Array()).length, 0);
});

test("matrices that are not positive definite are refused by the pivot, others by their size", () => {
  assert.throws(() => cholesky([1, 2, 2, 1], 2), /not positive definite: pivot 1 of 2 is -3; add a positive diagonal/);
  assert.throws(() => cholesky([1, 0, 0, 0], 2), /pivot 1 of 2 is 0/);
  assert.throws(() => cholesky([Number.NaN], 1), /pivot 0 of 1 is NaN/);
  assert.throws(() => cholesky([1, 2, 3], 2), /cholesky: expected 4 numbers, got 3/);
});

test.run();
