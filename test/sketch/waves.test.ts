import ndarray from "ndarray";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { drawFrequencies, type FourierSpec } from "../../src/sketch/families/fourier.ts";
import { makeDesign, sketchDataset } from "../../src/sketch/index.ts";
import { drawNames } from "../../src/sketch/laws.ts";
import { phaseSums } from "../../src/sketch/waves.ts";

/** Terms of float32 of size 1 are off by 6e-8, and so is a phase of size 1 to 2; these phases are below 32. */
const TERM = 2e-6;

// 3 features are multiplied outside of the graph, 20 in it. 131 rows: two blocks and a part that is no multiple of 4. 70 frequencies: not all of a product's blocks.
for (const draw of drawNames) {
  for (const k of [3, 20]) {
    test(`${draw} frequencies of ${k} features: sums by label are those of float64, to float32`, async () => {
      const [n, m, labels] = [131, 70, 3];
      const u = stream(1, "samples").fillNormal(new Float32Array(n * k));
      const label = Uint8Array.from({ length: n }, (_, row) => ((row * row) % 7) % labels);
      const families = [{ kind: "fourier", draw, scales: [0.4, 1], m }] as const;
      const design = await makeDesign({ shape: [k], families, labels, block: 64 });
      const { sums } = await sketchDataset(arrayDataset("points", ndarray(u, [n, k]), label), design);
      const omega = drawFrequencies(design.families[0] as FourierSpec, k).data;
      const expected = { cos: new Float64Array(labels * m), sin: new Float64Array(labels * m) };
      const counts = new Int32Array(labels);
      for (let row = 0; row < n; row++) {
        counts[label[row]!]!++;
        for (let j = 0; j < m; j++) {
          let phase = 0;
          for (let i = 0; i < k; i++) phase += u[row * k + i]! * omega[i * m + j]!;
          expected.cos[label[row]! * m + j]! += Math.cos(phase);
          expected.sin[label[row]! * m + j]! += Math.sin(phase);
        }
      }
      for (const name of ["cos", "sin"] as const) {
        for (const [at, v] of expected[name].entries()) {
          const off = Math.abs(sums[`fourier.${name}`]![at]! - v);
          assert.ok(off < TERM * counts[Math.floor(at / m)]!, `${name} ${at}: ${off}`);
        }
      }
    });
  }
}

test("waves are right to float32's last digits in every quarter, and no sum of so many terms is larger than their number where phases have no digits left", () => {
  const n = 4096;
  const { places, add } = phaseSums({ sizes: { phase: 1 }, n }, 1);
  const one = (phase: number) => {
    places!.phase!.fill(phase);
    const { cos, sin } = add({}, [{ from: 5, to: 6 }]);
    return [cos![0]!, sin![0]!] as const;
  };
  for (let i = -4000; i <= 4000; i++) {
    const phase = Math.fround(i * 0.0137);
    const [cos, sin] = one(phase);
    assert.ok(Math.abs(cos - Math.cos(phase)) < 1.2e-7 && Math.abs(sin - Math.sin(phase)) < 1.2e-7, `${phase}`);
  }
  for (const phase of [1e7, -3e9, 1e20, 3e38]) for (const v of one(phase)) assert.ok(Math.abs(v) <= 1 + 1e-6);
  for (const phase of [Number.NaN, Infinity]) assert.ok(one(phase).every(Number.isNaN));
});

test.run();
