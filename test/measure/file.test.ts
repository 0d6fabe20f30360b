import { readFile, writeFile } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gaussian } from "../../operators/gaussian.ts";
import { parseOperator } from "../../operators/registry.ts";
import { readNpz, writeNpz } from "../../src/data/index.ts";
import { loadMeasurements, type Measurements, measure, operatorOf, saveMeasurements } from "../../src/measure/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { apply, draw } from "../operators/draws.ts";

const test = suite("measurement files");
const at = scratch();
const x = draw(1, [3, 6, 6]);
const make = (noise: number): Promise<Measurements> =>
  measure(x, parseOperator("gaussian:m=9*mask:keep=0.5", [6, 6], 5), { noise, seed: 2 });

for (const noise of [0, 0.1]) {
  test(`noise ${noise}: what is saved is what is loaded, operator included`, async () => {
    const saved = await make(noise);
    await saveMeasurements(at("y.npz"), saved);
    const loaded = await loadMeasurements(at("y.npz"));
    for (const key of [
      "operatorSpec",
      "operatorSeed",
      "operatorName",
      "inShape",
      "noise",
      "seed",
      "noiseNorm",
      "snr",
    ] as const) {
      assert.equal(loaded[key], saved[key]);
    }
    assert.equal(loaded.y.data, saved.y.data);
    assert.equal(loaded.y.shape, [3, 9]);
    assert.equal(loaded.truth!.data, x.data);
    const again = await apply(operatorOf(loaded).forward, x);
    assert.equal(again.data, (await make(0)).y.data);
  });
}

test("the truth may be missing", async () => {
  const { truth: _, ...rest } = await make(0.1);
  await saveMeasurements(at("blind.npz"), rest);
  assert.not(Object.hasOwn(await loadMeasurements(at("blind.npz")), "truth"));
});

test("an operator made in code cannot be saved, and nothing is written", async () => {
  const own = await measure(x, gaussian({ inShape: [6, 6], m: 9, seed: 1 }));
  await refuses(
    () => saveMeasurements(at("own.npz"), own),
    /own\.npz: cannot be written, gaussian\(m=9\) was made in code/,
  );
  await refuses(() => loadMeasurements(at("own.npz")), /own\.npz: no such file/);
});

test("files that are something else, damaged or too new are refused in one line", async () => {
  await saveMeasurements(at("good.npz"), await make(0.1));
  const bytes = await readFile(at("good.npz"));
  await writeFile(at("cut.npz"), bytes.subarray(0, bytes.length / 2));
  await refuses(() => loadMeasurements(at("cut.npz")), /cut\.npz: file is truncated or damaged/);
  await writeFile(at("text.npz"), "hello");
  await refuses(() => loadMeasurements(at("text.npz")), /text\.npz: is not an \.npz/);

  const { arrays, metadata } = await readNpz(at("good.npz"));
  const change = (facts: Record<string, unknown>, members: Record<string, unknown> = {}) =>
    writeNpz(at("bad.npz"), {
      arrays: { ...arrays, ...members } as typeof arrays,
      metadata: { ...metadata!, ...facts },
    });
  const cases: readonly (readonly [Parameters<typeof change>, RegExp])[] = [
    [[{ format: "sketchprior-sketch" }], /is not a sketchprior-measurements file, it is sketchprior-sketch/],
    [[{ version: 99 }], /written by a newer sketchprior/],
    [[{ operatorSpec: 3 }], /metadata: operatorSpec is missing or damaged \(got 3\)/],
    [[{ inShape: [0] }], /metadata: inShape is missing or damaged/],
    [[{ operatorSpec: "gausian:m=9" }], /unknown operator "gausian"; did you mean gaussian/],
    [[{ operatorSpec: "gaussian:m=8" }], /member "y": expected \[n, 8\], got \[3, 9\]/],
    [[{}, { truth: draw(1, [2, 6, 6]) }], /holds 3 measurements, but 2 true signals/],
    [[{}, { y: nan([3, 9]) }], /member "y" holds values that are not finite/],
  ];
  for (const [changes, message] of cases) {
    await change(...changes);
    await refuses(() => loadMeasurements(at("bad.npz")), message);
  }
});

function nan(shape: readonly number[]) {
  const array = draw(1, shape);
  array.data[1] = Number.NaN;
  return array;
}

test.run();
