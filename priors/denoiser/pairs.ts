import ndarray from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import { bandsOf, type Grid } from "../../src/data/grid.ts";
import { type ImageSource, patchPlaces } from "../../src/data/patches.ts";
import { stream } from "../../src/data/random.ts";
import { type Batch, checkedRange, type Dataset, type Range, requireSize } from "../../src/data/rows.ts";
import { pauses } from "../../src/engine/events.ts";
import { givenOf, givenWidth, seen } from "./given.ts";
import type { DenoiserModel } from "./model.ts";
import { openStages } from "./open.ts";
import type { Picture } from "./picture.ts";

export interface PairOptions {
  /** Pixels from one patch to the next. */
  readonly stride: number;
  /** Seed of the noise. */
  readonly seed: number;
  /** Aborts between two steps on an image, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * What the next stage of a denoiser is trained on, as a data set: of every patch of some grey images what that stage is given of it, with noise of the denoiser's σ added
 * and cleaned by the stages before, and the clean patch (`givenOf`). Image by image, row by row; the noise of an image depends on the seed, the stage and the image's place alone.
 * Errors (InputError): images in colour; those of `patchPlaces`.
 */
export function pairDataset(images: ImageSource, model: DenoiserModel, { stride, seed, signal }: PairOptions): Dataset {
  const { side, sigma, stages } = model;
  const stage = stages.length;
  const width = givenWidth(side, stage) + side * side;
  const name = `pairs of ${images.name}`;
  if (images.channels !== 1)
    throw new InputError(`${images.name}: is in colour, denoisers learn from grey images; give patches:DATA:grey=true`);
  const { starts, across } = patchPlaces(images, { side, stride });
  const along = (length: number) => Array.from({ length: across(length) }, (_, i) => i * stride);
  const gridOf = ([rows, columns]: readonly [number, number]): Grid => ({ rows: along(rows), columns: along(columns) });
  const count = starts.at(-1)!;

  async function* batches(size: number, range?: Range): AsyncGenerator<Batch> {
    const { from, to } = checkedRange(name, count, range);
    requireSize(name, size);
    const opened = await openStages(model, { threads: 1 }); // pairs must be the same bits on every machine
    const pause = pauses(signal);
    let [data, first, filled] = [new Float32Array(0), from, 0];
    try {
      for (const [i, pixels] of images.sizes.entries()) {
        const [start, end] = [Math.max(from, starts[i]!), Math.min(to, starts[i + 1]!)];
        if (start >= end) continue;
        const clean: Picture = { data: await images.read(i), height: pixels[0], width: pixels[1] };
        const random = stream(seed, "noise of pairs", stage, i);
        const noisy = { ...clean, data: clean.data.map((v) => v + sigma * random.normal()) };
        const estimate = await opened.estimate(noisy, pause, signal);
        const all = await seen(noisy, estimate, { grid: gridOf(pixels), side, pause });
        let at = starts[i]!;
        for (const band of bandsOf(all.grid, all.grid.columns.length)) {
          const next = at + band.columns.length;
          if (next > start && at < end) {
            const { rows } = givenOf(all, band, side, clean);
            for (let row = Math.max(at, start); row < Math.min(next, end); row++) {
              if (filled === 0) data = new Float32Array(Math.min(size, to - first) * width);
              data.set(rows.subarray((row - at) * width, (row - at + 1) * width), filled++ * width);
              if (filled < Math.min(size, to - first)) continue;
              yield { first, data: ndarray(data, [filled, width]) };
              [first, filled] = [first + filled, 0];
            }
          }
          at = next;
        }
      }
    } finally {
      await opened.dispose();
    }
  }
  return { name, count, shape: [width], batches, ...(images.stored && { stored: images.stored }) };
}
