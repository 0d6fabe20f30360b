import type { NdArray } from "ndarray";
import type { MixturePrior } from "../../../priors/prior.ts";
import { drawSamples } from "../../../priors/samples.ts";
import { fromHost, sizeOf } from "../../../src/data/array.ts";
import { readRows } from "../../../src/data/rows.ts";
import type { LossyData } from "../../../src/measure/lossy/lossy-data.ts";
import { gridPng } from "../../../src/report/image-file.ts";

/** Images of a row. */
const COLUMNS = 12;

/** A PNG of rows: the lossy data themselves, where they are images, then draws of each prior. Missing pixels are grey. */
export async function rowsPicture(data: LossyData, priors: readonly MixturePrior[], seed: number): Promise<Uint8Array> {
  const size = sizeOf(data.signal);
  const seen = sizeOf(data.dataset.shape) === size ? [await readRows(data.dataset, 0, COLUMNS)] : [];
  const drawn: NdArray<Float32Array>[] = [];
  for (const prior of priors) drawn.push(await drawSamples(prior, COLUMNS, seed));
  const all = [...seen, ...drawn];
  const pixels = new Float32Array(all.length * COLUMNS * size);
  for (const [row, { data: own }] of all.entries()) {
    pixels.set(
      own.map((v) => (Number.isNaN(v) ? 0.5 : v)),
      row * COLUMNS * size,
    );
  }
  return gridPng(fromHost(pixels, [all.length * COLUMNS, ...data.signal]), { columns: COLUMNS, scale: 2 });
}
