import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { makeDesign, mergeSketches, sketchDataset, subtractSketch } from "../../src/sketch/index.ts";
import { refuses } from "../data/tiny.ts";

const test = suite("window moments");
const shape = [6, 7] as const;

/** Images of smooth slopes, some of them with a step. */
function images(count: number, seed: number) {
  const random = stream(seed, "images");
  const data = new Float32Array(count * 42);
  for (let i = 0; i < count; i++) {
    const [level, down, across, edge, height] = [0, 0, 0, 0, 0].map(() => random.normal());
    for (let p = 0; p < 42; p++) {
      const [y, x] = [Math.floor(p / 7) / 6, (p % 7) / 7];
      const slope = 0.5 + 0.2 * level! + 0.1 * (down! * y + across! * x);
      data[i * 42 + p] = slope + (i % 2 === 0 && x > 0.5 + 0.2 * edge! ? height! : 0) + 0.01 * random.normal();
    }
  }
  return ndarray(data, [count, ...shape]);
}

const own = { kind: "window-moments", shape, side: 4, cells: 3 } as const;
const families = [own, { kind: "second-moments" }] as const;
const design = await makeDesign({ shape, families, pilot: images(200, 1) });
const sketched = (count: number, seed: number) => sketchDataset(arrayDataset("slopes", images(count, seed)), design);

test("sums by their definition: the cells add up to all windows, wherever a window is", async () => {
  const { data } = images(40, 2);
  const { sums } = await sketched(40, 2);
  const corners = [0, 2].flatMap((y) => [0, 2, 3].map((x) => [y, x] as const)); // every half side, and the last
  const [a, aa] = [new Float64Array(17), new Float64Array(153)];
  for (let i = 0; i < 40; i++) {
    for (const [y, x] of corners) {
      const window = Array.from({ length: 16 }, (_, q) => data[i * 42 + (y + Math.floor(q / 4)) * 7 + x + (q % 4)]!);
      const mean = window.reduce((s, v) => s + v / 16, 0);
      const all = [...window.map((v) => v - mean), mean];
      for (let p = 0, at = 0; p < 17; p++) {
        a[p]! += all[p]!;
        for (let q = 0; q <= p; q++) aa[at++]! += all[p]! * all[q]!;
      }
    }
  }
  const together = (of: Float64Array, size: number) =>
    Float64Array.from({ length: size }, (_, at) => [0, 1, 2].reduce((sum, k) => sum + of[k * size + at]!, 0));
  const near = (found: Float64Array, wanted: Float64Array) => {
    for (const [at, v] of wanted.entries()) assert.ok(Math.abs(found[at]! - v) < 1e-4 * (1 + Math.abs(v)), `${at}`);
  };
  near(together(sums["window-moments.a"]!, 17), a);
  near(together(sums["window-moments.aa"]!, 153), aa);
  const counts = sums["window-moments.count"]!;
  assert.is(counts.length, 6 * 3);
  for (let place = 0; place < 6; place++) {
    assert.is(
      counts.subarray(place * 3, place * 3 + 3).reduce((s, v) => s + v, 0),
      40,
    );
  }
  assert.ok([0, 1, 2].every((k) => counts.some((n, at) => at % 3 === k && n > 0))); // every cell has windows
});

test("cells tell contrasts apart: windows of one have more variance than those of another", async () => {
  const { sums } = await sketched(400, 3);
  const counts = [0, 1, 2].map((k) =>
    sums["window-moments.count"]!.reduce((s, n, at) => s + (at % 3 === k ? n : 0), 0),
  );
  const variances = counts.map((n, k) => {
    let squares = 0;
    for (let i = 0; i < 16; i++) squares += sums["window-moments.aa"]![k * 153 + ((i + 1) * (i + 2)) / 2 - 1]!;
    return squares / n / 16;
  });
  assert.ok(Math.max(...variances) > 20 * Math.min(...variances), String(variances));
});

test("sketches of parts merge to that of the whole, and a part can be taken out again", async () => {
  const block = design.block;
  const rows = images(2 * block, 4);
  const dataset = arrayDataset("slopes", rows);
  const whole = await sketchDataset(dataset, design);
  const [first, second] = [
    await sketchDataset(dataset, design, { range: { from: 0, to: block } }),
    await sketchDataset(dataset, design, { range: { from: block, to: 2 * block } }),
  ];
  assert.equal(mergeSketches(first, second).sums, whole.sums);
  assert.equal(subtractSketch(whole, first).sums, second.sums);
});

test("the same seed gives the same design, another seed another one", async () => {
  const again = await makeDesign({ shape, families, pilot: images(200, 1) });
  assert.is(again.fingerprint, design.fingerprint);
  const other = await makeDesign({ shape, families: [{ ...own, seed: 2 }], pilot: images(200, 1) });
  assert.not.equal(other.arrays["window-moments.forms"]!.data, design.arrays["window-moments.forms"]!.data);
});

test("cells follow the pilot, and settings that do not fit are refused", async () => {
  const make = (options: object, pilot = images(200, 1)) =>
    makeDesign({ shape, families: [{ ...own, cells: undefined, ...options } as never], pilot });
  const spec = (await make({})).families[0]!;
  assert.is("cells" in spec && spec.cells, 24); // 200 images of 6 windows, 50 for each
  await refuses(() => make({ cells: 400 }), /^windows: cells: expected an integer from 1 to 300, .* got 400$/);
  await refuses(() => make({ side: 7 }), /^windows: side: .* got 7$/);
  await refuses(() => makeDesign({ shape, families: [own] }), /^design: cells of windows needs a pilot/);
  const labelled = { shape, families: [own], pilot: images(200, 1), labels: 2, pilotLabels: new Uint8Array(200) };
  await refuses(() => makeDesign(labelled), /^windows: are not summed by label; leave the labels out$/);
  await refuses(() => make({ shape: [7, 7] }), /^windows: images of \[7,7\] are no samples of 42 numbers$/);
});

test.run();
