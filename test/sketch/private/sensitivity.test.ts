import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stream } from "../../../src/data/random.ts";
import type { FeatureNetwork } from "../../../src/sketch/index.ts";
import { contributing, noPrivateSums, type PrivateSums } from "../../../src/sketch/private/contribution.ts";
import { type PrivateDesign, partsIn, privateDesign } from "../../../src/sketch/private/design.ts";
import { noiseOf, roughnessOf } from "../../../src/sketch/private/parts.ts";
import { MOST_SAMPLES, offDiagonal } from "../../../src/sketch/private/release.ts";

const test = suite("sensitivity of private sums");

const fourier = { m: 40, law: "gaussian", scales: [0.7, 2], seed: 3, draw: "independent" } as const;
const shares = { count: 0.1, mean: 0.2, square: 0.4, rest: 0.1, fourier: 0.2 };
const SHARED = { count: 0.1, mean: 0.1, network: 0.5, networkSquares: 0.3 };
/** Stands for a network of 5 features: the samples themselves are taken as such, shrunk to norm 1 where they are longer. */
const ofNetwork = { features: 5 } as FeatureNetwork;
const featuresOf = ({ network }: PrivateDesign, x: Float32Array) => (network ? x : undefined);
const reference = (size: number) => stream(8, "reference").fillNormal(new Float32Array(size));
const designs: Record<string, () => Promise<PrivateDesign>> = {
  "raw numbers": () => privateDesign({ shape: [5], clip: 1.3, fourier, shares }),
  "cosines of images": () => privateDesign({ shape: [6, 4], features: "dct:7", clip: 2, fourier, shares }),
  "by label, about a reference": () =>
    privateDesign({
      shape: [6, 4],
      features: "dct:7",
      labels: 3,
      clip: 0.5,
      fourier,
      shares,
      reference: reference(21),
    }),
  "features of a network": () =>
    privateDesign({
      ...{ shape: [5], clip: 1.3, labels: 2, shares: SHARED },
      network: ofNetwork,
      weights: new Float32Array(0),
    }),
  "counts and means": () => privateDesign({ shape: [5], clip: 1, shares: { count: 1, mean: 1 } }),
};

/** Samples that look for the worst: random ones of all sizes, single numbers, constants, and the largest that float32 holds. */
function samples(d: number): Float32Array[] {
  const random = stream(4, "samples");
  const scaled = [1e-30, 1e-5, 0.1, 1, 3, 1e4, 1e15].map((s) =>
    random.fillNormal(new Float32Array(d)).map((v) => v * s),
  );
  const units = Array.from({ length: d }, (_, i) => new Float32Array(d).fill(-1e6, i, i + 1));
  const onBorder = Array.from({ length: 200 }, () => {
    const v = random.fillNormal(new Float32Array(d));
    return v.map((x) => (1.3 * x) / Math.hypot(...v));
  });
  return [...scaled, ...units, ...onBorder, new Float32Array(d), new Float32Array(d).fill(1e18)];
}

const copied = (sums: PrivateSums): PrivateSums =>
  Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum.slice()]));
const size = ({ shape }: PrivateDesign) => shape.reduce((a, b) => a * b);

for (const [name, make] of Object.entries(designs)) {
  test(`${name}: no sample moves the sums by more than μ in units of the noise, and the worst nearly does`, async () => {
    const design = await make();
    const parts = partsIn(design);
    const add = contributing(design);
    const mu = 0.7;
    let worst = 0;
    for (const [i, x] of samples(size(design)).entries()) {
      const sums = noPrivateSums(design);
      add(x, i % (design.labels ?? 1), sums, featuresOf(design, x));
      let [squares, absolute] = [0, 0];
      for (const [part, about] of parts) {
        const { diagonal, off } = noiseOf(about, design.shares[part], mu);
        const isOff = about.triangle === undefined ? () => false : offDiagonal(about.triangle);
        let own = 0;
        for (const [at, v] of sums[part]!.entries()) {
          assert.ok(Number.isSafeInteger(v), `${part}[${at}] = ${v}`);
          const sigma = isOff(at) ? off : diagonal;
          squares += (v / sigma) ** 2;
          absolute += Math.abs(v) / sigma ** 2;
          own += (isOff(at) ? 2 : 1) * v * v;
        }
        assert.ok(Math.sqrt(own) <= about.bound, `${part}: ${Math.sqrt(own)} above ${about.bound}`);
      }
      assert.ok(squares <= mu * mu * (1 + 1e-12), `${squares}`); // rounding of this sum
      assert.ok(absolute <= roughnessOf(parts, design.shares, mu), `${absolute}`);
      worst = Math.max(worst, squares);
    }
    assert.ok(worst > 0.99 * mu * mu, `worst ${worst}`);
  });

  test(`${name}: adding a sample anywhere adds its own contribution, whatever the others are`, async () => {
    const design = await make();
    const add = contributing(design);
    const given = samples(size(design)).slice(0, 12);
    const labelOf = (i: number) => i % (design.labels ?? 1);
    const alone = noPrivateSums(design);
    add(given[5]!, labelOf(5), alone, featuresOf(design, given[5]!));
    const without = noPrivateSums(design);
    for (const [i, x] of given.entries()) if (i !== 5) add(x, labelOf(i), without, featuresOf(design, x));
    const all = noPrivateSums(design);
    for (const [i, x] of [...given.entries()].reverse()) add(x, labelOf(i), all, featuresOf(design, x));
    const sum = copied(without);
    for (const [part, values] of Object.entries(sum)) {
      for (let at = 0; at < values.length; at++) values[at]! += alone[part as keyof PrivateSums]![at]!;
    }
    assert.equal(all, sum);
  });
}

test("sums of as many samples as are allowed are exact integers", async () => {
  for (const make of Object.values(designs)) {
    for (const [name, { bound }] of partsIn(await make())) {
      assert.ok(name === "fourier" || bound * MOST_SAMPLES <= 2 ** 53, name); // a wave is at most Q, its bound is that of all together
    }
  }
});

test("by label a sample is in the sums of its label alone", async () => {
  const design = await designs["by label, about a reference"]!();
  const sums = noPrivateSums(design);
  contributing(design)(samples(24)[3]!, 1, sums);
  for (const part of ["count", "mean", "square", "fourier"] as const) {
    const width = sums[part]!.length / 3;
    for (const [at, v] of sums[part]!.entries()) assert.ok(Math.floor(at / width) === 1 || v === 0, `${part}[${at}]`);
  }
});

test.run();
