import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as tf from "#tf";
import { stream } from "../../src/data/index.ts";
import { compile } from "../../src/engine/index.ts";
import { drawFrequencies } from "../../src/sketch/families/fourier.ts";
import { type LawName, lawNames, laws } from "../../src/sketch/laws.ts";
import { drawStructured, paddedSize, structuredPhase } from "../../src/sketch/structured.ts";

const test = suite("frequency laws");

/** Every law, dense and structured. */
const kinds = lawNames.flatMap((law) => [
  { name: law as string, law, structured: false },
  { name: `structured ${law}`, law, structured: true },
]);
type Kind = { readonly law: LawName; readonly structured: boolean };

const spec = ({ law, structured }: Kind, scales: readonly number[], m: number, seed = 1) =>
  ({ kind: "fourier", law, scales, m, seed, ...(structured && { structured }) }) as const;
const columns = (kind: Kind, scales: readonly number[], m: number, k: number, seed = 1): Float64Array[] => {
  const { data } = drawFrequencies(spec(kind, scales, m, seed), k);
  return Array.from({ length: m }, (_, j) => Float64Array.from({ length: k }, (_, i) => data[i * m + j]!));
};
const dense = (law: LawName): Kind => ({ law, structured: false });
const norm = (v: Float64Array) => Math.hypot(...v);
const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const DRAWS = 10_000;

for (const kind of kinds) {
  const { name, law, structured } = kind;
  test(`${name}: the same settings give the same frequencies, another seed others`, () => {
    assert.equal(drawFrequencies(spec(kind, [1], 9), 4).data, drawFrequencies(spec(kind, [1], 9), 4).data);
    assert.not.equal(drawFrequencies(spec(kind, [1], 9), 4).data, drawFrequencies(spec(kind, [1], 9, 2), 4).data);
  });

  test(`${name}: more frequencies begin with the same ones`, () => {
    assert.equal(columns(kind, [1, 2], 200, 3).slice(0, 70), columns(kind, [1, 2], 70, 3));
  });

  test(`${name}: frequency j is divided by scale j mod (number of scales)`, () => {
    const plain = columns(kind, [1], 10, 3);
    for (const [j, v] of columns(kind, [0.5, 4], 10, 3).entries()) {
      for (const [i, x] of v.entries()) {
        const want = plain[j]![i]! / [0.5, 4][j % 2]!;
        assert.ok(Math.abs(x - want) <= 2e-7 * Math.abs(want)); // float32, rounded once more where structured
      }
    }
  });

  // Structured directions are signs in one dimension, so they begin at two.
  for (const k of structured ? [2, 64] : [1, 2, 30]) {
    test(`${name}: in dimension ${k} the mean of |σω|² is norm(k)² and directions are uniform (5 standard errors)`, () => {
      const m = DRAWS;
      const draws = columns(kind, [0.1], m, k).map((v) => v.map((x) => 0.1 * x));
      const squares = draws.map((v) => norm(v) ** 2);
      const mean = average(squares);
      const error = Math.sqrt(average(squares.map((s) => (s - mean) ** 2)) / m);
      assert.ok(Math.abs(mean - laws[law].norm(k) ** 2) < 5 * error);
      // Structured directions have moments up to about 1/p off those of the sphere.
      const bias = structured ? 2 / paddedSize(k) / k : 0;
      for (const i of [0, k - 1]) {
        const along = draws.map((v) => v[i]! / norm(v));
        assert.ok(Math.abs(average(along)) < 5 / Math.sqrt(m * k));
        const second = Math.abs(average(along.map((c) => c * c)) - 1 / k);
        assert.ok(second < (5 * Math.SQRT2) / (k * Math.sqrt(m)) + 1e-6 + bias, `${i}: ${second}`);
      }
    });
  }
}

