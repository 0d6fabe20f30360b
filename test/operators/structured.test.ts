import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requireAdjoint } from "../../operators/adjoint-test.ts";
import { operatorNorm } from "../../operators/norms.ts";
import { type StructuredOptions, structured } from "../../operators/structured.ts";
import { hadamard } from "../../src/engine/hadamard.ts";
import { apply, difference, dot, draw, floats } from "./draws.ts";

const test = suite("structured");

const identity = (n: number) =>
  floats(
    Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
    [n, n],
  );

/** The columns of Φ for signals of n numbers. */
async function columns(options: StructuredOptions): Promise<number[][]> {
  const n = options.inShape[0]!;
  const { data } = await apply(structured(options).forward, identity(n));
  return Array.from({ length: n }, (_, i) => [...data.subarray(i * options.m, (i + 1) * options.m)]);
}

/** Hv by the definition: (-1)^(bits that i and j share)/√p. */
const naive = (v: ArrayLike<number>): number[] =>
  Array.from({ length: v.length }, (_, i) =>
    dot(
      v,
      Array.from(
        { length: v.length },
        (_, j) => (-1) ** [...(i & j).toString(2)].filter((bit) => bit === "1").length / Math.sqrt(v.length),
      ),
    ),
  );

test("the Walsh-Hadamard transform is that of its definition, along the last axis", async () => {
  const four = await apply(hadamard, floats([1, 2, 3, 4], [1, 4]));
  assert.ok(difference(four.data, [5, -1, -2, 0]) < 1e-6);
  for (const p of [1, 2, 64, 128]) {
    const x = draw(1, [2, 3, p]);
    const y = await apply(hadamard, x);
    assert.equal(y.shape, [2, 3, p]);
    for (let row = 0; row < 6; row++) {
      const wanted = naive(x.data.subarray(row * p, (row + 1) * p));
      assert.ok(difference(y.data.subarray(row * p, (row + 1) * p), wanted) < 1e-5); // float32 sums of 128
    }
  }
});

test("with all measurements it is H of x with flipped signs, continued by zeros", async () => {
  for (const [n, p] of [
    [16, 16],
    [11, 16],
  ] as const) {
    const x = draw(2, [1, n]);
    const y = await apply(structured({ inShape: [n], m: p, seed: 4 }).forward, x);
    const flipped = naive(y.data); // H is its own inverse
    const signs = [...x.data].map((v, i) => flipped[i]! / v);
    for (const sign of signs) assert.ok(Math.abs(Math.abs(sign) - 1) < 1e-4); // float32, divided by small x
    assert.ok(signs.some((sign) => sign > 0) && signs.some((sign) => sign < 0));
    assert.ok(difference([...flipped.slice(n), 1], [...new Array(p - n).fill(0), 1]) < 1e-5);
  }
});

test("every entry is ±1/√m, so that the mean energy is that of x; rows are distinct", async () => {
  const options = { inShape: [24], m: 10, seed: 3 };
  const found = await columns(options);
  for (const v of found.flat()) assert.ok(Math.abs(Math.abs(v) * Math.sqrt(10) - 1) < 1e-5);
  const rows = Array.from({ length: 10 }, (_, i) => found.map((column) => Math.sign(column[i]!)).join());
  assert.is(new Set(rows).size, 10);
});

test("rows are orthogonal if n is a power of two; the norm is √(p/m) if m > p − n, else at most that", async () => {
  const found = await columns({ inShape: [32], m: 12, seed: 1 });
  for (let i = 0; i < 12; i++) {
    for (let j = 0; j < 12; j++) {
      const [a, b] = [found.map((column) => column[i]!), found.map((column) => column[j]!)];
      assert.ok(Math.abs(dot(a, b) - (i === j ? 32 / 12 : 0)) < 1e-5);
    }
  }
  assert.is(structured({ inShape: [4, 8], m: 8, seed: 1 }).norm, 2);
  assert.is(structured({ inShape: [5, 5], m: 8, seed: 1 }).norm, 2);
  const padded = structured({ inShape: [4, 5], m: 12, seed: 1 });
  assert.is(padded.norm, undefined);
  assert.ok((await operatorNorm(padded)) < Math.sqrt(32 / 12) + 1e-4);
});

test("m, n, seed and place each make other measurements", async () => {
  const draws = [{ m: 16 }, { m: 15 }, { seed: 2 }, { place: 1 }].map(async (changed) =>
    (await columns({ inShape: [16], m: 16, seed: 1, ...changed })).map((column) => column.slice(0, 8).map(Math.sign)),
  );
  const texts = (await Promise.all(draws)).map(String);
  assert.is(new Set(texts).size, texts.length);
});

test("a million numbers take seconds, and the adjoint is right", async () => {
  await requireAdjoint(structured({ inShape: [1000, 1000], m: 250000, seed: 1 }));
});

test("m out of range is refused with the largest there is", () => {
  const make = (m: number) => () => structured({ inShape: [5, 5], m, seed: 1 });
  assert.throws(
    make(33),
    /^structured: m: expected an integer from 1 to 32, the power of two for signals of 25 numbers, or a fraction of 25, got 33$/,
  );
  assert.throws(make(0), /got 0/);
  assert.throws(make(2.5), /got 2\.5/);
});

test.run();
