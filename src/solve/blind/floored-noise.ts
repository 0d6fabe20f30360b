import { contiguous } from "../../data/array.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import type { NoiseModel } from "../../measure/noise/noise.ts";
import type { Blurred } from "./joint-search.ts";

/** The least σ, as a part of the largest number of y: recoveries in float32 leave as much. */
const LEAST = 1e-4;

/** Gaussian noise of the problem's σ, at least 10⁻⁴ of the largest number of y (of y = 0: 1), so that every kernel of one y is judged by one σ. */
export function flooredNoise({ y, noise }: Blurred): NoiseModel {
  const most = (contiguous(y) as Float32Array).reduce((a, v) => Math.max(a, Math.abs(v)), 0);
  return gaussianNoise(Math.max(noise.sigma, LEAST * most) || 1);
}
