import type { NdArray } from "ndarray";
import { fromHost, sizeOf } from "../src/data/array.ts";
import { stream } from "../src/data/random.ts";

/** Independent standard normal signals [batch, ...shape] that probe an operator. */
export function normalSignals(
  seed: number,
  name: string,
  batch: number,
  shape: readonly number[],
): NdArray<Float32Array> {
  return fromHost(stream(seed, name).fillNormal(new Float32Array(batch * sizeOf(shape))), [batch, ...shape]);
}
