import { addPatches, averaged, bandsOf, type Grid } from "../../src/data/grid.ts";
import type { CompileOptions } from "../../src/engine/index.ts";
import { placesInside } from "../../src/sketch/index.ts";
import { cellProduct, componentChooser } from "../patches/index.ts";
import { givenOf, givenWidth, MARGIN, type Seen, seen } from "./given.ts";
import { type DenoiserModel, stageGates } from "./model.ts";
import type { Picture } from "./picture.ts";

/** Pixels between the patches of a stage. */
export const SPACING = 2;
/** Numbers of what is given of the patches that are in memory at a time. */
const BAND = 2 ** 24;

/** The patches of an image every `SPACING` pixels and at its ends. */
function gridOf({ height, width }: Picture, side: number): Grid {
  const along = (length: number) => {
    const last = length - side;
    const places = Array.from({ length: Math.ceil(last / SPACING) }, (_, i) => i * SPACING);
    return [...places, last];
  };
  return { rows: along(height), columns: along(width) };
}

export type Stages = Awaited<ReturnType<typeof openStages>>;

/** The stages of a model, compiled. With one thread, estimates are the same bits whatever the machine's number of threads. */
export async function openStages(model: DenoiserModel, options: Pick<CompileOptions, "threads"> = {}) {
  const { side, cells, stages } = model;
  const d = side * side;
  const gates = stages.map((_, stage) => stageGates(model, stage));
  const chooser = await componentChooser(gates[0] ?? stageGates(model, 0), options);
  const products = await Promise.all(
    stages.map((_, stage) =>
      cellProduct({ cells: cells.inner.length, given: givenWidth(side, stage), made: d }, options),
    ),
  );
  const places = placesInside(side, MARGIN);

  const staged = async (all: Seen, stage: number, signal: AbortSignal | undefined): Promise<Picture> => {
    const { grid, noisy } = all;
    const { height, width } = noisy;
    const sizes = { height, width, channels: 1, side };
    const sums = new Float64Array(height * width);
    for (const band of bandsOf(grid, BAND / givenWidth(side, stage))) {
      signal?.throwIfAborted();
      const { rows, means, width: line } = givenOf(all, band, side);
      const patches = new Float32Array(means.length * d);
      for (let i = 0, at = 0; i < means.length; i++) {
        for (const place of places) patches[at++] = rows[i * line + place]!;
      }
      const cellOf = await chooser.chosen(patches, gates[stage]!, signal);
      const cleaned = await products[stage]!.run(rows, cellOf, stages[stage]!, signal);
      addPatches(sums, { patches: cleaned, means }, band, sizes);
    }
    return { data: averaged(sums, grid, sizes), height, width };
  };

  return {
    /** A noisy image after all stages; undefined if there are none. `pause` is awaited now and then. */
    estimate: async (
      noisy: Picture,
      pause: () => Promise<void>,
      signal?: AbortSignal,
    ): Promise<Picture | undefined> => {
      const grid = gridOf(noisy, side);
      let estimate: Picture | undefined;
      for (const stage of stages.keys()) {
        await pause();
        estimate = await staged(await seen(noisy, estimate, { grid, side, pause }), stage, signal);
      }
      return estimate;
    },
    dispose: async () => {
      for (const compiled of [chooser, ...products]) await compiled.dispose();
    },
  };
}
