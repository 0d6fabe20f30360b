import { suite } from "uvu";
import * as assert from "uvu/assert";
import { downsample } from "../../../operators/downsample.ts";
import { parseBaseline, recover } from "../../../src/solve/index.ts";
import { refuses } from "../../data/tiny.ts";
import { difference, draw, floats } from "../../operators/draws.ts";

const test = suite("bicubic");
const upsampled = async (inShape: readonly number[], factor: number, y: ReturnType<typeof floats>) =>
  recover({ operator: downsample({ inShape, factor }), y, noise: 0 }, parseBaseline("bicubic", inShape));

for (const factor of [2, 3]) {
  test(`a quadratic is interpolated exactly away from the edges, factor ${factor}`, async () => {
    const small = 8;
    const quadratic = (t: number) => 0.3 - 0.4 * t + 0.07 * t * t;
    const y = floats(
      Array.from({ length: small }, (_, i) => quadratic(i)),
      [1, small],
    );
    const { estimate, outcomes } = await upsampled([small * factor], factor, y);
    assert.equal(outcomes, ["exact"]);
    for (let j = 2 * factor; j < (small - 2) * factor; j++) {
      const wanted = quadratic((j + 0.5) / factor - 0.5); // Keys 1981: the kernel reproduces polynomials of degree 2
      assert.ok(Math.abs(estimate.data[j]! - wanted) < 1e-5, `${j}: ${estimate.data[j]} ${wanted}`); // float32
    }
  });
}

test("an image of odd sides in colour, by the definition", async () => {
  const [height, width, channels, factor] = [7, 10, 3, 3];
  const [rows, columns] = [3, 4];
  const y = draw(5, [1, rows, columns, channels]);
  const { estimate } = await upsampled([height, width, channels], factor, y);
  const kernel = (t: number) => {
    const s = Math.abs(t);
    return s < 1 ? 1.5 * s ** 3 - 2.5 * s ** 2 + 1 : s < 2 ? -0.5 * s ** 3 + 2.5 * s ** 2 - 4 * s + 2 : 0;
  };
  const mirror = (i: number, n: number) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);
  const wanted = new Float64Array(height * width * channels);
  for (const [at] of wanted.entries()) {
    const [row, column, c] = [Math.floor(at / channels / width), Math.floor(at / channels) % width, at % channels];
    const [down, across] = [(row + 0.5) / factor - 0.5, (column + 0.5) / factor - 0.5];
    for (let i = -2; i < rows + 2; i++) {
      for (let j = -2; j < columns + 2; j++) {
        const pixel = (mirror(i, rows) * columns + mirror(j, columns)) * channels + c;
        wanted[at]! += kernel(down - i) * kernel(across - j) * y.data[pixel]!;
      }
    }
  }
  assert.ok(difference(estimate.data, wanted) < 1e-5);
});

test("other operators are refused in one line", async () => {
  const operator = downsample({ inShape: [6, 6], factor: 2 });
  const { form: _, ...plain } = operator;
  await refuses(
    () => recover({ operator: plain, y: draw(1, [1, 3, 3]), noise: 0.1 }, parseBaseline("bicubic", [6, 6])),
    /^bicubic: expected fewer pixels, as downsample:factor=2 gives them, got downsample\(factor=2\); take a penalty$/,
  );
});

test.run();
