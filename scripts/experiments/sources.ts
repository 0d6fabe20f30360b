import { mkdir } from "node:fs/promises";
import path from "node:path";
import ndarray from "ndarray";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { secondsText } from "../../src/cli/text.ts";
import { arrayDataset, encodeNpy, writeAtomic } from "../../src/data/index.ts";
import { multiplyTransposed } from "../../src/data/matmul.ts";
import { stream } from "../../src/data/random.ts";
import { learn } from "../../src/learn/index.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";

/**
 * Independent components from a sketch of uniform, Laplace's and exponential sources in turns, mixed by a matrix of normal numbers: Amari's distance of unmixing times mixing from a permutation, 0 to 1.
 * scripts/peers/ica.py runs FastICA on the same points.
 */
export const sources = defineCommand({
  usage: "sources <d>",
  description: "Separate d mixed sources by a sketch; measure Amari's distance.",
  examples: [["npm run experiment -- sources 6", "six sources; points.npy and mixing.npy for the peer"]],
  options: (y) =>
    y
      .positional("d", { type: "number", demandOption: true, describe: "sources" })
      .option("points", { type: "number", default: 100_000, requiresArg: true, describe: "samples" })
      .option("out", { alias: "o", type: "string", default: "sources-report", requiresArg: true, describe: "folder" }),
  run: async ({ d, points: n, out }, { seed }) => {
    requireInteger("d", d, 2);
    requireInteger("points", n);
    const random = stream(seed, "experiment", "sources");
    const mixing = random.fillNormal(new Float64Array(d * d)); // row i: what source i adds to a sample
    const exponential = () => -Math.log(1 - random.uniform());
    const laws = [
      () => Math.sqrt(12) * (random.uniform() - 0.5),
      () => ((random.uniform() < 0.5 ? -1 : 1) * exponential()) / Math.SQRT2,
      exponential,
    ];
    const data = new Float32Array(n * d);
    for (let row = 0; row < n; row++) {
      for (let i = 0; i < d; i++) {
        const s = laws[i % laws.length]!();
        for (let q = 0; q < d; q++) data[row * d + q]! += s * mixing[i * d + q]!;
      }
    }
    const dataset = arrayDataset("sources", ndarray(data, [n, d]));
    const sketch = await sketchDataset(dataset, await designFor(dataset));
    const started = performance.now();
    const { arrays, data: facts } = await learn("ica", sketch, { seed });
    const seconds = (performance.now() - started) / 1000;
    await mkdir(out, { recursive: true });
    await writeAtomic(path.join(out, "points.npy"), encodeNpy(ndarray(data, [n, d])));
    await writeAtomic(path.join(out, "mixing.npy"), encodeNpy(ndarray(Float32Array.from(mixing), [d, d])));
    const distance = amari(multiplyTransposed(Float64Array.from(arrays.unmixing!.data), mixing, d), d);
    const ratio = facts.misfit! / facts.floor!;
    const text = `Amari's distance ${distance.toFixed(4)}; misfit ${ratio.toFixed(1)} of the noise, deviations of the features ${facts.stretch!.toFixed(0)} to 1; ${secondsText(seconds)}`;
    return { text, data: { d, seed, distance, ...facts, seconds } };
  },
});

/** Amari's distance of P [d, d] from a scaled permutation (Amari, Cichocki, Yang 1996), over 2d(d − 1). */
function amari(p: Float64Array, d: number): number {
  const at = (i: number, j: number) => Math.abs(p[i * d + j]!);
  const range = Array.from({ length: d }, (_, i) => i);
  const excess = (of: (i: number, j: number) => number) =>
    range.reduce((sum, i) => {
      const row = range.map((j) => of(i, j));
      return sum + row.reduce((a, b) => a + b) / Math.max(...row) - 1;
    }, 0);
  return (excess(at) + excess((i, j) => at(j, i))) / (2 * d * (d - 1));
}
