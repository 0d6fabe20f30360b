import { suite } from "uvu";
import * as assert from "uvu/assert";
import { drawFrequencies } from "../../src/sketch/families/fourier.ts";
import { type LawName, lawNames, laws } from "../../src/sketch/laws.ts";

const test = suite("frequency laws");

const spec = (law: LawName, scales: readonly number[], m: number, seed = 1) =>
  ({ kind: "fourier", law, scales, m, seed }) as const;
const columns = (law: LawName, scales: readonly number[], m: number, k: number, seed = 1): Float64Array[] => {
  const { data } = drawFrequencies(spec(law, scales, m, seed), k);
  return Array.from({ length: m }, (_, j) => Float64Array.from({ length: k }, (_, i) => data[i * m + j]!));
};
const norm = (v: Float64Array) => Math.hypot(...v);
const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

for (const law of lawNames) {
  test(`${law}: the same settings give the same frequencies, another seed others`, () => {
    assert.equal(drawFrequencies(spec(law, [1], 9), 4).data, drawFrequencies(spec(law, [1], 9), 4).data);
    assert.not.equal(drawFrequencies(spec(law, [1], 9), 4).data, drawFrequencies(spec(law, [1], 9, 2), 4).data);
  });

  test(`${law}: more frequencies begin with the same ones`, () => {
    assert.equal(columns(law, [1, 2], 20, 3).slice(0, 7), columns(law, [1, 2], 7, 3));
  });

  test(`${law}: frequency j is divided by scale j mod (number of scales)`, () => {
    const plain = columns(law, [1], 10, 3);
    const scaled = columns(law, [0.5, 4], 10, 3);
    for (const [j, v] of scaled.entries()) {
      assert.equal(
        v,
        plain[j]!.map((x) => x / [0.5, 4][j % 2]!),
      );
    }
  });

  for (const k of [1, 2, 30]) {
    test(`${law}: in dimension ${k} the mean of |σω|² is norm(k)² and directions are uniform (5 standard errors)`, () => {
      const m = 20_000;
      const draws = columns(law, [0.1], m, k).map((v) => v.map((x) => 0.1 * x));
      const squares = draws.map((v) => norm(v) ** 2);
      const mean = average(squares);
      const error = Math.sqrt(average(squares.map((s) => (s - mean) ** 2)) / m);
      assert.ok(Math.abs(mean - laws[law].norm(k) ** 2) < 5 * error);
      for (const i of [0, k - 1]) {
        const along = draws.map((v) => v[i]! / norm(v));
        assert.ok(Math.abs(average(along)) < 5 / Math.sqrt(m * k));
        assert.ok(Math.abs(average(along.map((c) => c * c)) - 1 / k) < (5 * Math.SQRT2) / (k * Math.sqrt(m)) + 1e-6);
      }
    });
  }
}

test("gaussian: entries are N(0, 1): 68.27 % are below 1, in dimension 30", () => {
  const entries = columns("gaussian", [1], 2000, 30).flatMap((v) => [...v]);
  const inside = average(entries.map((x) => Number(Math.abs(x) < 1)));
  assert.ok(Math.abs(inside - 0.682689) < 5 * Math.sqrt((0.683 * 0.317) / entries.length));
});

test("folded-gaussian: radii are |N(0, 1)| in any dimension: 68.27 % are below 1", () => {
  const m = 20_000;
  const inside = average(columns("folded-gaussian", [1], m, 30).map((v) => Number(norm(v) < 1)));
  assert.ok(Math.abs(inside - 0.682689) < 5 * Math.sqrt((0.683 * 0.317) / m));
});

test.run();
