import type { NdArray } from "ndarray";
import type { SignalPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { pauses } from "../../engine/events.ts";
import { takeRows } from "../rows.ts";
import type { Blurred, JointOptions } from "./joint-search.ts";
import { kernelStep } from "./kernel-step.ts";
import { greyOf } from "./planes.ts";
import { sparseGradients } from "./sparse-gradients.ts";

type Floats = NdArray<Float32Array>;

/** Turns of edges and kernel; λ of the edges in the first turn, for images in [0, 1], and its factor from turn to turn. */
const [TURNS, LAMBDA, DECAY] = [5, 4e-2, 1 / 1.6];
/** Standard deviation of the Gaussian kernel that the search begins with, in sides. */
const SPREAD = 0.15;

/**
 * The kernels of images of any size: in turns an image of few edges by `sparseGradients`, λ falling, and the kernel given it (`kernelStep`). Such an image is
 * sharper than y whatever the kernel, where the likeliest image of a prior is y itself with no blur (Levin et al. 2009). It takes the grey image, in units of the
 * range if the problem has one, of what is measured if not. Returns for every signal its kernel, [1, rows, columns].
 */
export async function edgeSearch(
  { y, range }: Blurred,
  prior: SignalPrior,
  { boundary, onProgress, ...watched }: Omit<JointOptions, "restarts" | "steps">,
): Promise<Floats[]> {
  const [rows, columns] = prior.shape as [number, number];
  const batch = y.shape[0]!;
  const pause = pauses(watched.signal);
  const kernels: Floats[] = [];
  for (let row = 0; row < batch; row++) {
    const grey = greyOf(takeRows(y, [row]), range);
    const sharpened = sparseGradients(grey, [rows, columns]);
    let kernel = gaussian(rows, columns);
    for (let turn = 0; turn < TURNS; turn++) {
      await pause();
      const image = sharpened(kernel, LAMBDA * DECAY ** turn);
      kernel = await kernelStep({ image, y: grey, kernel }, prior, { ...watched, boundary });
      const [step, maxSteps] = [row * TURNS + turn + 1, batch * TURNS];
      onProgress?.({ task: "kernels", step, maxSteps, objective: Number.NaN });
    }
    kernels.push(fromHost(kernel.data, [1, rows, columns]));
  }
  return kernels;
}

function gaussian(rows: number, columns: number): Floats {
  const along = (n: number) =>
    Float64Array.from({ length: n }, (_, i) => Math.exp(-0.5 * ((i - Math.floor(n / 2)) / (SPREAD * n)) ** 2));
  const [down, across] = [along(rows), along(columns)];
  const sum = down.reduce((a, b) => a + b) * across.reduce((a, b) => a + b);
  return fromHost(
    Float32Array.from(
      { length: rows * columns },
      (_, k) => (down[Math.floor(k / columns)]! * across[k % columns]!) / sum,
    ),
    [rows, columns],
  );
}
