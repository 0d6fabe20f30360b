import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset } from "../../src/data/index.ts";
import { type Random, stream } from "../../src/data/random.ts";
import { learn } from "../../src/learn/index.ts";
import { SHAPE, sourceMisfit } from "../../src/learn/source-misfit.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";

const test = suite("independent components from a sketch");

/** Mixing: rows are what each source adds to a sample. */
const MIXING = [1, 0.5, -0.3, 0.2, 2, 0.4, -0.5, 0.6, 1.2];
const SIZE = 5000;

/** Uniform, Laplace's and exponential sources of variance 1; or Gaussian ones but for the last. */
function sketchOf(gaussian: boolean, m = 512) {
  const random = stream(4, "sources");
  const uniform = (r: Random) => Math.sqrt(12) * (r.uniform() - 0.5);
  const exponential = (r: Random) => -Math.log(1 - r.uniform());
  const laplace = (r: Random) => ((r.uniform() < 0.5 ? -1 : 1) * exponential(r)) / Math.SQRT2;
  const laws = gaussian ? [random.normal, random.normal, exponential] : [uniform, laplace, exponential];
  const data = new Float32Array(SIZE * 3);
  for (let row = 0; row < SIZE; row++) {
    const s = laws.map((law) => law(random));
    for (let i = 0; i < 3; i++) data[row * 3 + i] = 7 + s.reduce((sum, v, k) => sum + v * MIXING[k * 3 + i]!, 0);
  }
  const dataset = arrayDataset("sources", ndarray(data, [SIZE, 3]));
  return designFor(dataset, { families: [{ kind: "fourier", m, seed: 2 }, { kind: "second-moments" }] }).then(
    (design) => sketchDataset(dataset, design),
  );
}

test("ica finds the sources of a mixing, up to order and sign, and unmixing is its inverse", async () => {
  const { arrays, data } = await learn("ica", await sketchOf(false));
  const [mixing, unmixing] = [arrays.mixing!.data, arrays.unmixing!.data];
  const inner = (a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number) =>
    [0, 1, 2].reduce((sum, q) => sum + a[i * 3 + q]! * b[j * 3 + q]!, 0);
  const found = [0, 1, 2].map((i) => {
    const row = [0, 1, 2].map((j) => inner(unmixing, i, MIXING, j));
    const at = row.reduce((best, v, j) => (Math.abs(v) > Math.abs(row[best]!) ? j : best), 0);
    // 5000 samples know a source's direction to about 1/√5000 over its non-Gaussianity; FastICA has about half of this error
    for (const [j, v] of row.entries()) assert.ok(Math.abs(Math.abs(v) - (j === at ? 1 : 0)) < 0.12, row.join(" "));
    return at;
  });
  assert.equal(found.sort(), [0, 1, 2]);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) assert.ok(Math.abs(inner(unmixing, i, mixing, j) - (i === j ? 1 : 0)) < 1e-4);
    const row = Array.from(mixing.slice(3 * i, 3 * i + 3));
    assert.is(Math.max(...row.map(Math.abs)), Math.max(...row));
  }
  assert.is(data.gaussian, 0);
});

test("ica says that Gaussian sources have no directions, and what is missing", async () => {
  const sketch = await sketchOf(true);
  const { words, arrays } = await learn("ica", sketch);
  assert.match(words.Gaussian!, /^2 components, whose directions among themselves are arbitrary/);
  const first = arrays.mixing!.data.slice(0, 3); // the exponential one
  for (const [i, v] of Array.from(first).entries()) assert.ok(Math.abs(v - MIXING[6 + i]!) < 0.12, String(first));
  const fails = async (run: () => Promise<unknown>, message: RegExp) => {
    try {
      await run();
    } catch (error) {
      assert.match(String(error), message);
      return;
    }
    assert.unreachable(String(message));
  };
  await fails(
    () => learn("ica", sketch, { k: 2 }),
    /ica: the sketch has 3 features, so 3 components, got k = 2; sketch with --features pca:2, or leave -k out/,
  );
  await fails(
    async () => learn("ica", await sketchOf(false, 10)),
    /ica: has 27 unknowns in 3 features, more than the 20 numbers of 10 frequencies/,
  );
});

test("the gradient of the sources' misfit is that of differences", () => {
  const random = stream(1, "misfit");
  const [d, m] = [3, 20];
  const list = () => random.fillNormal(new Float64Array(m));
  const value = sourceMisfit({ omega: [list(), list(), list()], re: list(), im: list() });
  const x = random.fillNormal(new Float64Array(d * (d + SHAPE)));
  const [gradient, unused] = [new Float64Array(x.length), new Float64Array(x.length)];
  value(x, gradient);
  for (let i = 0; i < x.length; i++) {
    const at = (step: number) =>
      value(
        x.map((v, j) => (i === j ? v + step : v)),
        unused,
      );
    const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
    // float64 differences with steps of 1e-5 of a function of size 10: rounding 1e-10, curvature 1e-9
    assert.ok(
      Math.abs(difference - gradient[i]!) < 1e-6 * Math.max(1, Math.abs(difference)),
      `${i}: ${difference}, ${gradient[i]}`,
    );
  }
});

test.run();
