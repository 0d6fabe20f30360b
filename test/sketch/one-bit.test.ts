import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset } from "../../src/data/index.ts";
import { drawFrequencies } from "../../src/sketch/families/fourier.ts";
import { fourierMoments, makeDesign, mergeSketches, sketchDataset, subtractSketch } from "../../src/sketch/index.ts";
import { ditherOf } from "../../src/sketch/one-bit.ts";
import { gaussianData, gaussianRows } from "./tiny.ts";

const test = suite("one-bit moments");

const designWith = (m: number, seed: number, quantised?: "1bit", scale = 0.5) =>
  makeDesign({
    shape: [3],
    families: [{ kind: "fourier", draw: "independent", m, seed, scales: [scale], ...(quantised && { quantised }) }],
  });

test("a sample's moment is (π/4)(sign cos(ωᵀu + ξ) + i sign sin(ωᵀu + ξ)) exp(−iξ)", async () => {
  const design = await designWith(30, 2, "1bit");
  const x = gaussianRows(1);
  const { sums } = await sketchDataset(arrayDataset("one", x), design);
  const spec = design.families[0] as Extract<(typeof design.families)[number], { kind: "fourier" }>;
  const { data: omega } = drawFrequencies(spec, 3);
  const { data: dither } = ditherOf(spec);
  for (let j = 0; j < 30; j++) {
    const t = [0, 1, 2].reduce((sum, i) => sum + omega[i * 30 + j]! * x.data[i]!, dither[j]!);
    const [b, c] = [Math.sign(Math.cos(t)), Math.sign(Math.sin(t))];
    const [cos, sin] = [Math.cos(dither[j]!), Math.sin(dither[j]!)];
    const want = [(Math.PI / 4) * (b * cos + c * sin), (Math.PI / 4) * (c * cos - b * sin)];
    assert.ok(Math.abs(sums["fourier.cos"]![j]! - want[0]!) < 1e-6, `cos ${j}`); // float32
    assert.ok(Math.abs(sums["fourier.sin"]![j]! - want[1]!) < 1e-6, `sin ${j}`);
  }
});

test("over the dither it is unbiased: a sample's moments times exp(−iωᵀu) have the mean 1 within 5 standard errors", async () => {
  const x = gaussianRows(1);
  let [re, im] = [0, 0];
  const m = 3000; // frequencies, each with a dither of its own
  const design = await designWith(m, 9, "1bit");
  const { sums } = await sketchDataset(arrayDataset("one", x), design);
  const exact = await sketchDataset(arrayDataset("one", x), await designWith(m, 9));
  for (let j = 0; j < m; j++) {
    const [a, b] = [sums["fourier.cos"]![j]!, sums["fourier.sin"]![j]!];
    const [c, s] = [exact.sums["fourier.cos"]![j]!, exact.sums["fourier.sin"]![j]!];
    re += (a * c + b * s) / m;
    im += (b * c - a * s) / m;
  }
  const error = Math.sqrt((Math.PI ** 2 / 8 - 1) / 2 / m); // the other harmonics have the square π²/8 − 1
  assert.ok(Math.abs(re - 1) < 5 * error && Math.abs(im) < 5 * error, `${re} + ${im}i`);
});

test("moments from signs are near the full ones: by sampling noise of at most π²/8 and a third of the moments at 3ω", async () => {
  const data = gaussianData(4000);
  const [full, signs] = [await designWith(200, 1), await designWith(200, 1, "1bit")];
  const [a, b] = [fourierMoments(await sketchDataset(data, full)), fourierMoments(await sketchDataset(data, signs))];
  let sum = 0;
  for (let j = 0; j < 200; j++) sum += ((a.cos[j]! - b.cos[j]!) ** 2 + (a.sin[j]! - b.sin[j]!) ** 2) / 200;
  assert.ok(sum > 0 && sum < 2e-3, `mean square ${sum}`);
});

test("they merge and subtract like others, and never with full ones", async () => {
  const data = gaussianRows(60);
  const part = (from: number, to: number) =>
    arrayDataset("part", ndarray(data.data.slice(3 * from, 3 * to), [to - from, 3]));
  const design = await designWith(20, 1, "1bit");
  const [a, b, all] = [
    await sketchDataset(part(0, 25), design),
    await sketchDataset(part(25, 60), design),
    await sketchDataset(part(0, 60), design),
  ];
  const close = (x: Float64Array, y: Float64Array) => x.every((v, i) => Math.abs(v - y[i]!) < 1e-4);
  assert.ok(close(mergeSketches(a, b).sums["fourier.cos"]!, all.sums["fourier.cos"]!));
  const { provenance: _, ...whole } = all;
  const { provenance: __, ...own } = b;
  assert.ok(close(subtractSketch(whole, own).sums["fourier.sin"]!, a.sums["fourier.sin"]!));
  const full = await sketchDataset(part(0, 25), await designWith(20, 1));
  assert.throws(() => mergeSketches(a, full), /different designs \(fourier\.quantised: 1bit and none\)/);
});

test("product frequencies cannot be quantised, and there is one kind only", async () => {
  const design = (options: object) =>
    makeDesign({ shape: [3], families: [{ kind: "fourier", scales: [1], ...options } as { kind: "fourier" }] });
  for (const [options, message] of [
    [{ quantised: "1bit", draw: "product" }, /product frequencies are summed without each one's cosine/],
    [{ quantised: "2bit" }, /quantise: expected 1bit, got "2bit"/],
  ] as const) {
    let said = "";
    await design(options).catch((error: Error) => {
      said = error.message;
    });
    assert.match(said, message);
  }
});

test.run();
