import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { dotTest } from "../../operators/adjoint-test.ts";
import { blur } from "../../operators/blur.ts";
import { compose } from "../../operators/compose.ts";
import { type GaussianOptions, gaussian } from "../../operators/gaussian.ts";
import { blockMask, mask } from "../../operators/mask.ts";
import { matrixOperator } from "../../operators/matrix.ts";
import { forwardOperator, isLinear, linearOperator, requireLinear } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { apply, difference, draw, floats } from "./draws.ts";

const facts = suite("facts of operators");

facts("gaussian: entries have mean 0 and variance 1/m, and depend on the seed", async () => {
  const [m, n] = [80, 100];
  const identity = floats(
    Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
    [n, n],
  );
  const rows = await apply(gaussian({ inShape: [n], m, seed: 5 }).forward, identity); // row i: column i of A
  const mean = rows.data.reduce((a, b) => a + b, 0) / rows.size;
  const variance = rows.data.reduce((a, b) => a + b * b, 0) / rows.size;
  assert.ok(Math.abs(mean) < 5 / Math.sqrt(m * rows.size)); // five standard errors
  assert.ok(Math.abs(variance * m - 1) < 5 * Math.sqrt(2 / rows.size));
  const other = await apply(gaussian({ inShape: [n], m, seed: 6 }).forward, identity);
  assert.ok(difference(other.data, rows.data) > 0.1);
});

facts("gaussian: m, n, seed and place each make another matrix, and no two share rows", async () => {
  const unit = floats([1, ...new Array(9).fill(0)], [1, 10]);
  const wider = floats([1, ...new Array(10).fill(0)], [1, 11]);
  const column = async (options: Partial<GaussianOptions>, x = unit) => {
    const { m = 6, seed = 1, ...rest } = options;
    const y = await apply(gaussian({ inShape: x.shape.slice(1), m, seed, ...rest }).forward, x);
    return [...y.data].slice(0, 6).map((v) => v * Math.sqrt(m)); // standard normal in all of them
  };
  const own = await column({});
  assert.equal(await column({ place: 0 }), own);
  for (const other of [column({ m: 7 }), column({ seed: 2 }), column({ place: 1 }), column({}, wider)]) {
    const drawn = await other;
    for (const v of own) assert.ok(drawn.every((w) => Math.abs(w - v) > 1e-6)); // equal draws would agree to rounding
  }
});

facts("a composition of two random operators of one spec draws twice", async () => {
  const identity = floats(
    Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0)),
    [4, 4],
  );
  const square = parseOperator("gaussian:m=4*gaussian:m=4", [4], 1);
  const once = await apply(gaussian({ inShape: [4], m: 4, seed: 1 }).forward, identity); // row i: column i of A
  const twice = await apply(gaussian({ inShape: [4], m: 4, seed: 1 }).forward, once);
  const found = await apply(square.forward, identity);
  assert.ok(difference(found.data, twice.data) > 0.1); // it was AA
  const masks = parseOperator("mask:keep=4*mask:keep=8", [16], 1);
  assert.equal(masks.outShape, [4]);
});

facts("matrix: y = Ax for signals of any shape, A' its adjoint", async () => {
  const operator = matrixOperator({ matrix: floats([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]), inShape: [2, 2] });
  assert.is(operator.name, "matrix(2×4)");
  const y = await apply(operator.forward, floats([1, 0, 0, 1, 0, 1, 0, 0], [2, 2, 2]));
  assert.equal([...y.data], [5, 13, 2, 6]);
  assert.ok((await dotTest(operator)) < 1e-6);
  assert.equal(matrixOperator({ matrix: floats([1, 2], [1, 2]) }).inShape, [2]);
});

facts("matrix: refuses what is no matrix of finite float32, and signals of another size", () => {
  const four = floats([1, 2, 3, 4], [2, 2]);
  const refused = (options: object, message: RegExp) => assert.throws(() => matrixOperator(options as never), message);
  refused({ matrix: [[1, 2]] }, /^matrix: expected an ndarray of float32, \[m, n\], got object$/);
  refused({ matrix: floats([1, 2], [2]) }, /got \[2\] of Float32Array/);
  refused({ matrix: ndarray(new Float64Array(4), [2, 2]) }, /got \[2, 2\] of Float64Array/);
  refused({ matrix: four, inShape: [3] }, /^matrix: has 2 columns, but signals of \[3\] are 3 numbers$/);
  refused({ matrix: floats([1, 2, Number.NaN, 4], [2, 2]) }, /row 1, column 0 is NaN/);
});

