import type { NdArray } from "ndarray";
import { InputError } from "../data/errors.ts";
import type { NoiseModel } from "../measure/noise/noise.ts";
import { parseNoise } from "../measure/noise/registry.ts";
import { takeRows } from "./rows.ts";

/** σ of every signal's own y, [batch], which is the unit of its misfit; that of all for a model that no spec makes. */
export const rowSigmas = (noise: NoiseModel, y: NdArray<Float32Array>): Float64Array =>
  Float64Array.from({ length: y.shape[0]! }, (_, i) =>
    noise.gaussian ? noise.sigma : sigmaOfRow(noise, takeRows(y, [i])),
  );

/** σ of one signal's own y, [1, ...outShape]. */
export function sigmaOfRow({ spec, sigma }: NoiseModel, y: NdArray<Float32Array>): number {
  try {
    return parseNoise(spec).ofMeasured(y)?.sigma ?? sigma;
  } catch (error) {
    if (error instanceof InputError) return sigma;
    throw error;
  }
}
