import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { stream } from "../../src/data/index.ts";
import { compile } from "../../src/engine/index.ts";
import { evenNormals } from "../../src/sketch/even-normals.ts";
import { drawFrequencies } from "../../src/sketch/families/fourier.ts";
import { type LawName, lawNames, laws } from "../../src/sketch/laws.ts";
import { drawProduct, productLayout, productNorms } from "../../src/sketch/product.ts";
import { asProducts, productMeans } from "../../src/sketch/product-means.ts";
import { drawStructured, paddedSize, structuredPhase } from "../../src/sketch/structured.ts";

import { drawnLaws } from "./tiny.ts";

const test = suite("frequency laws");

type Kind = (typeof drawnLaws)[number];
const kinds = drawnLaws.map((kind) => ({ ...kind, name: `${kind.draw} ${kind.law}` }));

const spec = ({ law, draw }: Kind, scales: readonly number[], m: number, seed = 1) =>
  ({ kind: "fourier", law, scales, m, seed, draw }) as const;
const columns = (kind: Kind, scales: readonly number[], m: number, k: number, seed = 1): Float64Array[] => {
  const { data } = drawFrequencies(spec(kind, scales, m, seed), k);
  return Array.from({ length: m }, (_, j) => Float64Array.from({ length: k }, (_, i) => data[i * m + j]!));
};
const dense = (law: LawName): Kind => ({ law, draw: "independent" });
const norm = (v: Float64Array) => Math.hypot(...v);
const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const DRAWS = 10_000;

for (const kind of kinds) {
  const { name, law, draw } = kind;
  test(`${name}: the same settings give the same frequencies, another seed others`, () => {
    assert.equal(drawFrequencies(spec(kind, [1], 9), 4).data, drawFrequencies(spec(kind, [1], 9), 4).data);
    assert.not.equal(drawFrequencies(spec(kind, [1], 9), 4).data, drawFrequencies(spec(kind, [1], 9, 2), 4).data);
  });

  // The blocks of product frequencies depend on their number and that of the scales.
  if (draw !== "product")
    test(`${name}: more frequencies begin with the same ones`, () => {
      assert.equal(columns(kind, [1, 2], 200, 3).slice(0, 70), columns(kind, [1, 2], 70, 3));
    });

  if (draw !== "product")
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
  for (const k of draw === "structured" ? [2, 64] : [1, 2, 30]) {
    test(`${name}: in dimension ${k} the mean of |σω|² is norm(k)² and directions are uniform (5 standard errors)`, () => {
      const m = DRAWS;
      const draws = columns(kind, [0.1], m, k).map((v) => v.map((x) => 0.1 * x));
      const squares = draws.map((v) => norm(v) ** 2);
      const mean = average(squares);
      // Product frequencies are made of fewer independent draws, those of the shorter list.
      const layout = productLayout(spec(kind, [0.1], m));
      const independent = draw === "product" ? layout.blocks * layout.columns : m;
      const error = Math.sqrt(average(squares.map((s) => (s - mean) ** 2)) / independent);
      assert.ok(Math.abs(mean - laws[law].norm(k) ** 2) < 5 * error);
      // Structured directions have moments up to about 1/p off those of the sphere.
      const bias = draw === "structured" ? 2 / paddedSize(k) / k : 0;
      for (const i of [0, k - 1]) {
        const along = draws.map((v) => v[i]! / norm(v));
        assert.ok(Math.abs(average(along)) < 5 / Math.sqrt(independent * k));
        const second = Math.abs(average(along.map((c) => c * c)) - 1 / k);
        assert.ok(second < (5 * Math.SQRT2) / (k * Math.sqrt(independent)) + 1e-6 + bias, `${i}: ${second}`);
      }
    });
  }
}

