import ndarray from "ndarray";
import type { Batch, Dataset } from "../../src/data/index.ts";
import { stream } from "../../src/data/random.ts";
import { makeDesign, sketchDataset } from "../../src/sketch/index.ts";

/** Sketches points of the plane that are drawn as they are needed and kept nowhere: `node … generated.ts POINTS FREQUENCIES`. */
const [count = 0, m = 0] = process.argv.slice(2).map(Number);

async function* batches(size: number, { from, to } = { from: 0, to: count }): AsyncGenerator<Batch> {
  for (let first = from; first < to; first += size) {
    const rows = Math.min(size, to - first);
    yield { first, data: ndarray(stream(1, "generated", first).fillNormal(new Float32Array(2 * rows)), [rows, 2]) };
  }
}

const dataset: Dataset = { name: "generated", count, shape: [2], batches };
const families = [{ kind: "fourier", scales: [1], m }, { kind: "second-moments" }] as const;
const { sums } = await sketchDataset(dataset, await makeDesign({ shape: [2], families }));
// the variances are 1, to six standard errors
const variance = sums["second-moments.xx"]![0]! / count;
if (!(Math.abs(variance - 1) < 6 * Math.sqrt(2 / count)))
  throw new Error(`generated: variance ${variance}, expected 1`);
