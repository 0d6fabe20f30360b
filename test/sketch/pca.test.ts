import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { multiply, multiplyTransposed, transpose } from "../../src/data/matmul.ts";
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

test("the iteration finds the exact components of more dimensions than it solves exactly", async () => {
  const [rows, count] = [300, 40];
  const x = centredImages(rows);
  const d = x.shape[1]!;
  assert.ok(d > MOST_EXACT);
  // The eigenvectors of XᵀX by those of the small XXᵀ, in float64.
  const wide = Float64Array.from(x.data);
  const { values: exact, vectors: u } = symmetricEigen(multiplyTransposed(wide, wide, d), rows, count);
  const { values, vectors } = await principalComponents(x, count);
  assert.equal([values.length, vectors.length], [count, count * d]);

  const gram = multiplyTransposed(vectors, vectors, d);
  for (const [at, v] of gram.entries()) {
    assert.ok(Math.abs(v - Number(at % (count + 1) === 0)) < 1e-6, `orthonormal: ${v}`); // products of float32
  }
  const total = (all: Float64Array) => all.reduce((a, b) => a + b, 0);
  const projected = multiply(vectors, transpose(wide, rows, d), count, d, rows);
  const kept = projected.reduce((sum, v) => sum + v * v, 0);
  assert.ok(kept > 0.999 * total(exact) && kept < (1 + 1e-6) * total(exact), `${kept} of ${total(exact)}`);

  for (let i = 0; i < 5; i++) {
    assert.ok(Math.abs(values[i]! / exact[i]! - 1) < 1e-4, `${values[i]} and ${exact[i]}`);
    const along = multiply(u.subarray(i * rows, (i + 1) * rows), wide, 1, rows, d);
    const cosine = along.reduce((sum, v, j) => sum + v * vectors[i * d + j]!, 0) / Math.sqrt(exact[i]!);
    assert.ok(Math.abs(cosine) > 0.9999, `direction ${i}: ${cosine}`);
  }
});

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