for (const law of lawNames) {
  for (const k of [2, 50]) {
    test(`${law}: structured ωᵀx and |ω| have the moments of the dense ones in dimension ${k} (5 standard errors)`, () => {
      const x = stream(7, "direction").fillNormal(new Float64Array(k));
      const [a, b] = (["independent", "structured"] as const).map((draw) => columns({ law, draw }, [1], DRAWS, k));
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
    const settings = spec({ law: "adapted-radius", draw: "structured" }, [1, 2], m);
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
  const block = columns({ law: "folded-gaussian", draw: "structured" }, [1], 64, 64);
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

/** The fraction of some radii below r. */
const below = (radii: readonly number[], r: number) => radii.filter((v) => v < r).length / radii.length;

for (const k of [1, 2, 3, 10]) {
  test(`folded-gaussian: as a mixture of blocks, in dimension ${k}, radii are |N(0, 1)|`, () => {
    const radii = columns({ law: "folded-gaussian", draw: "product" }, [1], 4 * DRAWS, k).map(norm);
    // P(|N(0, 1)| < r); the mean over 40 blocks of 22 rows with an s of their own, one s in the least of them
    for (const [r, part] of [
      [0.25, 0.1974],
      [0.6745, 0.5],
      [1, 0.6827],
      [1.645, 0.9],
    ] as const) {
      assert.ok(Math.abs(below(radii, r) - part) < 0.011, `${r}: ${below(radii, r)} and ${part}`);
    }
  });
}

test("even normals are N(0, I): the means of coordinates, their squares and products (5 standard errors)", () => {
  for (const k of [1, 2, 3, 20]) {
    const n = 4000;
    const drawn = evenNormals(stream(1, "even", k), n, k);
    for (const [name, want, deviation, f] of [
      ["mean", 0, 1, (v: Float64Array) => v[0]!],
      ["square", 1, Math.SQRT2, (v: Float64Array) => v[0]! ** 2],
      ["product", k === 1 ? 1 : 0, k === 1 ? Math.SQRT2 : 1, (v: Float64Array) => v[0]! * v[k - 1]!],
      ["fourth power", 3, Math.sqrt(96), (v: Float64Array) => v[0]! ** 4],
    ] as const) {
      const mean = average(Array.from({ length: n }, (_, i) => f(drawn.subarray(i * k, (i + 1) * k))));
      assert.ok(Math.abs(mean - want) < (5 * deviation) / Math.sqrt(n), `${k}, ${name}: ${mean}`);
    }
  }
});

test("even normals cover their law more evenly: a mean of cos over 256 of them varies less than half as much", () => {
  for (const k of [1, 2, 10]) {
    const f = (v: Float64Array) => Math.cos(v[0]! + 0.5 * v[k - 1]!);
    const spread = (draw: (i: number) => Float64Array) => {
      const means = Array.from({ length: 40 }, (_, i) => {
        const drawn = draw(i);
        return average(Array.from({ length: 256 }, (_, j) => f(drawn.subarray(j * k, (j + 1) * k))));
      });
      return Math.sqrt(average(means.map((v) => (v - average(means)) ** 2)));
    };
    const even = spread((i) => evenNormals(stream(i, "even"), 256, k));
    const independent = spread((i) => stream(i, "independent").fillNormal(new Float64Array(256 * k)));
    assert.ok(even < 0.5 * independent, `${k}: ${even} and ${independent}`);
  }
});

test("product folded-gaussian: radii do not follow the scales of rows, for numbers of blocks at which equal steps would resonate", () => {
  // the mean of exp(−ω²/2) of single seeds: with rows in the sequence's own order its deviation was .0049, in random order .0018
  const m = 55_000; // 55 blocks, a Fibonacci number
  assert.is(productLayout(spec({ law: "folded-gaussian", draw: "product" }, [1], m)).blocks, 55);
  const squares = Array.from({ length: 12 }, (_, seed) => {
    const own = drawProduct(spec({ law: "folded-gaussian", draw: "product" }, [1], m, seed), 3);
    const value = average(Array.from(productNorms(own, m), (r) => Math.exp(-(r ** 2) / 2)));
    return (value - Math.SQRT1_2) ** 2; // E exp(−r²/2) = 1/√2 for r = |N(0, 1)|
  });
  assert.ok(Math.sqrt(average(squares)) < 0.0035, `${Math.sqrt(average(squares))}`);
});

test("product frequencies: m of them have their scales in turn, whatever m, and the norms of the dense ones", () => {
  for (const m of [1, 2, 7, 100, 1200]) {
    for (const scales of [[1], [0.5, 4, 20]]) {
      const settings = spec({ law: "gaussian", draw: "product" }, scales, m);
      const { blocks, rows, columns: wide } = productLayout(settings);
      assert.ok(blocks % scales.length === 0 && 2 * blocks * rows * wide >= m);
      const exact = columns({ law: "gaussian", draw: "product" }, scales, m, 3).map(norm);
      const norms = productNorms(drawProduct(settings, 3), m);
      for (const [j, v] of exact.entries()) assert.ok(Math.abs(v - norms[j]!) < 1e-6 * v);
      if (m < 1000) continue;
      for (const [i, scale] of scales.entries()) {
        const own = exact.filter((_, j) => j % scales.length === i).map((v) => (scale * v) ** 2);
        assert.ok(Math.abs(average(own) / 3 - 1) < 0.25); // some 30 draws of a mean of 3 squares: 5 standard errors without their evenness are .75
      }
    }
  }
});

test("means of products and their gradient are those of the dense matrix, of every group, wherever the end at m cuts a pair", async () => {
  const [n, k] = [20, 3];
  const u = ndarray(stream(1, "u").fillNormal(new Float32Array(2 * n * k)), [2, n, k]);
  for (const m of [64, 61, 70]) {
    const settings = spec({ law: "folded-gaussian", draw: "product" }, [1, 2], m);
    const factors = drawProduct(settings, k);
    const omega = drawFrequencies(settings, k);
    const wanted = ["cos", "sin"].map((name) => ndarray(stream(1, name).fillNormal(new Float32Array(2 * m)), [2, m]));
    const target = asProducts({ cos: wanted[0]!, sin: wanted[1]! }, factors);
    const compiled = await compile(
      (g: { u: tf.Tensor }) => {
        const constant = ({ data, shape }: NdArray<Float32Array>) => tf.tensor(data, shape);
        const lists = { rows: constant(factors.rows), columns: constant(factors.columns) };
        /** Σ_j of both frequencies of each pair |φ_j − wanted_j|², by products and by the dense matrix. */
        const products = (v: tf.Tensor) => {
          const found = tf.reshape(productMeans(v, lists), target.products.shape);
          const whole = target.whole ? constant(target.whole) : 1;
          return tf.mul(2, tf.sum(tf.square(tf.mul(tf.sub(found, constant(target.products)), whole))));
        };
        const { blocks } = productLayout(settings);
        const paired = Float32Array.from({ length: m }, (_, j) =>
          Math.floor(j / blocks) % 2 === 1 || j + blocks < m ? 1 : 0,
        );
        const dense = (v: tf.Tensor) => {
          const phase = tf.reshape(tf.matMul(tf.reshape(v, [2 * n, k]), constant(omega) as tf.Tensor2D), [2, n, m]);
          const parts = [tf.mean(tf.cos(phase), 1), tf.mean(tf.sin(phase), 1)].map((mean, i) =>
            tf.square(tf.sub(mean, constant(wanted[i]!))),
          );
          return tf.sum(tf.mul(tf.add(parts[0]!, parts[1]!), tf.tensor1d(paired)));
        };
        return [products, dense].map((loss) => tf.valueAndGrad((v) => loss(v) as tf.Scalar)(g.u));
      },
      { u },
    );
    const [fast, slow] = await compiled.run({ u });
    await compiled.dispose();
    // sums of 140 squares of size 1, phases of some tens, in float32
    assert.ok(Math.abs(fast!.value.data[0]! - slow!.value.data[0]!) < 1e-5 * slow!.value.data[0]!);
    for (const [i, v] of slow!.grad.data.entries()) assert.ok(Math.abs(v - fast!.grad.data[i]!) < 1e-4, `${m} ${i}`);
  }
});

test.run();
