import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseOperator } from "../../operators/registry.ts";
import { writeNpz } from "../../src/data/index.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import {
  loadMeasurements,
  measure,
  type OpenMeasurementsOptions,
  openMeasurements,
  openOperator,
  readMeasurements,
  saveMeasurements,
} from "../../src/measure/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { apply, difference, draw, floats } from "../operators/draws.ts";

const test = suite("measurements of one's own");
const at = scratch();
const folder = path.resolve(import.meta.dirname, "../fixtures/numpy");
const numpy = (name: string) => path.join(folder, name);
/** test/fixtures/numpy/make.py says what these are. */
const x = [1, 2, 3, 4, 0, 5, 1, 2];
const y = [30, 6, 11, 21, 7, 2];
const matrix = `matrix:file=${numpy("A.npy")}`;

const several = /^y(-(big-)?[fiu]\d|-fortran|-compressed)?\.(npy|npz|csv|raw)$/;
for (const name of readdirSync(folder).filter((file) => several.test(file))) {
  test(`${name} of NumPy: two signals`, async () => {
    const opened = await openMeasurements(numpy(name), { operator: matrix, shape: [2, 2], noise: "0.1" });
    assert.equal([opened.y.shape, [...opened.y.data]], [[2, 3], y]);
    assert.equal(opened.operator.inShape, [2, 2]);
    assert.is(opened.noise.ofMeasured(opened.y)!.sigma, 0.1);
    assert.not(Object.hasOwn(opened, "truth"));
  });
}

for (const name of ["y-one.npy", "y-column.npy", "y-one.csv"]) {
  test(`${name} of NumPy: one signal`, async () => {
    const opened = await openMeasurements(numpy(name), { operator: matrix });
    assert.equal([opened.y.shape, [...opened.y.data], opened.operator.inShape], [[1, 3], y.slice(0, 3), [4]]);
  });
}

for (const name of ["A.npy", "A-fortran.npy", "A-big-i2.npy", "A.csv", "own.npz:A"]) {
  test(`${name} of NumPy: the matrix, row by row`, async () => {
    const { operator } = await openMeasurements(numpy("y-f8.npy"), { operator: `matrix:file=${numpy(name)}` });
    assert.equal([...(await apply(operator.forward, floats(x, [2, 4]))).data], y);
  });
}

test("an .npz with y, x and A is a whole problem; its noise is to be estimated", async () => {
  const opened = await openMeasurements(numpy("own.npz"), { shape: [2, 2] });
  assert.equal([...(await apply(opened.operator.forward, opened.truth!)).data], y);
  assert.equal([opened.truth!.shape, [...opened.truth!.data]], [[2, 2, 2], x]);
  assert.is(opened.noise.spec, "gaussian:sigma=auto");
});

test("what measure wrote is opened with all it holds; what is given replaces it", async () => {
  const signals = draw(1, [3, 4, 5]);
  const measured = await measure(signals, parseOperator("gaussian:m=7", [4, 5], 3), { noise: 0.2 });
  await saveMeasurements(at("y.npz"), measured);
  const opened = await openMeasurements(at("y.npz"));
  assert.equal([opened.y.data, opened.truth!.data], [measured.y.data, signals.data]);
  assert.equal([opened.operator.source!.seed, opened.noise.ofMeasured(opened.y)!.sigma], [3, 0.2]);
  const other = await openMeasurements(at("y.npz"), { operator: "gaussian:m=7", seed: 4, noise: "gaussian:snr=10" });
  assert.equal([other.operator.source!.seed, other.operator.inShape, other.noise.spec], [4, [4, 5], "gaussian:snr=10"]);
});

test("a module runs when the user names it, not because a file does", async () => {
  const module = at("twice.mjs");
  await writeFile(
    module,
    `export default { name: "twice", linear: true, inShape: [2], outShape: [2], forward: (x) => x.mul(2) };`,
  );
  const signals = draw(1, [3, 2]);
  const operator = await openOperator(module);
  await saveMeasurements(
    at("twice.npz"),
    await measure(signals, { ...operator, source: { spec: at("other.mjs"), seed: 1 } }),
  );
  await writeFile(at("other.mjs"), "globalThis.otherRan = true; export default {};");
  await refuses(
    () => loadMeasurements(at("twice.npz")),
    /twice\.npz: was measured by the module .*other\.mjs.*say --operator/,
  );
  await refuses(() => openMeasurements(at("twice.npz")), /was measured by the module/);
  const { operator: facts } = await readMeasurements(at("twice.npz"));
  assert.equal([facts.name, facts.inShape, facts.outShape], ["twice", [2], [2]]);
  assert.not("otherRan" in globalThis);
  const opened = await openMeasurements(at("twice.npz"), { operator: module });
  assert.equal([...opened.y.data], [...signals.data.map((v) => 2 * v)]);
  await refuses(
    () => openMeasurements(at("twice.npz"), { operator: matrix }),
    /A\.npy: matrix: has 4 columns, but signals of \[2\] are 2 numbers/,
  );
  await refuses(
    () => openMeasurements(at("twice.npz"), { operator: "gaussian:m=1" }),
    /twice\.npz: y has 2 numbers a signal, gaussian\(m=1\) returns 1/,
  );
});

