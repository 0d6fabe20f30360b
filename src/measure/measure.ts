import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { ForwardOperator } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { contiguous, fromHost, sameShape } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { stream } from "../data/random.ts";
import { compile } from "../engine/index.ts";

/** What was measured and how: all that a recovery needs. */
export interface Measurements {
  /** [n, ...outShape] */
  readonly y: NdArray<Float32Array>;
  /** `gaussian:m=100`; absent for an operator made in code, whose measurements cannot be saved. */
  readonly operatorSpec?: string;
  /** Seed of the operator's own draws. */
  readonly operatorSeed?: number;
  /** Readable: `gaussian(m=100)`. */
  readonly operatorName: string;
  /** Shape of one signal. */
  readonly inShape: readonly number[];
  /** Standard deviation σ of the noise of each measurement. */
  readonly noise: number;
  /** Seed of the noise. */
  readonly seed: number;
  /** σ√m, m measurements a signal: about the norm of the noise of one signal. */
  readonly noiseNorm: number;
  /** 10 log₁₀(mean‖Φx‖² / (m σ²)), in decibels; Infinity without noise. */
  readonly snr: number;
  /** The signals that were measured, [n, ...inShape]; absent where they are not known. */
  readonly truth?: NdArray<Float32Array>;
}

export interface MeasureOptions {
  /** Standard deviation of the noise of each measurement; default 0. */
  readonly noise?: number;
  /** Seed of the noise; default 1. */
  readonly seed?: number;
}

/**
 * Measures signals [n, ...inShape]: y = Φ(x) + w, w ~ N(0, σ²) independently in every measurement, drawn from
 * stream(seed, "noise") signal by signal, so that the first signals get the same noise however many follow.
 *
 * Errors: signals of another shape, none, or with values that are not finite; noise that is negative.
 */
export async function measure(
  signals: NdArray<Float32Array>,
  operator: ForwardOperator,
  options: MeasureOptions = {},
): Promise<Measurements> {
  const { noise = 0, seed = 1 } = options;
  checkSignals(signals, operator, noise);
  const forward = await compile(({ x }: { x: tf.Tensor }) => operator.forward(x), { x: signals }, { name: "measure" });
  const clean = await forward.run({ x: signals });
  await forward.dispose();

  const random = stream(seed, "noise");
  const data = clean.data.map((value) => (noise > 0 ? value + noise * random.normal() : value));
  const energy = clean.data.reduce((sum, value) => sum + value * value, 0) / clean.size;
  return {
    y: fromHost(data, clean.shape),
    ...(operator.source && { operatorSpec: operator.source.spec, operatorSeed: operator.source.seed }),
    operatorName: operator.name,
    inShape: operator.inShape,
    noise,
    seed,
    noiseNorm: noise * Math.sqrt(clean.size / clean.shape[0]!),
    snr: noise > 0 ? 10 * Math.log10(energy / noise ** 2) : Number.POSITIVE_INFINITY,
    truth: signals,
  };
}

/** The operator that made the measurements, made again from its spec and seed. */
export function operatorOf(measurements: Measurements): ForwardOperator {
  const { operatorSpec, operatorSeed, operatorName, inShape } = measurements;
  if (operatorSpec !== undefined && operatorSeed !== undefined) {
    return parseOperator(operatorSpec, inShape, operatorSeed);
  }
  throw new InputError(`measurements: ${operatorName} was made in code and cannot be made again; pass that operator`);
}

function checkSignals(signals: NdArray<Float32Array>, operator: ForwardOperator, noise: number): void {
  if (!(noise >= 0 && noise < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`measure: noise: expected a standard deviation of at least 0, got ${noise}`);
  }
  if (!sameShape(signals.shape.slice(1), operator.inShape) || !(signals.shape[0]! > 0)) {
    throw new RangeError(
      `measure: ${operator.name} expects signals [n, ${operator.inShape.join(", ")}], got [${signals.shape.join(", ")}]`,
    );
  }
  const data = contiguous(signals);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const width = signals.size / signals.shape[0]!;
  throw new InputError(`measure: signal ${Math.floor(bad / width)} holds ${data[bad]}; expected finite numbers`);
}
