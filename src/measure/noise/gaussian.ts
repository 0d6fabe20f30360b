import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { spread } from "../../../priors/signals.ts";
import { contiguous } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { noiseKind } from "./kind.ts";
import { knownNoise, type Noise, type NoiseModel } from "./noise.ts";
import { drawn, meanOf, rowSums } from "./rows.ts";

/**
 * Gaussian noise, y = c + w, w ~ N(0, σ²) in every measurement, or N(0, σᵢ²) in measurement i with an array [m] of σᵢ > 0.
 * misfit: ½‖y − c‖², or ½ Σ (σ²/σᵢ²)(yᵢ − cᵢ)² with σ the root mean square of the σᵢ. prox: (v + t·wᵢ·y)/(1 + t·wᵢ), wᵢ = σ²/σᵢ².
 * σ = 0 is a measurement without noise; its misfit stays ½‖y − c‖².
 * Errors (RangeError): a σ that is negative or not finite, a σᵢ that is not positive.
 */
export function gaussianNoise(sigma: number | Float32Array, spec?: string): NoiseModel {
  return typeof sigma === "number" ? equalNoise(sigma) : diagonalNoise(sigma, spec ?? "gaussian:sigmas=given");
}

function equalNoise(sigma: number): NoiseModel {
  if (!(sigma >= 0 && sigma < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`gaussian noise: sigma: expected a standard deviation of at least 0, got ${sigma}`);
  }
  return {
    name: `gaussian(sigma=${sigma})`,
    spec: `gaussian:sigma=${sigma}`,
    sigma,
    gaussian: {},
    sample: (clean, random) => drawn(clean, (value) => (sigma > 0 ? value + sigma * random.normal() : value)),
    misfit: (clean, y) => tf.mul(0.5, rowSums(tf.square(tf.sub(y, clean)))),
    prox: (v, y, t) => {
      const weight = spread(t, v.rank);
      return tf.div(tf.add(v, tf.mul(weight, y)), tf.add(1, weight));
    },
  };
}

function diagonalNoise(sigmas: Float32Array, spec: string): NoiseModel {
  const bad = sigmas.findIndex((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
  if (bad >= 0 || sigmas.length === 0) {
    throw new RangeError(
      `gaussian noise: sigmas: expected positive standard deviations, one a measurement, got ${
        bad < 0 ? "none" : `${sigmas[bad]} at ${bad}`
      }`,
    );
  }
  const sigma = Math.sqrt(sigmas.reduce((sum, s) => sum + s * s, 0) / sigmas.length);
  const weights = sigmas.map((s) => (sigma / s) ** 2);
  const m = sigmas.length;
  /** σ²/σᵢ² in the shape of one signal's measurements. Errors (InputError): another number of them. */
  const weightsFor = (y: tf.Tensor): tf.Tensor => {
    requireLength(m, y.size / y.shape[0]!);
    return tf.reshape(tf.tensor1d(weights), [1, ...y.shape.slice(1)]);
  };
  return {
    name: `gaussian(sigmas=${m} values)`,
    spec,
    sigma,
    gaussian: { sigmas },
    sample: (clean, random) => {
      requireLength(m, clean.size / clean.shape[0]!);
      return drawn(clean, (value, i) => value + sigmas[i % m]! * random.normal());
    },
    misfit: (clean, y) => tf.mul(0.5, rowSums(tf.mul(weightsFor(y), tf.square(tf.sub(y, clean))))),
    prox: (v, y, t) => {
      const weight = tf.mul(spread(t, v.rank), weightsFor(y));
      return tf.div(tf.add(v, tf.mul(weight, y)), tf.add(1, weight));
    },
  };
}

function requireLength(sigmas: number, measurements: number): void {
  if (sigmas === measurements) return;
  throw new InputError(
    `gaussian noise: got ${sigmas} sigmas for ${measurements} measurements a signal; give one a measurement`,
  );
}

/** σ from 10 log₁₀(mean c²/σ²) = snr. If only y is known, mean c² = mean y² − σ². */
function noiseOfSnr(snr: number): Noise {
  const ratio = 10 ** (snr / 10);
  const square = (value: number) => value * value;
  const spec = `gaussian:snr=${snr}`;
  const model = (variance: number) => ({ ...gaussianNoise(Math.sqrt(variance)), asked: spec });
  return {
    spec,
    ofClean: (clean) => model(meanOf(clean, square) / ratio),
    ofMeasured: (y) => model(meanOf(y, square) / (1 + ratio)),
    ofSigma: gaussianNoise,
  };
}

/** σ = norm/√m, so that E‖w‖² of a signal is norm². Errors (InputError): a norm that is negative. */
function noiseOfNorm(norm: number): Noise {
  if (!(norm >= 0)) throw new InputError(`gaussian: norm: expected a number of at least 0, got ${norm}`);
  const spec = `gaussian:norm=${norm}`;
  const model = (y: NdArray<Float32Array>) => ({
    ...gaussianNoise(norm / Math.sqrt(y.size / y.shape[0]!)),
    asked: spec,
  });
  return { spec, ofClean: model, ofMeasured: model, ofSigma: gaussianNoise };
}

/** σ is to be estimated from the measurements and a prior. */
const unknownNoise: Noise = {
  spec: "gaussian:sigma=auto",
  ofClean: () => {
    throw new InputError("gaussian: sigma=auto is for measurements that there are already; give sigma a number");
  },
  ofMeasured: () => undefined,
  ofSigma: gaussianNoise,
};

function noiseOfSigma(text: string): Noise {
  if (text === "auto") return unknownNoise;
  const sigma = Number(text);
  if (Number.isFinite(sigma)) return knownNoise(gaussianNoise(sigma));
  throw new InputError(`gaussian: sigma: expected a number or auto, got "${text}"`);
}

function noiseOfFile(path: string, array: NdArray): Noise {
  const sigmas = Float32Array.from(contiguous(array as NdArray<Float32Array>));
  return knownNoise(gaussianNoise(sigmas, `gaussian:sigmas=${path}`));
}

export const gaussianKind = noiseKind({
  summary: "y = c + w, w normal; one of sigma, snr, norm and sigmas. A bare number is sigma",
  options: {
    sigma: { type: "text", description: "standard deviation of a measurement; auto: estimated" },
    snr: { type: "number", description: "decibels, 10 log10 of mean square of c over sigma²" },
    norm: { type: "number", description: "sigma times √m: the norm of the noise of a signal" },
    sigmas: { type: "text", description: "file of standard deviations, one a measurement: .npy, .npz, .csv" },
  },
  files: ["sigmas"],
  samples: ["gaussian:sigma=0.3", "gaussian:snr=20", "gaussian:norm=0.5"],
  make: ({ sigma, snr, norm, sigmas }, file) => {
    if ([sigma, snr, norm, sigmas].filter((value) => value !== undefined).length !== 1) {
      throw new InputError("gaussian: give one of sigma, snr, norm and sigmas, as gaussian:sigma=0.05");
    }
    if (sigma !== undefined) return noiseOfSigma(sigma);
    if (norm !== undefined) return noiseOfNorm(norm);
    return snr !== undefined ? noiseOfSnr(snr) : noiseOfFile(sigmas!, file(sigmas!));
  },
});
