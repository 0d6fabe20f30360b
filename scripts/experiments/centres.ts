import { mkdir } from "node:fs/promises";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { secondsText } from "../../src/cli/text.ts";
import { arrayDataset, encodeNpy, openDataset, readRows, writeAtomic } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { learn } from "../../src/learn/index.ts";
import { designFor, featuresOf, makeDesign, sketchDataset } from "../../src/sketch/index.ts";

const sets = ["gaussians", "digits"] as const;
/** Clusters and dimensions of both sets. */
const K = 10;
export const D = 10;

/**
 * Centres from a sketch beside those of the data: the mean squared distance from the nearest centre. Lloyd's algorithm and the published compressive k-means run on the points that this writes, by
 * scripts/peers/kmeans.py.
 */
export const centres = defineCommand({
  usage: "centres <set>",
  description: "Learn k-means centres from a sketch; measure their mean squared distance on the points.",
  examples: [["npm run experiment -- centres gaussians", "ten Gaussians in ten dimensions; points.npy for the peers"]],
  options: (y) =>
    y
      .positional("set", { type: "string", choices: sets, demandOption: true, describe: "which points" })
      .option("points", { type: "number", default: 1_000_000, requiresArg: true, describe: "points of the Gaussians" })
      .option("frequencies", {
        type: "number",
        default: 4096,
        requiresArg: true,
        describe: "frequencies of the sketch",
      })
      .option("restarts", { type: "number", default: 3, requiresArg: true, describe: "most searches" })
      .option("out", { alias: "o", type: "string", default: "centres-report", requiresArg: true, describe: "folder" }),
  run: async ({ set, points: count, frequencies, restarts, out }, { seed }) => {
    for (const [name, value] of Object.entries({ points: count, frequencies, restarts })) requireInteger(name, value);
    const { points, truth } =
      set === "gaussians" ? gaussians(count, seed) : { points: await digits(), truth: undefined };
    const dataset = arrayDataset(set, points);
    const design = await designFor(dataset, {
      families: [{ kind: "fourier", m: frequencies, seed }, { kind: "second-moments" }],
    });
    const seconds = async <T>(task: () => Promise<T>) => {
      const started = performance.now();
      return { result: await task(), seconds: (performance.now() - started) / 1000 };
    };
    const pass = await seconds(() => sketchDataset(dataset, design));
    const found = await seconds(() => learn("kmeans", pass.result, { k: K, restarts, seed }));
    const own = distance(points.data, found.result.arrays.centres!.data);
    await mkdir(out, { recursive: true });
    await writeAtomic(path.join(out, "points.npy"), encodeNpy(points));
    const best = truth && distance(points.data, truth);
    const text = [
      `pass ${secondsText(pass.seconds)}, learn ${secondsText(found.seconds)}`,
      `mean squared distance ${own.toFixed(4)}${best === undefined ? "" : `, of the true means ${best.toFixed(4)}`}`,
    ].join("\n");
    return {
      text,
      data: { set, seed, pass: pass.seconds, learn: found.seconds, own, ...(best !== undefined && { best }) },
    };
  },
});

/** n points of ten Gaussians N(cₖ, I) of equal weight in ten dimensions, cₖ ~ N(0, 1.5 K^{1/d} I): section 4.1 of Keriven et al. 2017. */
function gaussians(n: number, seed: number): { points: NdArray<Float32Array>; truth: Float32Array } {
  const random = stream(seed, "experiment", "centres");
  const truth = random.fillNormal(new Float32Array(K * D)).map((v) => v * Math.sqrt(1.5 * K ** (1 / D)));
  const data = new Float32Array(n * D);
  for (let row = 0; row < n; row++) {
    const k = random.integer(K);
    for (let i = 0; i < D; i++) data[row * D + i] = truth[k * D + i]! + random.normal();
  }
  return { points: ndarray(data, [n, D]), truth };
}

/** The 60 000 training digits of MNIST in ten principal components. */
export async function digits(): Promise<NdArray<Float32Array>> {
  const dataset = await openDataset("mnist");
  const { data } = await readRows(dataset, 0, dataset.count);
  const rows = ndarray(data as Float32Array, [dataset.count, 784]);
  const pilot = ndarray(rows.data.subarray(0, 5000 * 784), [5000, 784]);
  const { features, arrays } = await makeDesign({ shape: [784], features: `pca:${D}`, pilot });
  return featuresOf(features, rows, arrays);
}

/** The mean squared distance of points [n, d] from the nearest of K centres. */
function distance(points: Float32Array, found: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < points.length; at += D) {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < K; k++) {
      let squares = 0;
      for (let i = 0; i < D; i++) squares += (points[at + i]! - found[k * D + i]!) ** 2;
      least = Math.min(least, squares);
    }
    sum += least;
  }
  return sum / (points.length / D);
}
