import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { ForwardOperator } from "../../operators/operator.ts";
import { contiguous, sameShape, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { requireOptionNames } from "../data/options.ts";
import { stream } from "../data/random.ts";
import { compile } from "../engine/index.ts";
import { gaussianNoise } from "./noise/gaussian.ts";
import type { Noise, NoiseModel } from "./noise/noise.ts";
import { meanOf, placeOf } from "./noise/rows.ts";

/** What was measured and how: all that a recovery needs, and how strong the noise was. */
export interface Measurements {
  readonly operator: ForwardOperator;
  /** [n, ...operator.outShape] */
  readonly y: NdArray<Float32Array>;
  readonly noise: NoiseModel;
  /** Seed of the noise. */
  readonly seed: number;
  /** σ√m, m measurements a signal: about the norm of the noise of one signal. */
  readonly noiseNorm: number;
  /** 10 log₁₀(mean‖Φx‖² / (m σ²)), in decibels; Infinity without noise. */
  readonly snr: number;
  /** The signals that were measured, [n, ...operator.inShape]; absent where they are not known. */
  readonly truth?: NdArray<Float32Array>;
}

export interface MeasureOptions {
  /** What is added to Φ(x); a number is the standard deviation of Gaussian noise. Default 0. */
  readonly noise?: Noise | NoiseModel | number;
  /** Seed of the noise; default 1. */
  readonly seed?: number;
}

/**
 * Measures signals [n, ...inShape]: y drawn from the noise model around Φ(x), by stream(seed, "noise") signal by signal, so
 * that the first signals get the same draws however many follow.
 *
 * Errors: an unknown option (TypeError); signals of another shape, or none (RangeError). InputError: signals or noiseless values that
 * are not finite; noiseless values that the noise cannot have, such as negative means of counts.
 */
export async function measure(
  signals: NdArray<Float32Array>,
  operator: ForwardOperator,
  options: MeasureOptions = {},
): Promise<Measurements> {
  requireOptionNames("measure", options, ["noise", "seed"]);
  const { noise = 0, seed = 1 } = options;
  const given = typeof noise === "number" ? gaussianNoise(noise) : noise;
  checkSignals(signals, operator);
  const forward = await compile(({ x }: { x: tf.Tensor }) => operator.forward(x), { x: signals }, { name: "measure" });
  const clean = await forward.run({ x: signals });
  await forward.dispose();
  checkClean(clean, operator);

  const model = "ofClean" in given ? given.ofClean(clean) : given;
  const { sigma } = model;
  return {
    operator,
    y: model.sample(clean, stream(seed, "noise")),
    noise: model,
    seed,
    noiseNorm: sigma * Math.sqrt(sizeOf(operator.outShape)),
    snr: sigma > 0 ? 10 * Math.log10(meanOf(clean, (c) => c * c) / sigma ** 2) : Number.POSITIVE_INFINITY,
    truth: signals,
  };
}

function checkSignals(signals: NdArray<Float32Array>, operator: ForwardOperator): void {
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

/** Errors (InputError): noiseless values that are not finite. A non-linear operator can give them: √ of a negative signal is NaN. */
function checkClean(clean: NdArray<Float32Array>, { name }: ForwardOperator): void {
  const bad = contiguous(clean).findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new InputError(
    `measure: ${name}: ${placeOf(clean, bad)} is ${contiguous(clean)[bad]}; expected finite numbers`,
  );
}
