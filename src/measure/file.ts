import type { NdArray } from "ndarray";
import { sameShape } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { type Expected, type Metadata, member, type NpyArray, type Npz, readNpz, writeNpz } from "../data/index.ts";
import { type Measurements, operatorOf } from "./measure.ts";

/** Measurements as .npz: members `y` and, where known, `truth`; everything else in the metadata. `numpy.load` reads them. */
export const measurementsFormat: Expected = { format: "sketchprior-measurements", version: 1 };

/**
 * Writes measurements to an .npz file, whole or not at all.
 * Errors (InputError): an operator made in code, which no file can hold; a path that cannot be written.
 */
export async function saveMeasurements(file: string, measurements: Measurements): Promise<void> {
  const { y, truth, inShape, operatorSpec, operatorSeed, operatorName, noise, seed, noiseNorm } = measurements;
  if (operatorSpec === undefined) {
    throw new InputError(
      `${file}: cannot be written, ${operatorName} was made in code; make it with parseOperator, so that the file can ` +
        "say how to make it again",
    );
  }
  const snr = Number.isFinite(measurements.snr) ? measurements.snr : null; // JSON has no Infinity
  const facts = { operatorSpec, operatorSeed, operatorName, inShape, noise, seed, noiseNorm, snr };
  await writeNpz(file, { arrays: { y, ...(truth && { truth }) }, metadata: { ...measurementsFormat, ...facts } });
}

/**
 * Reads measurements; `operatorOf` makes their operator again, exactly.
 * Errors (InputError): no such file, truncated, of another kind or a newer version, arrays that do not fit the operator,
 * values that are not finite.
 */
export async function loadMeasurements(file: string): Promise<Measurements> {
  const npz = await readNpz(file, measurementsFormat);
  const facts = checkedFacts(npz.metadata, file);
  const y = floats(npz, "y", file);
  const truth = npz.arrays.truth && floats(npz, "truth", file);
  const measurements: Measurements = { ...facts, y, ...(truth && { truth }) };
  const operator = operatorOf(measurements);
  fits(file, "y", y, operator.outShape);
  if (truth) fits(file, "truth", truth, operator.inShape);
  if (truth && truth.shape[0] !== y.shape[0]) {
    throw new InputError(`${file}: holds ${y.shape[0]} measurements, but ${truth.shape[0]} true signals`);
  }
  return measurements;
}

function checkedFacts(metadata: Metadata, file: string): Omit<Measurements, "y" | "truth"> {
  const { operatorSpec, operatorSeed, operatorName, inShape, noise, seed, noiseNorm, snr } = metadata;
  const need = <T>(name: string, value: unknown, ok: boolean): T => {
    if (ok) return value as T;
    throw new InputError(`${file}: metadata: ${name} is missing or damaged (got ${JSON.stringify(value)})`);
  };
  const shape = Array.isArray(inShape) && inShape.every((n) => Number.isInteger(n) && n > 0);
  return {
    operatorSpec: need<string>("operatorSpec", operatorSpec, typeof operatorSpec === "string"),
    operatorSeed: need<number>("operatorSeed", operatorSeed, Number.isSafeInteger(operatorSeed)),
    operatorName: need<string>("operatorName", operatorName, typeof operatorName === "string"),
    inShape: need<number[]>("inShape", inShape, shape),
    noise: need<number>("noise", noise, Number.isFinite(noise)),
    seed: need<number>("seed", seed, Number.isSafeInteger(seed)),
    noiseNorm: need<number>("noiseNorm", noiseNorm, Number.isFinite(noiseNorm)),
    snr: snr === null ? Number.POSITIVE_INFINITY : need<number>("snr", snr, Number.isFinite(snr)),
  };
}

function floats(npz: Npz<unknown>, name: string, file: string): NdArray<Float32Array> {
  const array: NpyArray = member(npz, name, file);
  if (!(array.data instanceof Float32Array)) {
    throw new InputError(`${file}: member "${name}": expected 32-bit floats, got ${array.dtype}`);
  }
  if (!array.data.every(Number.isFinite))
    throw new InputError(`${file}: member "${name}" holds values that are not finite`);
  return array as NdArray<Float32Array>;
}

function fits(file: string, name: string, array: NdArray<Float32Array>, shape: readonly number[]): void {
  if (sameShape(array.shape.slice(1), shape)) return;
  throw new InputError(
    `${file}: member "${name}": expected [n, ${shape.join(", ")}], got [${array.shape.join(", ")}]; the file is damaged`,
  );
}
