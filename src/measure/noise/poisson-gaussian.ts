import { drawPoisson } from "./draw-poisson.ts";
import { noiseKind } from "./kind.ts";
import type { Noise, NoiseModel } from "./noise.ts";
import { type Counting, poissonMisfit, poissonProx, requireMeans, requirePeak, sigmaOf } from "./poisson.ts";
import { drawn } from "./rows.ts";

/** `readout` is the standard deviation of the Gaussian part, `sigma` that of the whole. */
function model(counting: Counting, sigma: number): NoiseModel {
  const { peak, readout } = counting;
  return {
    name: `poisson-gaussian(peak=${peak},sigma=${readout})`,
    spec: `poisson-gaussian:peak=${peak},sigma=${readout}`,
    sigma,
    sample: (clean, random) => {
      requireMeans("poisson-gaussian", clean);
      return drawn(clean, (value) => drawPoisson(peak * Math.max(value, 0), random) / peak + readout * random.normal());
    },
    misfit: (clean, y) => poissonMisfit(counting, clean, y),
    prox: (v, y, t) => poissonProx(counting, v, y, t),
  };
}

/**
 * Counting noise and the noise of reading it out, y = Poisson(peak·c)/peak + w, w ~ N(0, sigma²), c ≥ 0.
 * Its density is an infinite sum. The misfit is the shifted Poisson approximation (Snyder, Helstrom, Lanterman, Faisal, White 1995,
 * J. Opt. Soc. Am. A 12): y + s ~ Poisson(peak·(c + s))/peak, s = peak·sigma², which has the mean and the variance of the
 * true law; y + s below 0 counts as 0. σ² = mean(c)/peak + sigma², from y where c is not known; that of the misfit always from
 * the signal's own y.
 * Errors: a peak or sigma that is not positive (RangeError); c below 0 (InputError).
 */
export function poissonGaussianNoise(peak: number, sigma: number): Noise {
  requirePeak("poisson-gaussian", peak);
  if (!(sigma > 0 && sigma < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `poisson-gaussian noise: sigma: expected a positive number, got ${sigma}; without it, use poisson`,
    );
  }
  const counting = { peak, readout: sigma };
  return {
    spec: `poisson-gaussian:peak=${peak},sigma=${sigma}`,
    ofClean: (clean) => model(counting, sigmaOf(counting, clean)),
    ofMeasured: (y) => model(counting, sigmaOf(counting, y)),
    ofSigma: (all) => model(counting, all),
  };
}

export const poissonGaussianKind = noiseKind({
  summary: "y = Poisson(peak·c)/peak + w, w normal: counting and read-out",
  options: {
    peak: { type: "number", required: true, description: "expected count where c is 1" },
    sigma: { type: "number", required: true, description: "standard deviation of w" },
  },
  samples: ["poisson-gaussian:peak=30,sigma=0.1", "poisson-gaussian:peak=1,sigma=0.5"],
  make: ({ peak, sigma }) => poissonGaussianNoise(peak, sigma),
});