for (const law of lawNames) {
  for (const k of [2, 50]) {
    test(`${law}: structured ωᵀx and |ω| have the moments of the dense ones in dimension ${k} (5 standard errors)`, () => {
      const x = stream(7, "direction").fillNormal(new Float64Array(k));
      const [a, b] = [false, true].map((structured) => columns({ law, structured }, [1], DRAWS, k));
      const same = (what: string, f: (w: Float64Array) => number, bias: number): void => {
        const [p, q] = [a!.map(f), b!.map(f)];
        const [mean, other] = [average(p), average(q)];
        const variance = average(p.map((v) => (v - mean) ** 2)) + average(q.map((v) => (v - other) ** 2));
        const allowed = 5 * Math.sqrt(variance / DRAWS) + bias * Math.abs(mean);
        assert.ok(Math.abs(mean - other) <= allowed, `${what}: ${mean} and ${other}`);
      };
      const product = (w: Float64Array) => w.reduce((sum, v, i) => sum + v * x[i]!, 0) / norm(x);
      const bias = 4 / paddedSize(k); // of directions; radii have none
      for (const power of [1, 2, 4]) same(`(ωᵀx)^${power}`, (w) => product(w) ** power, bias);
      same("cos ωᵀx", (w) => Math.cos(product(w)), bias);
      for (const power of [1, 2, 4]) same(`|ω|^${power}`, (w) => norm(w) ** power, 0);
    });
  }
}

test("structured products are those of the dense matrix, to float32", async () => {
  for (const [k, m] of [
    [3, 70],
    [64, 128],
    [200, 700],
  ] as const) {
    const settings = spec({ law: "adapted-radius", structured: true }, [1, 2], m);
    const u = ndarray(stream(1, "u").fillNormal(new Float32Array(20 * k)), [20, k]);
    const { signs, radii } = drawStructured(settings, k);
    const fast = await compile((g: { u: tf.Tensor; s: tf.Tensor; r: tf.Tensor }) => structuredPhase(g.u, g.s, g.r), {
      ...{ u, s: signs, r: radii },
    });
    const { data, shape } = await fast.run({ u, s: signs, r: radii });
    await fast.dispose();
    assert.equal(shape, [20, m]);
    const omega = drawFrequencies(settings, k);
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < m; j++) {
        let want = 0;
        for (let l = 0; l < k; l++) want += u.get(i, l) * omega.get(l, j);
        assert.ok(Math.abs(data[i * m + j]! - want) < 1e-5 * Math.sqrt(k), `${data[i * m + j]} ${want}`);
      }
    }
  }
});

test("structured frequencies of a block are orthogonal where no padding is needed", () => {
  const block = columns({ law: "folded-gaussian", structured: true }, [1], 64, 64);
  for (const [i, j] of [
    [0, 1],
    [5, 63],
    [17, 40],
  ] as const) {
    const inner = block[i]!.reduce((sum, v, l) => sum + v * block[j]![l]!, 0);
    assert.ok(Math.abs(inner) < 1e-5 * norm(block[i]!) * norm(block[j]!) + 1e-9);
  }
});

test("gaussian: entries are N(0, 1): 68.27 % are below 1, in dimension 30", () => {
  const entries = columns(dense("gaussian"), [1], 2000, 30).flatMap((v) => [...v]);
  const inside = average(entries.map((x) => Number(Math.abs(x) < 1)));
  assert.ok(Math.abs(inside - 0.682689) < 5 * Math.sqrt((0.683 * 0.317) / entries.length));
});

test("folded-gaussian: radii are |N(0, 1)| in any dimension: 68.27 % are below 1", () => {
  const inside = average(columns(dense("folded-gaussian"), [1], DRAWS, 30).map((v) => Number(norm(v) < 1)));
  assert.ok(Math.abs(inside - 0.682689) < 5 * Math.sqrt((0.683 * 0.317) / DRAWS));
});

test("adapted-radius: the part of radii below r is that of the density, in any dimension (5 standard errors)", () => {
  const radii = columns(dense("adapted-radius"), [1], DRAWS, 5).map(norm);
  const density = (r: number) => Math.sqrt(r * r + r ** 4 / 4) * Math.exp((-r * r) / 2);
  const mass = (to: number) => {
    let sum = 0;
    for (let i = 0; i < 20_000; i++) sum += density(((i + 0.5) / 20_000) * to) * (to / 20_000);
    return sum;
  };
  const all = mass(12);
  for (const r of [0.3, 0.7, 1, 1.5, 2, 3]) {
    const part = mass(r) / all;
    const found = average(radii.map((v) => Number(v < r)));
    assert.ok(Math.abs(found - part) < 5 * Math.sqrt((part * (1 - part)) / DRAWS), `${r}: ${found} and ${part}`);
  }
});

test.run();
