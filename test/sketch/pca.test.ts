import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import { MOST_EXACT, principalComponents } from "../../src/sketch/pca.ts";
import { smoothImages } from "./images.ts";

const test = suite("principal components");

/** Smooth images of 20 × 20 × 3 pixels, centred, [rows, 1200]. */
function centredImages(rows: number) {
  const images = smoothImages(rows, 20, 3).data;
  const d = 1200;
  const mean = new Float64Array(d);
  for (const [at, v] of images.entries()) mean[at % d]! += v / rows;
  return ndarray(
    images.map((v, at) => v - mean[at % d]!),
    [rows, d],
  );
}

/** White noise, [rows, 1100]: all eigenvalues are nearly the same. */
const noise = (rows: number) => ndarray(stream(5, "noise").fillNormal(new Float32Array(rows * 1100)), [rows, 1100]);

const total = (all: Float64Array) => all.reduce((a, b) => a + b, 0);

/** ‖VXᵀ‖² of orthonormal rows V [count, d], which is checked. */
function variance(vectors: Float64Array, count: number, x: NdArray<Float32Array>): number {
  const [rows, d] = x.shape as [number, number];
  for (const [at, v] of multiplyTransposed(vectors, vectors, d).entries()) {
    assert.ok(Math.abs(v - Number(at % (count + 1) === 0)) < 1e-6, `orthonormal: ${v}`); // products of float32
  }
  const projected = multiply(vectors, transpose(Float64Array.from(x.data), rows, d), count, d, rows);
  return projected.reduce((sum, v) => sum + v * v, 0);
}

for (const [name, x] of [
  ["smooth images", centredImages(300)],
  ["white noise", noise(300)],
] as const) {
  test(`few rows of many numbers: the exact components of ${name}`, async () => {
    const [rows, d] = x.shape as [number, number];
    const count = 40;
    assert.ok(rows <= MOST_EXACT && d > MOST_EXACT);
    const wide = Float64Array.from(x.data);
    const { values: exact, vectors: u } = symmetricEigen(multiplyTransposed(wide, wide, d), rows, count);
    const { values, vectors } = await principalComponents(x, count);
    assert.equal([values.length, vectors.length], [count, count * d]);
    assert.ok(Math.abs(variance(vectors, count, x) / total(exact) - 1) < 1e-5); // sums of float32
    for (let i = 0; i < 5; i++) {
      assert.ok(Math.abs(values[i]! / exact[i]! - 1) < 1e-5, `${values[i]} and ${exact[i]}`);
      const along = multiply(u.subarray(i * rows, (i + 1) * rows), wide, 1, rows, d);
      const cosine = along.reduce((sum, v, j) => sum + v * vectors[i * d + j]!, 0) / Math.sqrt(exact[i]!);
      assert.ok(Math.abs(cosine) > 0.9999, `direction ${i}: ${cosine}`);
    }
  });
}

// The share of the most possible variance that the docstring says is kept.
for (const [name, eigenvalue, share] of [
  ["like 1/i", (i: number) => 1 / i, 0.999],
  ["like 1/√i", (i: number) => 1 / Math.sqrt(i), 0.999],
  ["along a line", (i: number) => 1 - (i - 1) / 1100, 0.99],
] as const) {
  test(`many rows of many numbers: the iteration keeps what it says for eigenvalues that fall ${name}`, async () => {
    const [n, count] = [1100, 20];
    const exact = Float64Array.from({ length: n }, (_, i) => eigenvalue(i + 1));
    const x = ndarray(new Float32Array(n * n), [n, n]);
    for (const [i, v] of exact.entries()) x.set(i, i, Math.sqrt(v));
    const { values, vectors } = await principalComponents(x, count);
    const kept = variance(vectors, count, x);
    const most = total(exact.subarray(0, count));
    assert.ok(kept > share * most && kept < (1 + 1e-5) * most, `${kept} of ${most}`);
    assert.ok(Math.abs(kept / total(values) - 1) < 1e-5); // the values are those of the directions
  });
}

test("rows that span fewer dimensions than are asked for give orthonormal directions and no NaN", async () => {
  const d = MOST_EXACT + 1;
  const x = ndarray(new Float32Array(30 * d), [30, d]);
  for (let row = 0; row < 30; row++) x.set(row, row % 3, row % 2 === 0 ? 1 : -1);
  const { values, vectors } = await principalComponents(x, 8);
  for (const [i, v] of values.entries()) assert.ok(Math.abs(v - (i < 3 ? 10 : 0)) < 1e-4, `${i}: ${v}`);
  assert.ok(vectors.every(Number.isFinite));
});

test("an abort ends the iteration with its reason", async () => {
  const stop = AbortSignal.abort(new Error("enough"));
  try {
    await principalComponents(centredImages(50), 10, stop);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, "enough");
  }
});

test.run();
