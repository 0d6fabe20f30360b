import type { NdArray } from "ndarray";
import { matrixOperator } from "../../operators/matrix.ts";
import type { ForwardOperator } from "../../operators/operator.ts";
import { contiguous, fromHost, type HostArray, sameShape, sizeOf } from "../data/array.ts";
import { InputError, messageOf } from "../data/errors.ts";
import { readNpz } from "../data/index.ts";
import { requireOptionNames } from "../data/options.ts";
import { loadMeasurements, readMeasurements } from "./file.ts";
import { knownNoise, type Noise } from "./noise/noise.ts";
import { openNoise } from "./open-noise.ts";
import { openOperator, signalShape } from "./open-operator.ts";
import { type OwnArrays, readOwn } from "./own-file.ts";
import { signalRows } from "./signal-rows.ts";

export interface OpenMeasurementsOptions {
  /** Φ, or its spec; needed unless the file holds it. */
  readonly operator?: ForwardOperator | string;
  /** Shape of one signal; default: that of the file, of the images (where Φ changes it, that of signals that give such images), or of the operator. */
  readonly shape?: readonly number[];
  /** Spec of the noise; default: that of the file, else `gaussian:sigma=auto`. */
  readonly noise?: string;
  /** Seed of the operator's own draws; default 1. */
  readonly seed?: number;
}

/** A problem whose noise may still have to be estimated. */
export interface OpenedMeasurements {
  readonly operator: ForwardOperator;
  /** [n, ...operator.outShape] */
  readonly y: NdArray<Float32Array>;
  readonly noise: Noise;
  /** [n, ...operator.inShape]; absent where the file does not hold it. */
  readonly truth?: NdArray<Float32Array>;
}

/**
 * Opens measurements: a file that `saveMeasurements` wrote, or one's own: `.npy`, `.npz` (member `y` or its only array; optional
 * `truth` or `x`, and a matrix `A`), `.csv`, raw float32 (`.raw`, `.bin`, `.f32`), one image or a folder of images. One signal or
 * several, of shape outShape, [n, ...outShape] or [n, m]. Numbers are taken as they are; 8- and 16-bit images are in [0, 1].
 *
 * Errors (InputError): no operator, or a shape that is missing; another number of measurements than the operator returns, with both
 * numbers; numbers that are not finite, by their position; noise that cannot have given them; a file that cannot be read.
 * TypeError: an unknown option.
 */
export async function openMeasurements(
  file: string,
  options: OpenMeasurementsOptions = {},
): Promise<OpenedMeasurements> {
  requireOptionNames("openMeasurements", options, ["operator", "shape", "noise", "seed"]);
  const opened = (await hasMetadata(file)) ? await openSaved(file, options) : await openOwn(file, options);
  checkNoise(opened);
  return opened;
}

const hasMetadata = async (file: string): Promise<boolean> =>
  /\.npz$/i.test(file) && (await readNpz(file)).metadata !== undefined;

async function openSaved(file: string, options: OpenMeasurementsOptions): Promise<OpenedMeasurements> {
  const { operator, noise } = options;
  const saved = operator === undefined ? await loadMeasurements(file) : await replaced(file, operator, options);
  const { truth } = saved;
  return {
    ...{
      operator: saved.operator,
      y: saved.y,
      noise: noise === undefined ? knownNoise(saved.noise) : await openNoise(noise),
    },
    ...(truth && { truth }),
  };
}

/** Saved measurements with another operator than the one that the file names, for signals of the same shape. */
async function replaced(file: string, wanted: ForwardOperator | string, options: OpenMeasurementsOptions) {
  const saved = await readMeasurements(file);
  const { inShape } = saved.operator;
  const operator = await operatorOf(wanted, options.shape ?? inShape, options.seed);
  if (!sameShape(operator.inShape, inShape)) {
    throw new InputError(
      `${file}: was measured from signals of [${inShape.join(", ")}], ${operator.name} takes [${operator.inShape.join(", ")}]`,
    );
  }
  return { ...saved, operator, y: measured(file, saved.y, operator) };
}

async function openOwn(file: string, options: OpenMeasurementsOptions): Promise<OpenedMeasurements> {
  const arrays = await readOwn(file);
  const { seed, operator: wanted } = options;
  const shape = options.shape ?? (await signalShapeOf(wanted, arrays.imageShape));
  const operator = wanted === undefined ? ownMatrix(file, arrays, shape) : await operatorOf(wanted, shape, seed);
  const y = measured(file, arrays.y, operator, arrays.flat);
  const truth = arrays.truth && trueSignals(file, arrays.truth, operator);
  if (truth && truth.shape[0] !== y.shape[0]) {
    throw new InputError(`${file}: holds ${y.shape[0]} measurements, but ${truth.shape[0]} true signals`);
  }
  const noise = await openNoise(options.noise ?? "gaussian:sigma=auto");
  return { operator, y, noise, ...(truth && { truth }) };
}

/** The shape of the signals that images are measured from. */
async function signalShapeOf(operator: ForwardOperator | string | undefined, images: readonly number[] | undefined) {
  return images && typeof operator === "string" ? signalShape(operator, images) : images;
}

async function operatorOf(
  operator: ForwardOperator | string,
  shape: readonly number[] | undefined,
  seed = 1,
): Promise<ForwardOperator> {
  return typeof operator === "string" ? openOperator(operator, { seed, ...(shape && { shape }) }) : operator;
}

function ownMatrix(file: string, { matrix }: OwnArrays, inShape: readonly number[] | undefined): ForwardOperator {
  if (!matrix) {
    throw new InputError(
      `${file}: holds measurements and no operator; say --operator, as matrix:file=A.npy, ./mine.js or gaussian:m=100`,
    );
  }
  try {
    const floats = fromHost(Float32Array.from(contiguous(matrix as HostArray)), matrix.shape);
    return matrixOperator({ matrix: floats, ...(inShape && { inShape }) });
  } catch (error) {
    throw new InputError(`${file}: A: ${messageOf(error)}`);
  }
}

const measured = (file: string, y: NdArray, { name, outShape: shape }: ForwardOperator, flat = false) =>
  signalRows(y, { who: `${file}: y`, shape, source: `${name} returns ${sizeOf(shape)}`, flat });

const trueSignals = (file: string, truth: NdArray, { name, inShape: shape }: ForwardOperator) =>
  signalRows(truth, { who: `${file}: truth`, shape, source: `${name} takes ${sizeOf(shape)}` });

/** Refuses measurements that the noise cannot have given, before anything is solved. */
function checkNoise({ operator, y, noise }: OpenedMeasurements): void {
  const sigmas = noise.ofMeasured(y)?.gaussian?.sigmas;
  const m = sizeOf(operator.outShape);
  if (sigmas && sigmas.length !== m) {
    throw new InputError(`${noise.spec}: holds ${sigmas.length} standard deviations, ${operator.name} returns ${m}`);
  }
}
