import type { NdArray } from "ndarray";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { pauses } from "../../src/engine/events.ts";
import { holdsPatch, isImage } from "../image-shape.ts";
import type { DenoiserPrior } from "../prior.ts";
import type { DenoiserModel } from "./model.ts";
import { openStages, type Stages } from "./open.ts";

/**
 * The prior of a denoiser: D_s(x) = (s/σ) D(xσ/s) for another s than the σ that it was trained for (denoiser scaling: Xu, Liu, Sun, Wohlberg, Kamilov 2020). Images in colour are
 * denoised in opponent colours, one by one: an orthogonal change of axes, so that white noise stays white noise of the same s.
 */
export const denoiserPrior = (name: string, model: DenoiserModel): DenoiserPrior => ({
  ...{ kind: "denoiser", name, takesSigma: true },
  accepts: (shape) => {
    const image = isImage(shape);
    return image === true ? holdsPatch(shape, model.side) : image;
  },
  open: async (shape) => {
    const stages = await openStages(model);
    return {
      denoise: (images, s, signal) => denoised(stages, images, shape, s / model.sigma, signal),
      dispose: stages.dispose,
    };
  },
});

const [A, B, C] = [3, 2, 6].map((n) => 1 / Math.sqrt(n)) as [number, number, number];
/** Axes of the colours: brightness, red against blue, green against both (Dabov, Foi, Katkovnik, Egiazarian 2007). Orthonormal. */
const OPPONENT = [
  [A, A, A],
  [B, 0, -B],
  [C, -2 * C, C],
] as const;

/** Images [batch, ...shape] of noise `scale` times that of the stages. */
async function denoised(
  stages: Stages,
  images: NdArray<Float32Array>,
  shape: readonly number[],
  scale: number,
  signal: AbortSignal | undefined,
): Promise<NdArray<Float32Array>> {
  const [height = 0, width = 0, channels = 1] = shape;
  const pause = pauses(signal);
  const out = new Float32Array(images.size);
  const axes = channels === 1 ? [[1]] : OPPONENT;
  for (let first = 0; first < images.size; first += sizeOf(shape)) {
    for (const axis of axes) {
      const data = new Float32Array(height * width);
      for (const [c, part] of axis.entries()) {
        for (let p = 0; p < data.length; p++) data[p]! += (part * images.data[first + p * channels + c]!) / scale;
      }
      const estimate = (await stages.estimate({ data, height, width }, pause, signal))!; // a trained denoiser has a stage
      for (const [c, part] of axis.entries()) {
        for (let p = 0; p < data.length; p++) out[first + p * channels + c]! += part * scale * estimate.data[p]!;
      }
    }
  }
  return fromHost(out, images.shape);
}
