import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { compile } from "../../src/engine/index.ts";

export type Floats = NdArray<Float32Array>;

/** A batch of standard normal numbers. */
export function draw(seed: number, shape: readonly number[]): Floats {
  const size = shape.reduce((a, b) => a * b, 1);
  return fromHost(stream(seed, "test").fillNormal(new Float32Array(size)), shape);
}

export const floats = (values: readonly number[], shape: readonly number[]): Floats =>
  fromHost(Float32Array.from(values), shape);

/** Runs a tensor function once, compiled or op by op. */
export async function apply(
  fn: (x: tf.Tensor) => tf.Tensor,
  x: Floats,
  engine: "onnx" | "tfjs" = "onnx",
): Promise<Floats> {
  const compiled = await compile((input: { x: tf.Tensor }) => fn(input.x), { x }, { engine, name: "test" });
  const result = await compiled.run({ x });
  await compiled.dispose();
  return result;
}

/** The largest difference of two arrays, relative to the largest element of the second. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [most, scale] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!));
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return most / (scale || 1);
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
