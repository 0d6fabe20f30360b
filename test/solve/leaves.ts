import ndarray, { type NdArray } from "ndarray";
import { fitPatches } from "../../priors/patches/index.ts";
import type { PatchPrior } from "../../priors/prior.ts";
import { openDataset, readRows, stream } from "../../src/data/index.ts";
import { designFor, sketchDataset } from "../../src/sketch/index.ts";

/** Side of the prior's patches. */
export const SIDE = 6;

// ten images of dead leaves as patches; the test images are others
const data = await openDataset(`patches:dead-leaves:side=${SIDE},stride=3`);
const range = { from: 0, to: 10 * 41 * 41 };
const families = [{ kind: "gated-moments", cells: 12 }] as const;
export const sketch = await sketchDataset(data, await designFor(data, { families, pilotRows: 3000, range }), { range });
export const prior: PatchPrior = { kind: "patches", name: "leaves", ...(await fitPatches(sketch)) };

const images = await readRows(await openDataset("dead-leaves"), 500, 502);

/** The upper left parts of `count` test images, [count, height, width]. */
export const cropped = (count: number, height: number, width: number): NdArray<Float32Array> =>
  ndarray(
    Float32Array.from({ length: count * height * width }, (_, i) => {
      const [image, place] = [Math.floor(i / (height * width)), i % (height * width)];
      return images.data[(image * 128 + Math.floor(place / width)) * 128 + (place % width)]!;
    }),
    [count, height, width],
  );

/** With normal noise of the standard deviation sigma. */
export function noisy(y: NdArray<Float32Array>, sigma: number): NdArray<Float32Array> {
  const random = stream(8, "noise");
  return ndarray(
    y.data.map((v) => v + sigma * random.normal()),
    y.shape,
  );
}
