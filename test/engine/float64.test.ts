import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cholesky, solveLower } from "../../src/data/cholesky.ts";
import { multiply, multiplyTransposed } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import {
  choleskyBlocked,
  product,
  productTransposed,
  solveLowerBlocked,
  symmetricEigenPausing,
} from "../../src/engine/float64.ts";
import { configureEngine } from "../../src/engine/index.ts";
import { messageOf } from "./support.ts";

const test = suite("float64");

const normals = (name: string, count: number) => stream(1, name).fillNormal(new Float64Array(count));

/** Sums of a few hundred products of normal numbers in two orders differ by rounding: a few hundred times 2⁻⁵³. */
function near(got: Float64Array, wanted: Float64Array, tolerance = 1e-12): void {
  assert.is(got.length, wanted.length);
  for (const [i, v] of wanted.entries()) {
    assert.ok(Math.abs(got[i]! - v) <= tolerance * (1 + Math.abs(v)), `${i}: ${got[i]} instead of ${v}`);
  }
}

test("products of every size are those of JavaScript's own loops", async () => {
  for (const [rows, inner, columns] of [
    [1, 1, 1],
    [3, 5, 7],
    [130, 257, 65], // enough for ONNX Runtime
  ] as const) {
    const a = normals("a", rows * inner);
    near(
      await product(a, normals("b", inner * columns), rows, inner, columns),
      multiply(a, normals("b", inner * columns), rows, inner, columns),
    );
    near(
      await productTransposed(a, normals("b", columns * inner), inner),
      multiplyTransposed(a, normals("b", columns * inner), inner),
    );
  }
  assert.match(
    await messageOf(() => product(normals("a", 1e6), normals("b", 5), 1000, 1000, 1000)),
    /got 1000000 and 5/,
  );
});

test("the factor and the solves of matrices that are no multiple of a block are those of one block", async () => {
  const n = 300;
  const root = normals("root", n * n);
  const a = multiplyTransposed(root, root, n);
  for (let i = 0; i < n; i++) a[i * (n + 1)]! += n;
  const l = cholesky(a, n);
  near(await choleskyBlocked(a, n), l);
  const b = normals("right-hand sides", 37 * n);
  near(await solveLowerBlocked(l, n, b.slice()), solveLower(l, n, b.slice()));
});

test("an eigenproblem is interrupted while it is solved", async () => {
  const n = 600; // .5 s and more
  const root = normals("root", n * n);
  const a = multiplyTransposed(root, root, n);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("enough")));
  assert.is(await messageOf(() => symmetricEigenPausing(a, n, n, controller.signal)), "enough");
});

test("the error of a matrix that is indefinite names the pivot of the whole", async () => {
  const n = 300;
  const a = Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0));
  a[200 * (n + 1)] = -1;
  assert.match(await messageOf(() => choleskyBlocked(a, n)), /pivot 200 of 300 is -1/);
});

test("an interruption ends a factorisation", async () => {
  const n = 300;
  const a = Float64Array.from({ length: n * n }, (_, at) => Number(at % (n + 1) === 0));
  const message = await messageOf(() => choleskyBlocked(a, n, AbortSignal.abort(new Error("stopped"))));
  assert.is(message, "stopped");
});

test("the engine tfjs needs no ONNX Runtime", async () => {
  configureEngine({ engine: "tfjs" });
  try {
    const a = normals("a", 100 * 100);
    assert.equal(await product(a, a, 100, 100, 100), multiply(a, a, 100, 100, 100));
  } finally {
    configureEngine({ engine: "onnx" });
  }
});

test.run();