for (const make of [forwardOperator, linearOperator]) {
  facts(`${make.name}: what forward takes and returns is checked, in one clear line`, async () => {
    const wrong = make({ name: "mine", inShape: [4], outShape: [3], forward: (x) => tf.mul(x, 2) });
    const message = await apply(wrong.forward, draw(1, [2, 4])).then(String, String);
    assert.match(message, /mine: forward: should return \[2, 3\], returned \[2, 4\]/);
    const nothing = make({ name: "mine", inShape: [4], outShape: [4], forward: (() => undefined) as never });
    assert.match(await apply(nothing.forward, draw(1, [2, 4])).then(String, String), /returned undefined/);
    assert.match(
      await apply(wrong.forward, draw(1, [2, 5])).then(String, String),
      /expected \[batch, 4\], got \[2, 5\]/,
    );
    const options = { name: "mine", inShape: [4], outShape: [4], forward: (x: tf.Tensor) => x };
    assert.throws(() => make({ ...options, name: "" }), /^operator: name: expected a text, got $/);
    assert.throws(() => make({ ...options, outShape: [0] }), /^mine: outShape: expected positive integers .*got \[0\]/);
    assert.throws(() => make({ ...options, inShape: undefined as never }), /^mine: inShape: .*got undefined/);
    assert.throws(() => make({ ...options, forward: 3 as never }), /^mine: forward: expected a function .*got number/);
  });
}

facts("linearOperator: an adjoint of the wrong shape is refused", async () => {
  const wrong = linearOperator({
    ...{ name: "mine", inShape: [4], outShape: [2] },
    forward: (x) => tf.slice(x, [0, 0], [-1, 2]),
    adjoint: (y) => y,
  });
  const message = await apply(wrong.adjoint, draw(1, [3, 2])).then(String, String);
  assert.match(message, /mine: adjoint: should return \[3, 4\], returned \[3, 2\]/);
});

facts("gaussian: more measurements than pixels are allowed", () => {
  assert.equal(gaussian({ inShape: [2, 3], m: 20, seed: 1 }).outShape, [20]);
});

facts("mask: observes distinct pixels in order, and the adjoint puts them back", async () => {
  const numbers = floats(
    Array.from({ length: 20 }, (_, i) => i + 1),
    [1, 4, 5],
  );
  const operator = mask({ inShape: [4, 5], keep: 0.4, seed: 2 });
  const y = await apply(operator.forward, numbers);
  assert.equal(y.shape, [1, 8]);
  assert.equal(
    [...y.data],
    [...new Set(y.data)].sort((a, b) => a - b),
  ); // distinct and ascending
  const back = await apply(operator.adjoint, y);
  assert.equal(
    [...back.data],
    [...numbers.data].map((value) => (y.data.includes(value) ? value : 0)),
  );
});

facts("mask: keep above 1 is a number of pixels; channels go together", async () => {
  const image = floats([1, 10, 2, 20, 3, 30, 4, 40], [1, 2, 2, 2]);
  const y = await apply(mask({ inShape: [2, 2, 2], keep: 3, seed: 1 }).forward, image);
  assert.equal(y.shape, [1, 3, 2]);
  for (let i = 0; i < 3; i++) assert.is(y.data[2 * i + 1], 10 * y.data[2 * i]!);
});

facts("mask: a block is centred, or where it is told to be", async () => {
  const numbers = floats(
    Array.from({ length: 16 }, (_, i) => i),
    [1, 4, 4],
  );
  const centred = await apply(blockMask({ inShape: [4, 4], block: 2 }).forward, numbers);
  assert.equal([...centred.data], [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 15]);
  const corner = await apply(blockMask({ inShape: [4, 4], block: 3, top: 0, left: 1 }).forward, numbers);
  assert.equal([...corner.data], [0, 4, 8, 12, 13, 14, 15]);
});

