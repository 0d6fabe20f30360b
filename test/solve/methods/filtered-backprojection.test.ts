import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blur } from "../../../operators/blur.ts";
import { radon } from "../../../operators/radon.ts";
import { contiguous } from "../../../src/data/array.ts";
import { readArray } from "../../../src/data/read-array.ts";
import { parseBaseline, recover } from "../../../src/solve/index.ts";
import { refuses } from "../../data/tiny.ts";
import { apply, difference, draw, floats } from "../../operators/draws.ts";

const test = suite("filtered backprojection");
const file = (name: string) => readArray(path.resolve(import.meta.dirname, `../../fixtures/${name}.npy`));

for (const name of ["odd", "even", "wide"]) {
  test(`as scikit-image: ${name}`, async () => {
    const sinogram = await file(`operators/radon-${name}`);
    const { shape } = await file(`operators/radon-${name}-image`);
    const operator = radon({ inShape: shape, angles: sinogram.shape[0]! });
    const y = floats([...sinogram.data], [1, ...sinogram.shape]);
    const found = async (filter: string) => {
      const prior = parseBaseline(`filtered-backprojection:filter=${filter}`, shape);
      return (await recover({ operator, y, noise: 0 }, prior)).estimate.data;
    };
    const wanted = async (filter: string) => (await file(`methods/backprojection-${name}-${filter}`)).data;
    assert.ok(difference(await found("ramp"), await wanted("ramp")) < 1e-5); // float32 sums of some ten numbers
    // scikit-image's Hann window of 64 places is 0 at one end only, a hundredth of its width off symmetry
    assert.ok(difference(await found("hann"), await wanted("hann")) < 0.02);
  });
}

test("projections of a smooth image at many angles give the image again", async () => {
  const inShape = [32, 32];
  const bump = (row: number, column: number) => Math.exp(-((row - 14) ** 2 + (column - 18) ** 2) / 32);
  const x = floats(
    Array.from({ length: 1024 }, (_, at) => bump(Math.floor(at / 32), at % 32)),
    [1, 32, 32],
  );
  const operator = radon({ inShape, angles: 60 });
  const y = await apply(operator.forward, x);
  const { estimate, outcomes } = await recover(
    { operator, y, noise: 0 },
    parseBaseline("filtered-backprojection", inShape),
  );
  assert.equal(outcomes, ["exact"]);
  assert.ok(difference(estimate.data, x.data) < 0.03); // interpolated twice between pixels, which lowers a peak of 4 pixels
});

test("channels are recovered one by one", async () => {
  const y = draw(1, [2, 3, 5, 9]);
  const recovered = (inShape: readonly number[], given: typeof y) => {
    const operator = radon({ inShape, angles: 5 });
    return recover({ operator, y: given, noise: 0 }, parseBaseline("filtered-backprojection", inShape));
  };
  const { estimate } = await recovered([6, 5, 3], y);
  assert.equal(estimate.shape, [2, 6, 5, 3]);
  const grey = floats([...contiguous(y.pick(null, 1))], [2, 5, 9]);
  const alone = await recovered([6, 5], grey);
  assert.ok(difference(contiguous(estimate.pick(null, null, null, 1)), alone.estimate.data) < 1e-6);
});

test("other operators are refused in one line, before anything is solved", async () => {
  const operator = blur({ inShape: [6, 6] });
  await refuses(
    () => recover({ operator, y: draw(1, [1, 6, 6]), noise: 0.1 }, parseBaseline("filtered-backprojection", [6, 6])),
    /^filtered-backprojection: expected projections of tomography, as radon:angles=60 gives them, got blur\(sigma=1\); /,
  );
});

test.run();