test("images are measurements: one, or a folder, also of larger images", async () => {
  await mkdir(at("images"));
  const pixels = Uint8Array.from({ length: 30 }, (_, i) => 8 * i);
  for (const name of ["images/a.png", "images/b.png"]) {
    await sharp(pixels, { raw: { width: 6, height: 5, channels: 1 } })
      .png()
      .toFile(at(name));
  }
  const one = await openMeasurements(at("images/a.png"), { operator: "blur", noise: "poisson:peak=30" });
  assert.equal(
    [one.y.shape, one.operator.inShape],
    [
      [1, 5, 6],
      [5, 6],
    ],
  );
  assert.ok(
    difference(
      one.y.data,
      Float32Array.from(pixels, (v) => v / 255),
    ) < 1e-6,
  );
  assert.equal((await openMeasurements(at("images"), { operator: "blur" })).y.shape, [2, 5, 6]);
  const fewer = await openMeasurements(at("images"), { operator: "downsample:factor=2", noise: "gaussian:sigma=0.1" });
  assert.equal(
    [fewer.operator.inShape, fewer.operator.outShape],
    [
      [10, 12],
      [5, 6],
    ],
  );
  await refuses(
    () => openMeasurements(at("images"), { operator: "gaussian:m=9" }),
    /images: y has 30 numbers a signal, gaussian\(m=9\) returns 9/,
  );
});

test("standard deviations of a file are one a measurement", async () => {
  await writeFile(at("s.npy"), encodeNpy(floats([1, 2, 3], [3])));
  await writeFile(at("few.npy"), encodeNpy(floats([1, 2], [2])));
  const noise = `gaussian:sigmas=${at("s.npy")}`;
  const opened = await openMeasurements(numpy("y-f4.npy"), { operator: matrix, noise });
  assert.equal([...opened.noise.ofMeasured(opened.y)!.gaussian!.sigmas!], [1, 2, 3]);
  await refuses(
    () => openMeasurements(numpy("y-f4.npy"), { operator: matrix, noise: `gaussian:sigmas=${at("few.npy")}` }),
    /few\.npy: holds 2 standard deviations, matrix\(3×4\) returns 3/,
  );
});

test("what does not fit is refused in one line with both numbers", async () => {
  await writeFile(
    at("huge.npy"),
    encodeNpy({ ...floats([1, 2, 3], [3]), data: Float64Array.of(1, 1e300, 3) } as never),
  );
  await writeFile(at("minus.npy"), encodeNpy(floats([1, -2, 3], [3])));
  await writeFile(at("odd.raw"), new Uint8Array(10));
  await writeFile(at("four.raw"), new Uint8Array(16));
  await writeNpz(at("two.npz"), { arrays: { a: draw(1, [3]), b: draw(1, [3]) }, metadata: undefined });
  await writeNpz(at("more.npz"), { arrays: { y: draw(1, [2, 3]), x: draw(1, [3, 4]) }, metadata: undefined });
  const cases: readonly (readonly [string, OpenMeasurementsOptions, RegExp])[] = [
    [numpy("y-f8.npy"), {}, /y-f8\.npy: holds measurements and no operator; say --operator/],
    [
      numpy("y-f8.npy"),
      { operator: "gaussian:m=5", shape: [2, 2] },
      /y-f8\.npy: y has 3 numbers a signal, gaussian\(m=5\) returns 5$/,
    ],
    [numpy("y-f8.npy"), { operator: "gaussian:m=5" }, /gaussian:m=5 needs the shape of one signal; say --shape/],
    [numpy("y-transposed.npy"), { operator: matrix }, /has 2 numbers a signal, .* returns 3; transpose it/],
    [numpy("y-nan.npy"), { operator: matrix }, /y-nan\.npy: entry \[1, 2\] is NaN, counted from 0; expected finite/],
    [at("huge.npy"), { operator: matrix }, /huge\.npy: y: number 1 of signal 0 is Infinity/],
    [at("minus.npy"), { operator: matrix, noise: "poisson:peak=1" }, /poisson noise: measurement 1 of signal 0 is -2/],
    [at("odd.raw"), { operator: matrix }, /odd\.raw: 10 bytes are no .*number of float32 numbers/],
    [at("four.raw"), { operator: matrix }, /four\.raw: y has 4 numbers, matrix\(3×4\) returns 3/],
    [at("two.npz"), { operator: matrix }, /expected a member "y" or a single array, got the members a, b/],
    [at("more.npz"), { operator: matrix }, /holds 2 measurements, but 3 true signals/],
    [numpy("own.npz"), { shape: [2, 3] }, /own\.npz: A: matrix: has 4 columns, but signals of \[2, 3\] are 6 numbers/],
    [numpy("y-f8.npy"), { operator: matrix, noise: "NaN" }, /noise: expected a number, .* got "NaN"/],
    [at("no.npy"), { operator: matrix }, /no\.npy: no such file/],
  ];
  for (const [file, options, message] of cases) await refuses(() => openMeasurements(file, options), message);
});

test("a misspelt option is refused", async () => {
  const message = await openMeasurements(numpy("y-f8.npy"), { operator: matrix, nois: "0.1" } as never).then(
    String,
    String,
  );
  assert.match(message, /^TypeError: openMeasurements: unknown option "nois"; did you mean noise/);
});

test.run();
