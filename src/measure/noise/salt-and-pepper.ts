import * as tf from "#tf";
import { spread } from "../../../priors/signals.ts";
import { requireOptionNames } from "../../data/options.ts";
import { noiseKind } from "./kind.ts";
import type { Noise, NoiseModel } from "./noise.ts";
import { drawn, meanOf, rowMeans, rowSums } from "./rows.ts";

interface SaltAndPepper {
  /** Of the measurements, in (0, 1). */
  readonly fraction: number;
  /** What a lost measurement reads, half of them each; defaults 0 and 1. */
  readonly low?: number;
  readonly high?: number;
}

function model({ fraction, low, high }: Required<SaltAndPepper>, sigma: number): NoiseModel {
  const range = low === 0 && high === 1 ? "" : `,low=${low},high=${high}`;
  /** √2·σ of every row, σ from its own y. */
  const weights = (y: tf.Tensor): tf.Tensor => {
    const square = tf.mul(0.5, tf.add(tf.square(tf.sub(y, low)), tf.square(tf.sub(y, high))));
    const { lost, least } = lostSquares(low, high);
    const kept = tf.div(tf.sub(rowMeans(square), fraction * lost), 1 - fraction);
    return tf.sqrt(tf.mul(2 * fraction, tf.maximum(kept, least)));
  };
  return {
    name: `salt-and-pepper(fraction=${fraction}${range})`,
    spec: `salt-and-pepper:fraction=${fraction}${range}`,
    sigma,
    sample: (clean, random) =>
      drawn(clean, (value) => {
        const u = random.uniform() / fraction;
        if (u >= 1) return value;
        return u < 0.5 ? low : high;
      }),
    misfit: (clean, y) => tf.mul(weights(y), rowSums(tf.abs(tf.sub(clean, y)))),
    prox: (v, y, t) => {
      const difference = tf.sub(v, y);
      const shrunk = tf.relu(tf.sub(tf.abs(difference), spread(tf.mul(t, weights(y)), v.rank)));
      return tf.add(y, tf.mul(tf.sign(difference), shrunk));
    },
  };
}

/** Of ½((v − low)² + (v − high)²): `lost`, its value where a measurement is lost, v = low or high; `least`, its minimum, midway. */
function lostSquares(low: number, high: number): { readonly lost: number; readonly least: number } {
  const lost = 0.5 * (high - low) ** 2;
  return { lost, least: 0.5 * lost };
}

/**
 * Salt and pepper: a measurement is lost with probability `fraction` and then reads `low` or `high`, each in half of the cases.
 * −log p is no use to a solver: it is infinite if c ≠ y and y is neither low nor high. As is usual, the misfit is the ℓ1 distance
 * √2·σ·‖y − c‖₁, which is −σ² log p of Laplace noise of variance σ². It lets single measurements be far off.
 * σ² = E(y − c)² = fraction·½·mean((c − low)² + (c − high)²), from y where c is not known; that of the misfit always from the
 * signal's own y. prox: the soft threshold of v − y at √2·σ·t.
 * Errors: a fraction outside (0, 1), low not below high (RangeError); an unknown option (TypeError).
 */
export function saltAndPepperNoise(options: SaltAndPepper): Noise {
  requireOptionNames("salt-and-pepper noise", options, ["fraction", "low", "high"]);
  const { fraction, low = 0, high = 1 } = options;
  if (!(fraction > 0 && fraction < 1)) {
    throw new RangeError(
      `salt-and-pepper noise: fraction: expected a number between 0 and 1, both excluded, got ${fraction}`,
    );
  }
  if (!(low < high && Number.isFinite(high - low))) {
    throw new RangeError(`salt-and-pepper noise: expected low below high, got low=${low}, high=${high}`);
  }
  const given = { fraction, low, high };
  const square = (c: number) => 0.5 * ((c - low) ** 2 + (c - high) ** 2);
  const { lost, least } = lostSquares(low, high);
  return {
    spec: model(given, 0).spec,
    ofClean: (clean) => model(given, Math.sqrt(fraction * meanOf(clean, square))),
    ofMeasured: (y) => {
      const kept = (meanOf(y, square) - fraction * lost) / (1 - fraction);
      return model(given, Math.sqrt(fraction * Math.max(kept, least)));
    },
    ofSigma: (sigma) => model(given, sigma),
  };
}

export const saltAndPepperKind = noiseKind({
  summary: "a fraction of the measurements reads low or high; solved by the ℓ1 distance",
  options: {
    fraction: { type: "number", required: true, description: "of the measurements that are lost, between 0 and 1" },
    low: { type: "number", default: 0, description: "what half of them read" },
    high: { type: "number", default: 1, description: "what the others read" },
  },
  samples: ["salt-and-pepper:fraction=0.2", "salt-and-pepper:fraction=0.1,low=-1,high=2"],
  make: saltAndPepperNoise,
});
