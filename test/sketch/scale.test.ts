import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, openDataset, readRows, stream } from "../../src/data/index.ts";
import type { DrawName } from "../../src/sketch/index.ts";
import {
  AUTO_SCALES,
  autoScales,
  designFor,
  diagnoseScale,
  estimateScale,
  makeDesign,
  modulusPoints,
  pilotScale,
  sketchDataset,
} from "../../src/sketch/index.ts";
import { refuses } from "../data/tiny.ts";

const test = suite("scales");
const ROWS = 5000;

/** `clusters` Gaussians of deviation `sigma` in every direction, their centres N(0, (far sigma)²) apart. */
function mixture(k: number, clusters: number, far: number, sigma: number, seed = 1): NdArray<Float32Array> {
  const random = stream(seed, "mixture");
  const centres = Array.from({ length: clusters }, () => random.fillNormal(new Float64Array(k)).map((v) => v * far));
  const data = new Float32Array(ROWS * k);
  for (let row = 0; row < ROWS; row++) {
    const centre = centres[random.integer(clusters)]!;
    for (let j = 0; j < k; j++) data[row * k + j] = sigma * (centre[j]! + random.normal());
  }
  return ndarray(data, [ROWS, k]);
}

function deviation({ data, shape }: NdArray<Float32Array>): number {
  const [n, k] = shape as [number, number];
  const mean = new Float64Array(k);
  for (const [at, v] of data.entries()) mean[at % k]! += v / n;
  return Math.sqrt(data.reduce((sum, v, at) => sum + (v - mean[at % k]!) ** 2, 0) / n / k);
}

const within = (found: number, sigma: number) => assert.ok(Math.abs(found / sigma - 1) < 0.1, `${found} for ${sigma}`);

for (const [k, sigma] of [
  [1, 0.05],
  [2, 3],
  [100, 1e-3],
] as const) {
  test(`pilot: the deviation of a Gaussian in dimension ${k} is found within 10 %`, async () => {
    const u = mixture(k, 1, 0, sigma);
    within(await pilotScale(u, deviation(u)), sigma);
  });
}

// Far enough that clusters do not overlap; overlapping ones have no deviation of their own.
for (const [k, clusters, far] of [
  [2, 6, 30],
  [2, 3, 6],
  [20, 20, 10],
  [100, 6, 30],
] as const) {
  test(`pilot: ${clusters} clusters in dimension ${k}, ${far} deviations apart: one cluster's deviation within 10 %`, async () => {
    const u = mixture(k, clusters, far, 0.05);
    within(await pilotScale(u, deviation(u)), 0.05);
  });
}

test("pilot: the six clusters of gmm6 have deviation 0.05, found within 10 %", async () => {
  const u = await readRows(await openDataset("gmm6"), 0, ROWS);
  within(await pilotScale(u, deviation(u)), 0.05);
});

test("auto adds scales for narrow clusters, and only then", async () => {
  assert.equal(autoScales(1), [...AUTO_SCALES]);
  assert.equal(autoScales(0.4), [...AUTO_SCALES]);
  assert.is(autoScales(0.1).length, 6);
  const scalesOf = async (name: string) => {
    const { families } = await designFor(await openDataset(name));
    return families.find((f) => f.kind === "fourier")!.scales;
  };
  assert.is((await scalesOf("mnist")).length, 3);
  const clusters = await scalesOf("gmm6");
  assert.is(clusters.length, 6);
  assert.ok(clusters[0]! < 0.06 && clusters[0]! > 0.03, String(clusters));
});

const sketched = async (data: NdArray<Float32Array>, scales: readonly number[], draw: DrawName = "independent") => {
  const k = data.shape[1]!;
  const families = [{ kind: "fourier", law: "adapted-radius", scales, m: 1000, draw }] as const;
  return sketchDataset(arrayDataset("data", data), await makeDesign({ shape: [k], families }));
};

test("a small sketch alone, at scales in steps of 2, gives the deviation within 10 %", async () => {
  for (const draw of ["independent", "structured"] as const) {
    for (const [k, clusters, far] of [
      [2, 1, 0],
      [20, 1, 0],
      [20, 6, 30],
    ] as const) {
      within(estimateScale(await sketched(mixture(k, clusters, far, 0.3), [0.15, 0.3, 0.6], draw)), 0.3);
    }
  }
});

test("the diagnosis names scales that are too coarse, too fine, and good, and gives every point", async () => {
  const data = mixture(5, 1, 0, 1);
  for (const [scale, verdict, words] of [
    [100, "too coarse", /^too coarse, use smaller scales \(100 % of the moments are nearly 1, 0 % are at the noise\)$/],
    [
      0.01,
      "too fine",
      /^too fine, use larger scales \(0 % of the moments are nearly 1, (9\d|100) % are at the noise\)$/,
    ],
    [1, "good", /^good \(\d+ % of the moments are nearly 1, \d+ % are at the noise\)$/],
  ] as const) {
    const sketch = await sketched(data, [scale]);
    const found = diagnoseScale(sketch);
    assert.is(found.verdict, verdict);
    assert.match(found.words, words);
    assert.is(found.noise, 1 / Math.sqrt(ROWS));
    assert.equal([found.norms.length, found.moduli.length, found.count], [1000, 1000, ROWS]);
    if (verdict !== "good") await refuses(() => estimateScale(sketch), /scale: cannot be estimated from this sketch/);
  }
});

test("moduli of N(0, I) against the norms of their frequencies are exp(-|ω|²/2) within 5 standard errors", async () => {
  const { norms, moduli, count } = modulusPoints(await sketched(mixture(5, 1, 0, 1), [1]));
  for (const [j, r] of norms.entries()) {
    assert.ok(Math.abs(moduli[j]! - Math.exp((-r * r) / 2)) < 5 / Math.sqrt(count), `${r}: ${moduli[j]}`);
  }
});

test.run();
