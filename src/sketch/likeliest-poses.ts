import ndarray, { type NdArray } from "ndarray";
import { sizeOf } from "../data/array.ts";
import { FEATURES, heldOutLikelihood, MEASUREMENTS } from "./held-out-likelihood.ts";
import { type PoseSpec, suggestedPoses } from "./poses.ts";

/** Log-likelihood that a grid must gain for each measurement. What gains less is not worth the time of its many poses. */
const WORTH = 0.05;
/** Fewer pilot samples cannot tell. */
const FEWEST = 1000;

/**
 * The poses that make held-out samples of a pilot [P, H, W] likeliest (`heldOutLikelihood`), of the grids of `suggestedPoses`; undefined if none
 * gains .05 for each measurement. Mixtures are made from every other sample. Grey images of more than 60 pixels alone have poses, and 1000
 * samples or more are needed.
 */
export async function likeliestPoses(
  pilot: NdArray<Float32Array>,
  signal?: AbortSignal,
): Promise<PoseSpec | undefined> {
  const [count = 0, ...shape] = pilot.shape;
  const n = sizeOf(shape);
  if (shape.length !== 2 || count < FEWEST || n <= FEATURES) return undefined;
  const half = (odd: number) => {
    const rows = Math.floor((count + 1 - odd) / 2);
    const out = new Float32Array(rows * n);
    for (let i = 0; i < rows; i++) out.set(pilot.data.subarray((2 * i + odd) * n, (2 * i + odd + 1) * n), i * n);
    return ndarray(out, [rows, n]);
  };
  const [fit, held] = [half(0), half(1)];
  let best: PoseSpec | undefined;
  let most = (await heldOutLikelihood(undefined, fit, held, shape, signal)) + WORTH * MEASUREMENTS;
  for (const spec of await suggestedPoses(fit, shape)) {
    const own = await heldOutLikelihood(spec, fit, held, shape, signal);
    if (own > most) [best, most] = [spec, own];
  }
  return best;
}
