import type { NdArray } from "ndarray";
import type { ForwardOperator, OperatorSource } from "../../operators/operator.ts";
import { partsOf, specTree } from "../../operators/spec-tree.ts";
import { fromHost, sameShape } from "../data/array.ts";
import { InputError, messageOf } from "../data/errors.ts";
import { type Expected, type Metadata, member, type NpyArray, type Npz, readNpz, writeNpz } from "../data/index.ts";
import { isModule } from "../data/spec.ts";
import type { Measurements } from "./measure.ts";
import { gaussianNoise } from "./noise/gaussian.ts";
import type { NoiseModel } from "./noise/noise.ts";
import { parseNoise } from "./noise/registry.ts";
import { openOperator } from "./open-operator.ts";

/**
 * Measurements as .npz: members `y`, where known `truth`, and `sigmas` where every measurement has its own standard deviation;
 * everything else in the metadata. `numpy.load` reads them. Version 1 held `noise` as the σ of Gaussian noise.
 */
export const measurementsFormat: Expected = { format: "sketchprior-measurements", version: 2 };

/**
 * Writes measurements to an .npz file, whole or not at all.
 * Errors (InputError): an operator made in code, which no file can hold; a path that cannot be written.
 */
export async function saveMeasurements(file: string, measurements: Measurements): Promise<void> {
  const { operator, y, truth, noise, seed, noiseNorm } = measurements;
  const { name: operatorName, inShape, source, digest: operatorDigest } = operator;
  if (source === undefined) {
    throw new InputError(
      `${file}: cannot be written, ${operatorName} was made in code; make it with parseOperator or openOperator, so that ` +
        "the file can say how to make it again",
    );
  }
  const sigmas = noise.gaussian?.sigmas;
  const snr = Number.isFinite(measurements.snr) ? measurements.snr : null; // JSON has no Infinity
  await writeNpz(file, {
    arrays: { y, ...(truth && { truth }), ...(sigmas && { sigmas: fromHost(sigmas, [sigmas.length]) }) },
    metadata: {
      ...measurementsFormat,
      ...{ operatorSpec: source.spec, operatorSeed: source.seed, operatorName, inShape },
      ...(operatorDigest && { operatorDigest }),
      ...{ noise: noise.spec, sigma: noise.sigma, seed, noiseNorm, snr },
    },
  });
}

/** Measurements whose operator is only described, as the file has it, and not made. */
export interface SavedMeasurements extends Omit<Measurements, "operator"> {
  readonly operator: Omit<ForwardOperator, "forward"> & { readonly source: OperatorSource };
}

/**
 * Reads measurements that `saveMeasurements` wrote, without making their operator.
 * Errors (InputError): no such file, truncated, of another kind or a newer version, values that are not finite, members that do not
 * fit each other.
 */
export async function readMeasurements(file: string): Promise<SavedMeasurements> {
  const npz = await readNpz(file, measurementsFormat);
  const checked = checkedFacts(npz.metadata, file);
  const { operatorSpec: spec, operatorSeed, operatorName: name, operatorDigest: digest, inShape, ...facts } = checked;
  const y = floats(npz, "y", file);
  const truth = npz.arrays.truth && floats(npz, "truth", file);
  if (truth) fits(file, "truth", truth, inShape);
  if (truth && truth.shape[0] !== y.shape[0]) {
    throw new InputError(`${file}: holds ${y.shape[0]} measurements, but ${truth.shape[0]} true signals`);
  }
  const source = { spec, seed: operatorSeed };
  const operator = { name, inShape, outShape: y.shape.slice(1), source, ...(digest && { digest }) };
  return { operator, y, noise: noiseOf(npz, file), ...facts, ...(truth && { truth }) };
}

/**
 * Reads measurements and makes their operator again, exactly: a matrix that it reads from a file must be the one that measured. Files
 * written before matrices were remembered have nothing to compare with and are taken as they are. A user's module is not run because
 * a file names it: it must be given (`openMeasurements`).
 * Errors (InputError): those of `readMeasurements`, an operator that cannot be made again or is another.
 */
export async function loadMeasurements(file: string): Promise<Measurements> {
  const saved = await readMeasurements(file);
  const { inShape: shape, source, digest } = saved.operator;
  const { spec, seed } = source;
  const module = partsOf(specTree(spec)).find(isModule);
  if (module) {
    throw new InputError(
      `${file}: was measured by the module ${module}, which is run only when you name it; say --operator ${spec}`,
    );
  }
  const operator = await openOperator(spec, { shape, seed }).catch((error: unknown) => {
    throw new InputError(`${file}: its operator ${spec} cannot be made again: ${messageOf(error)}`);
  });
  fits(file, "y", saved.y, operator.outShape);
  if (digest && operator.digest !== digest) {
    throw new InputError(
      `${file}: was measured by another matrix than ${spec} holds now; put that one back, or say --operator ${spec} to use this one`,
    );
  }
  return { ...saved, operator };
}

function noiseOf(npz: Npz<Metadata>, file: string): NoiseModel {
  const { version, noise, sigma } = npz.metadata;
  if (version === 1) return gaussianNoise(need<number>(file, "noise", noise, Number.isFinite(noise)));
  const spec = need<string>(file, "noise", noise, typeof noise === "string");
  if (npz.arrays.sigmas) return gaussianNoise(floats(npz, "sigmas", file).data, spec);
  return parseNoise(spec).ofSigma(need<number>(file, "sigma", sigma, Number.isFinite(sigma)));
}

function checkedFacts(metadata: Metadata, file: string) {
  const { operatorSpec, operatorSeed, operatorName, operatorDigest: digest, inShape, seed, noiseNorm, snr } = metadata;
  const shape = Array.isArray(inShape) && inShape.every((n) => Number.isInteger(n) && n > 0);
  return {
    operatorSpec: need<string>(file, "operatorSpec", operatorSpec, typeof operatorSpec === "string"),
    operatorSeed: need<number>(file, "operatorSeed", operatorSeed, Number.isSafeInteger(operatorSeed)),
    operatorName: need<string>(file, "operatorName", operatorName, typeof operatorName === "string"),
    operatorDigest: need<string | undefined>(
      file,
      "operatorDigest",
      digest,
      ["string", "undefined"].includes(typeof digest),
    ),
    inShape: need<number[]>(file, "inShape", inShape, shape),
    seed: need<number>(file, "seed", seed, Number.isSafeInteger(seed)),
    noiseNorm: need<number>(file, "noiseNorm", noiseNorm, Number.isFinite(noiseNorm)),
    snr: snr === null ? Number.POSITIVE_INFINITY : need<number>(file, "snr", snr, Number.isFinite(snr)),
  };
}

function need<T>(file: string, name: string, value: unknown, ok: boolean): T {
  if (ok) return value as T;
  throw new InputError(`${file}: metadata: ${name} is missing or damaged (got ${JSON.stringify(value)})`);
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
