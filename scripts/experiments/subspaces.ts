import { mkdir } from "node:fs/promises";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { defineCommand } from "../../src/cli/command.ts";
import { requireInteger } from "../../src/cli/options.ts";
import { secondsText } from "../../src/cli/text.ts";
import { arrayDataset, encodeNpy, writeAtomic } from "../../src/data/index.ts";
import { type Random, stream } from "../../src/data/random.ts";
import { learn } from "../../src/learn/index.ts";
import { orthogonalDirection } from "../../src/sketch/even-normals.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";
import { D, digits } from "./centres.ts";

const laws = {
  normal: (random: Random) => random.normal(),
  uniform: (random: Random) => Math.sqrt(12) * (random.uniform() - 0.5),
};
const sets = ["normal", "uniform", "digits"] as const;
/** Standard deviation across the subspaces. */
const ACROSS = 0.1;

/**
 * Subspaces from a sketch: the mean squared distance of the points from the nearest one. The points lie near K random subspaces through the origin with coordinates of one law of variance 1, or are digits in ten
 * principal components. K-subspaces runs on the points that this writes, by scripts/peers/subspaces.py.
 */
export const subspaces = defineCommand({
  usage: "subspaces <set>",
  description: "Learn subspaces from a sketch; measure the mean squared distance of the points from them.",
  examples: [["npm run experiment -- subspaces uniform", "five of three dimensions in ten; points.npy for the peer"]],
  options: (y) =>
    y
      .positional("set", { type: "string", choices: sets, demandOption: true, describe: "coordinates' law, or digits" })
      .option("subspaces", { alias: "k", type: "number", default: 5, requiresArg: true, describe: "subspaces" })
      .option("rank", { type: "number", default: 3, requiresArg: true, describe: "their dimension" })
      .option("points", { type: "number", default: 200_000, requiresArg: true, describe: "points of the laws" })
      .option("out", {
        alias: "o",
        type: "string",
        default: "subspaces-report",
        requiresArg: true,
        describe: "folder",
      }),
  run: async ({ set, subspaces: k, rank, points: count, out }, { seed }) => {
    for (const [name, value] of Object.entries({ subspaces: k, rank, points: count })) requireInteger(name, value);
    const { points, truth } =
      set === "digits" ? { points: await digits(), truth: undefined } : drawn(laws[set], k, rank, count, seed);
    const dataset = arrayDataset(set, points);
    const started = performance.now();
    const sketch = await sketchDataset(
      dataset,
      await designFor(dataset, {
        families: [{ kind: "fourier", m: 4096, seed }, { kind: "second-moments" }],
      }),
    );
    const pass = (performance.now() - started) / 1000;
    const { arrays, data: facts } = await learn("subspaces", sketch, { k, rank, seed });
    const seconds = (performance.now() - started) / 1000 - pass;
    const found = distance(points.data, arrays.means!.data, arrays.directions!.data, k);
    const best = truth && distance(points.data, new Float32Array(k * D), truth, k);
    await mkdir(out, { recursive: true });
    await writeAtomic(path.join(out, "points.npy"), encodeNpy(points));
    const text = [
      `pass ${secondsText(pass)}, learn ${secondsText(seconds)}`,
      `mean squared distance ${found.toFixed(4)}${best === undefined ? "" : `, of the true subspaces ${best.toFixed(4)}`}`,
    ].join("\n");
    return { text, data: { set, k, rank, seed, pass, seconds, found, ...(best !== undefined && { best }), ...facts } };
  },
});

function drawn(law: (random: Random) => number, k: number, rank: number, n: number, seed: number) {
  const random = stream(seed, "experiment", "subspaces");
  const truth = Float32Array.from(Array.from({ length: k }, () => Array.from(orthonormal(rank, random))).flat()); // [k, rank, D]
  const data = new Float32Array(n * D);
  for (let row = 0; row < n; row++) {
    const at = random.integer(k) * rank;
    for (let i = 0; i < D; i++) data[row * D + i] = ACROSS * random.normal();
    for (let q = 0; q < rank; q++) {
      const s = law(random);
      for (let i = 0; i < D; i++) data[row * D + i]! += s * truth[(at + q) * D + i]!;
    }
  }
  const points: NdArray<Float32Array> = ndarray(data, [n, D]);
  return { points, truth };
}

/** `rank` random orthonormal vectors, [rank, D]. */
function orthonormal(rank: number, random: Random): Float64Array {
  const vectors = new Float64Array(rank * D);
  for (let at = 0; at < vectors.length; at += D) {
    orthogonalDirection(random, vectors.subarray(at, at + D), vectors.subarray(0, at));
  }
  return vectors;
}

/** The mean squared distance of points [n, D] from the nearest of k affine subspaces: means [k, D], orthonormal directions [k, r, D]. */
function distance(points: Float32Array, means: Float32Array, directions: Float32Array, k: number): number {
  const rank = directions.length / (k * D);
  const centred = new Float64Array(D);
  let sum = 0;
  for (let at = 0; at < points.length; at += D) {
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < k; c++) {
      let squares = 0;
      for (let i = 0; i < D; i++) {
        centred[i] = points[at + i]! - means[c * D + i]!;
        squares += centred[i]! ** 2;
      }
      for (let q = 0; q < rank; q++) {
        let along = 0;
        for (let i = 0; i < D; i++) along += directions[(c * rank + q) * D + i]! * centred[i]!;
        squares -= along ** 2;
      }
      least = Math.min(least, squares);
    }
    sum += least;
  }
  return sum / (points.length / D);
}
