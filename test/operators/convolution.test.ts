import type ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requireAdjoint } from "../../operators/adjoint-test.ts";
import { blur } from "../../operators/blur.ts";
import { convolution } from "../../operators/convolution.ts";
import { type Continuation, continuations } from "../../operators/operator.ts";
import { apply, draw, floats } from "./draws.ts";

type Floats = ndarray.NdArray<Float32Array>;
const test = suite("convolution");

const kernelOf = (rows: number, columns: number) => draw(3, [rows, columns]);

/** y[i, j] = Σ k[a, b] x[i + ⌊rows/2⌋ − a, j + ⌊columns/2⌋ − b] of one grey image. */
function naive(
  x: Float32Array,
  [h, w]: readonly [number, number],
  k: ndarray.NdArray<Float32Array>,
  boundary: Continuation,
): number[] {
  const [rows, columns] = k.shape as [number, number];
  const place = (at: number, n: number) => {
    if (at >= 0 && at < n) return at;
    if (boundary === "zero") return -1;
    if (boundary === "circular") return ((at % n) + n) % n;
    const around = ((at % (2 * n)) + 2 * n) % (2 * n);
    return around < n ? around : 2 * n - 1 - around;
  };
  return Array.from({ length: h * w }, (_, at) => {
    let sum = 0;
    for (let a = 0; a < rows; a++) {
      for (let b = 0; b < columns; b++) {
        const [i, j] = [
          place(Math.floor(at / w) + Math.floor(rows / 2) - a, h),
          place((at % w) + Math.floor(columns / 2) - b, w),
        ];
        if (i >= 0 && j >= 0) sum += k.data[a * columns + b]! * x[i * w + j]!;
      }
    }
    return sum;
  });
}

for (const boundary of continuations) {
  for (const [rows, columns] of [
    [3, 3],
    [1, 4],
    [2, 5],
    [6, 7],
    [11, 10], // by Fourier transforms
  ] as const) {
    test(`by its definition and with the right adjoint: ${boundary}, ${rows}×${columns}`, async () => {
      const kernel = kernelOf(rows, columns);
      const shape = [Math.max(6, rows), Math.max(7, columns)] as const;
      const n = shape[0] * shape[1];
      const operator = convolution({ inShape: shape, kernel, boundary });
      const x = draw(5, [2, ...shape]);
      const y = await apply(operator.forward, x);
      for (const image of [0, 1]) {
        const wanted = naive(x.data.slice(n * image, n * (image + 1)), shape, kernel, boundary);
        for (const [i, v] of wanted.entries()) assert.ok(Math.abs(v - y.data[n * image + i]!) < 1e-4); // sums of 110 float32 products at most
      }
      await requireAdjoint(operator);
    });
  }
}

test("valid: the pixels that nothing outside reaches, of convolution and of the Gaussian blur", async () => {
  const inShape = [17, 15, 2];
  const x = draw(5, [2, ...inShape]);
  for (const [rows, columns] of [
    [3, 4],
    [11, 10], // by Fourier transforms
  ] as const) {
    const of = { inShape, kernel: kernelOf(rows, columns) };
    const [valid, zero] = [convolution({ ...of, boundary: "valid" }), convolution({ ...of, boundary: "zero" })];
    assert.equal(valid.outShape, [17 - rows + 1, 15 - columns + 1, 2]);
    const [own, whole] = [await apply(valid.forward, x), await apply(zero.forward, x)];
    inside(own, whole, [rows - 1 - Math.floor(rows / 2), columns - 1 - Math.floor(columns / 2)]);
    await requireAdjoint(valid);
  }
  const gaussian = blur({ inShape, sigma: 1.2, boundary: "valid" });
  assert.equal(gaussian.outShape, [7, 5, 2]); // ± 5 pixels
  inside(await apply(gaussian.forward, x), await apply(blur({ inShape, sigma: 1.2 }).forward, x), [5, 5]);
  assert.throws(
    () => blur({ inShape: [10, 20], sigma: 1.2, boundary: "valid" }),
    /blur: the kernel of 11 pixels is larger than the image of 10×20/,
  );
});

/** That images are those of `whole` without borders, the first `top` rows and `left` columns among them. */
function inside(part: Floats, whole: Floats, [top, left]: readonly [number, number]): void {
  const [batch, rows, columns, channels] = part.shape as [number, number, number, number];
  const [, high, wide] = whole.shape as [number, number, number];
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns * channels; j++) {
        const wanted = whole.data[((b * high + i + top) * wide + left) * channels + j]!;
        const got = part.data[(b * rows + i) * columns * channels + j]!;
        assert.ok(Math.abs(got - wanted) < 1e-4, `${b}, ${i}, ${j}: ${got}, expected ${wanted}`); // sums of 110 float32 products
      }
    }
  }
}

test("channels one by one; a Gaussian kernel gives the Gaussian blur", async () => {
  const x = draw(5, [1, 12, 13, 3]);
  const line = Float32Array.from({ length: 9 }, (_, i) => Math.exp(-((i - 4) ** 2) / 2));
  const total = line.reduce((a, b) => a + b, 0);
  const kernel = floats(
    Array.from({ length: 81 }, (_, at) => (line[Math.floor(at / 9)]! * line[at % 9]!) / total ** 2),
    [9, 9],
  );
  const operator = convolution({ inShape: [12, 13, 3], kernel });
  const [own, wanted] = [
    await apply(operator.forward, x),
    await apply(blur({ inShape: [12, 13, 3], sigma: 1 }).forward, x),
  ];
  for (const [i, v] of wanted.data.entries()) assert.ok(Math.abs(v - own.data[i]!) < 1e-5);
  await requireAdjoint(operator);
});

test("kernels that are none, larger than the image or not finite are refused", () => {
  const make =
    (kernel: ndarray.NdArray<Float32Array>, inShape: readonly number[] = [5, 5]) =>
    () =>
      convolution({ inShape, kernel });
  assert.throws(make(kernelOf(6, 3)), /kernel of 6×3 is larger than the image of 5×5/);
  assert.throws(make(kernelOf(3, 3), [25]), /expected images/);
  assert.throws(make(floats([Number.NaN], [1, 1])), /finite/);
  assert.throws(
    make(floats([1, 2], [2])),
    /expected an array of float32 with two axes, \[rows, columns\], got Float32Array of shape \[2\]$/,
  );
});

test.run();