/** The definition: every pixel a weighted mean over the window, the image continued by the boundary rule. */
function naiveBlur(image: Float32Array, h: number, w: number, sigma: number, boundary: "reflect" | "zero"): number[] {
  const radius = Math.ceil(4 * sigma);
  const at = (i: number, n: number): number => (i < 0 ? at(-1 - i, n) : i >= n ? at(2 * n - 1 - i, n) : i);
  const out: number[] = [];
  for (let row = 0; row < h; row++) {
    for (let column = 0; column < w; column++) {
      let [sum, weights] = [0, 0];
      for (let i = -radius; i <= radius; i++) {
        for (let j = -radius; j <= radius; j++) {
          const weight = Math.exp(-(i * i + j * j) / (2 * sigma * sigma));
          weights += weight;
          const inside = row + i >= 0 && row + i < h && column + j >= 0 && column + j < w;
          if (inside || boundary === "reflect") sum += weight * image[at(row + i, h) * w + at(column + j, w)]!;
        }
      }
      out.push(sum / weights);
    }
  }
  return out;
}

for (const boundary of ["reflect", "zero"] as const) {
  facts(`blur: agrees with the definition, boundary ${boundary}, kernels wider than the image too`, async () => {
    for (const sigma of [0.5, 1.3, 3]) {
      const x = draw(7, [1, 7, 6]);
      const y = await apply(blur({ inShape: [7, 6], sigma, boundary }).forward, x);
      assert.ok(difference(y.data, naiveBlur(x.data, 7, 6, sigma, boundary)) < 1e-5);
    }
  });
}

facts("blur: reflect keeps constants, zero darkens the edge", async () => {
  const ones = floats(new Array(25).fill(1), [1, 5, 5]);
  const kept = await apply(blur({ inShape: [5, 5], sigma: 2 }).forward, ones);
  assert.ok(difference(kept.data, ones.data) < 1e-6);
  const darker = await apply(blur({ inShape: [5, 5], sigma: 2, boundary: "zero" }).forward, ones);
  assert.ok(darker.data[0]! < 0.5);
});

facts("compose: applies the second first, names both, refuses shapes that do not fit", async () => {
  const [a, b] = [gaussian({ inShape: [3, 4], m: 5, seed: 1 }), blur({ inShape: [3, 4], sigma: 1 })];
  const both = compose(a, b);
  assert.is(both.name, "gaussian(m=5)*blur(sigma=1)");
  const x = draw(8, [2, 3, 4]);
  const expected = await apply(a.forward, await apply(b.forward, x));
  assert.ok(difference((await apply(both.forward, x)).data, expected.data) < 1e-6);
  assert.throws(() => compose(b, a), /compose: blur\(sigma=1\) takes \[3, 4\], but gaussian\(m=5\).* returns \[5\]/);
});

facts("compose: with a nonlinear operator the result is not linear, and says so where linear is needed", () => {
  const square = forwardOperator({ name: "square", inShape: [4], outShape: [4], forward: (x) => x.square() });
  const both = compose(gaussian({ inShape: [4], m: 2, seed: 1 }), square);
  assert.not(isLinear(both));
  assert.throws(() => requireLinear("tv", both), /tv: needs a linear operator, gaussian\(m=2\)\*square is not/);
});

facts("sizes out of range are refused with the value", () => {
  assert.throws(() => gaussian({ inShape: [4], m: 0, seed: 1 }), /gaussian: m: expected a positive integer, got 0/);
  assert.throws(() => gaussian({ inShape: [4], m: 2.5, seed: 1 }), /got 2\.5/);
  assert.throws(() => mask({ inShape: [2, 2], keep: 9, seed: 1 }), /mask: keep: .* up to 4, got 9/);
  assert.throws(() => mask({ inShape: [2, 2], keep: 0, seed: 1 }), /mask: keep: .*got 0/);
  assert.throws(() => mask({ inShape: [2, 2], keep: Number.NaN, seed: 1 }), /mask: keep: .*got NaN/);
  assert.throws(() => blockMask({ inShape: [4, 4], block: 5 }), /square inside the image of \[4, 4\], got side 5/);
  assert.throws(() => blockMask({ inShape: [4, 4], block: 2, top: 3 }), /at top 3/);
  assert.throws(() => blockMask({ inShape: [4, 4], block: 4 }), /nothing is left/);
  assert.throws(() => blockMask({ inShape: [16], block: 4 }), /expected images \[h, w\], got signals of \[16\]/);
  assert.throws(() => blur({ inShape: [4, 4], sigma: 0 }), /blur: sigma: expected a positive number of pixels, got 0/);
  assert.throws(() => blur({ inShape: [2, 2, 2, 2] }), /blur: expected signals of .*got \[2, 2, 2, 2\]/);
});

facts.run();
