import { readFile, writeFile } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gaussian } from "../../operators/gaussian.ts";
import { parseOperator } from "../../operators/registry.ts";
import { readNpz, writeNpz } from "../../src/data/index.ts";
import {
  gaussianNoise,
  loadMeasurements,
  type Measurements,
  measure,
  type Noise,
  type NoiseModel,
  parseNoise,
  saveMeasurements,
} from "../../src/measure/index.ts";
import { refuses, scratch } from "../data/tiny.ts";
import { apply, draw } from "../operators/draws.ts";

const test = suite("measurement files");
const at = scratch();
const x = draw(1, [3, 6, 6]);
x.data.set(x.data.map(Math.abs)); // counts need values of at least 0, of the operator too
const make = (noise: Noise | NoiseModel | number): Promise<Measurements> =>
  measure(x, parseOperator("mask:keep=9*blur:sigma=0.5", [6, 6], 5), { noise, seed: 2 });

for (const noise of ["0", "0.1", "gaussian:snr=20", "poisson:peak=9", "salt-and-pepper:fraction=0.2"]) {
  test(`noise ${noise}: what is saved is what is loaded, operator and noise included`, async () => {
    const saved = await make(parseNoise(noise));
    await saveMeasurements(at("y.npz"), saved);
    const loaded = await loadMeasurements(at("y.npz"));
    assert.equal([loaded.seed, loaded.noiseNorm, loaded.snr], [saved.seed, saved.noiseNorm, saved.snr]);
    assert.equal([loaded.noise.spec, loaded.noise.sigma], [saved.noise.spec, saved.noise.sigma]);
    assert.equal([loaded.operator.source, loaded.operator.name], [saved.operator.source, saved.operator.name]);
    assert.equal(loaded.y.data, saved.y.data);
    assert.equal(loaded.y.shape, [3, 9]);
    assert.equal(loaded.truth!.data, x.data);
    const again = await apply(loaded.operator.forward, x);
    assert.equal(again.data, (await make(0)).y.data);
  });
}

test("standard deviations of every measurement are kept in the file itself", async () => {
  const sigmas = Float32Array.from({ length: 9 }, (_, i) => 0.1 + i / 10);
  await saveMeasurements(at("own-sigmas.npz"), await make(gaussianNoise(sigmas, "gaussian:sigmas=gone.npy")));
  const { noise } = await loadMeasurements(at("own-sigmas.npz"));
  assert.equal(noise.gaussian!.sigmas, sigmas);
  assert.is(noise.spec, "gaussian:sigmas=gone.npy");
});

test("a file of version 1, whose noise was the σ of Gaussian noise, is read", async () => {
  await saveMeasurements(at("new.npz"), await make(0.25));
  const { arrays, metadata } = await readNpz(at("new.npz"));
  const { sigma: _, ...old } = { ...metadata!, version: 1, noise: 0.25 } as Record<string, unknown>;
  await writeNpz(at("old.npz"), { arrays, metadata: old as typeof metadata });
  const { noise } = await loadMeasurements(at("old.npz"));
  assert.equal([noise.spec, noise.sigma], ["gaussian:sigma=0.25", 0.25]);
});

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
    [[{ operatorDigest: 3 }], /metadata: operatorDigest is missing or damaged \(got 3\)/],
    [[{ inShape: [0] }], /metadata: inShape is missing or damaged/],
    [
      [{ operatorSpec: "gausian:m=9" }],
      /its operator gausian:m=9 cannot be made again: .*unknown operator "gausian"; did you mean gaussian/,
    ],
    [[{ operatorSpec: "gaussian:m=8" }], /member "y": expected \[n, 8\], got \[3, 9\]/],
    [[{}, { truth: draw(1, [2, 6, 6]) }], /holds 3 measurements, but 2 true signals/],
    [[{ noise: 3 }], /metadata: noise is missing or damaged \(got 3\)/],
    [[{ noise: "gausian:sigma=1" }], /unknown noise "gausian"; did you mean gaussian/],
    [[{ sigma: null }], /metadata: sigma is missing or damaged/],
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
