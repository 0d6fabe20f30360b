import ndarray from "ndarray";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { contiguous, type HostArray, sizeOf } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { type Compiled, type CompileOptions, compile } from "../../src/engine/index.ts";

/** A seeded float array, uniform between two numbers. */
export const floats = (shape: readonly number[], low = -2, high = 2, name = "floats"): HostArray => {
  const random = stream(1, name, ...shape);
  return ndarray(
    Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random.uniform()),
    [...shape],
  );
};
/** A seeded array of integers from low to high. */
export const ints = (shape: readonly number[], low = -5, high = 5, name = "ints"): HostArray => {
  const random = stream(1, name, ...shape);
  const draw = () => low + random.integer(high - low + 1);
  return ndarray(Int32Array.from({ length: sizeOf(shape) }, draw), [...shape]);
};
export const bools = (shape: readonly number[], name = "bools"): HostArray =>
  ndarray(Uint8Array.from(ints(shape, 0, 1, name).data), [...shape]);
export const listed = (values: readonly number[], shape: readonly number[] = [values.length]): HostArray =>
  ndarray(Float32Array.from(values), [...shape]);
export const listedInts = (values: readonly number[], shape: readonly number[] = [values.length]): HostArray =>
  ndarray(Int32Array.from(values), [...shape]);

/** Where implementations of real functions tend to differ. */
export const special = listed([0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-7, 40, -40, Infinity, -Infinity, NaN]);

/** Numbers of one or several arrays, in order. */
export const values = (result: unknown): number[] =>
  (Array.isArray(result) ? result : [result]).flatMap((array) => Array.from(contiguous(array as HostArray)));

/**
 * Equality to float32 rounding: `tolerance` relative to the largest finite element, because sums cancel. Both engines
 * round every operation to 24 bits (6e-8) and sum in different orders; 1e-5 leaves room for some hundred such steps.
 */
export function close(actual: readonly number[], expected: readonly number[], title: string, tolerance = 1e-5): void {
  assert.is(actual.length, expected.length, `${title}: number of elements`);
  const largest = expected.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 1);
  expected.forEach((want, i) => {
    const got = actual[i]!;
    const ok = Number.isFinite(want) ? Math.abs(got - want) <= tolerance * largest : Object.is(got, want);
    if (!ok) assert.unreachable(`${title}: element ${i}: expected ${want}, got ${got}`);
  });
}

/** The body, checked to leave as many tensors as it found. */
export const leakFree = (body: () => void | Promise<void>) => async (): Promise<void> => {
  const before = tf.memory().numTensors;
  await body();
  assert.is(tf.memory().numTensors, before, "tensors left behind");
};

/** The message of the error that `body` throws or rejects with. */
export async function messageOf(body: () => unknown): Promise<string> {
  try {
    await body();
  } catch (error) {
    return (error as Error).message;
  }
  return assert.unreachable("expected an error") as never;
}

/** `fn` compiled and run once: the arrays it returns. */
export async function runOnce(
  fn: (tensors: tf.Tensor[]) => tf.Tensor[],
  inputs: readonly HostArray[],
  options: CompileOptions = {},
): Promise<HostArray[]> {
  // a list of any length is more than the inferred structure of `compile` can follow
  const anyCompile = compile as unknown as (...args: unknown[]) => Promise<Compiled<unknown, unknown>>;
  const compiled = await anyCompile(fn, inputs, options);
  const results = await compiled.run(inputs);
  await compiled.dispose();
  return results as HostArray[];
}

/** Fails unless `run` rejects with an error whose message matches. */
export async function refused(run: () => Promise<unknown>, message: RegExp): Promise<void> {
  const error = await run().then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.ok(error instanceof Error, `expected an error like ${message}`);
  assert.match(error.message, message);
}
