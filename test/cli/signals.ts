import ndarray, { type NdArray } from "ndarray";
import { stream } from "../../src/data/random.ts";

/** Signals to compare, [count, 6, 6]: numbers from [0, 1], the same whenever they are made. */
export function uniformSignals(count: number): NdArray<Float32Array> {
  const uniform = stream(1, "signals to compare");
  return ndarray(
    Float32Array.from({ length: count * 36 }, () => uniform.uniform()),
    [count, 6, 6],
  );
}
