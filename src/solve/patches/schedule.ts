import { InputError } from "../../data/errors.ts";
import { checkedOptions, type Options, type OptionTable, requireCounts } from "../../data/options.ts";
import { RANK } from "../../sketch/index.ts";

export const halfQuadraticOptions = {
  steps: {
    type: "integer",
    description:
      "patch steps, s falling by one factor from first to last; default: 4 if Φ is a convolution, fewer pixels of one too, 40 for missing pixels and radon, 80 for missing coefficients (fourier, dct, hadamard), else 20",
  },
  first: {
    type: "number",
    description:
      "s of the first step; default: 15 σ, for a convolution or coefficients 10 σ, at least .06, at most .2, at least σ; σ to denoise",
  },
  last: {
    type: "number",
    description:
      "s of the last step; default: 2 σ from .004 to .01, at least σ / 2; to denoise, and for a convolution with other noise, σ / 8",
  },
  spacing: { type: "integer", default: 2, description: "pixels between patches" },
  rank: {
    type: "integer",
    default: RANK,
    description: "leading directions in which the choice of a component looks at covariances, not variances alone",
  },
} as const satisfies OptionTable;

/** The options, checked. Errors (InputError): counts below 1. */
export function settingsOf(own: Options | undefined) {
  const settings = checkedOptions("half-quadratic", halfQuadraticOptions, own);
  const { steps, spacing, rank } = settings;
  requireCounts("half-quadratic", { steps, spacing, rank });
  return settings;
}

/**
 * The least and the most s of the first step, unless σ is larger; to denoise there is no least, as nothing is hidden. What Φ does not show of x is unknown by much more than a small σ: without noise, 50 % of the pixels of training photographs had 32.4 dB from .06 and
 * 31.1 from 15 σ. Photographs in [0, 1] deviate by about the most.
 */
const [LEAST_FIRST, MOST_FIRST] = [0.06, 0.2];

/** s of the first step: so many times σ, at most .2, at least σ. */
export const firstOf = (sigma: number, times: number): number => Math.max(sigma, Math.min(times * sigma, MOST_FIRST));

/** s of noise that an estimate hardly shows, and a grey level of 8 bits, below which nothing is seen. Where σ is large, the last s must be far below σ, or the noise of y stays in x. */
const [SMALL, LEVEL] = [0.01, 0.004];

/**
 * What Φ is, for the choice of a schedule: `denoising` if Φ = I and the noise is Gaussian, `convolution` also of every f-th pixel (`downsample`), `selection` if pixels are missing, `coefficients` if those of a
 * transform are, `projections` in tomography. A convolution, the identity too, is `of other noise` if that is not Gaussian: then it begins with the quadratic start.
 */
export type Setting =
  | "denoising"
  | "convolution"
  | "convolution of other noise"
  | "selection"
  | "coefficients"
  | "projections"
  | "other";

/**
 * Steps by one factor. At an s above the error of x a patch step takes away detail. A convolution begins near its solution, so that few steps are
 * enough: training photographs with σ = .01 lost .2 dB with 6 from .07 against 4 from .1. Missing pixels are filled in from step to step: on crops of training photographs 50 % and 20 % of the
 * pixels gained .2 and .3 dB with 40. A coefficient that is missing is missed everywhere: from 20 to 80 steps a slice of a brain gained 1.0 to
 * 1.8 dB (rows, 4 and 8 times fewer, and lines), .1 dB from four coils. A slice of a head gained .8 dB from 20 to 40 steps at 30 angles, and .1 more to 80.
 */
const STEPS = {
  denoising: 20,
  convolution: 4,
  "convolution of other noise": 6,
  selection: 40,
  coefficients: 80,
  projections: 40,
  other: 20,
};
/** s of the first step, as a multiple of σ. On those crops 20 % of the pixels gained .17 dB with 15 instead of 25; that slice gained .02 to .13 dB with 10 instead of 15. */
const FIRST = {
  denoising: 1,
  convolution: 10,
  "convolution of other noise": 25,
  selection: 15,
  coefficients: 10,
  projections: 15,
  other: 15,
};

/**
 * The least s of the last step. To go far below σ takes the noise of y into x: with σ = .1 training photographs had 23.4 dB after a blur with σ/8 and 26.4 with σ/2, 24.6 and 25.0 from 50 % of the pixels, 25.3 and 26.0 from
 * a quarter of their Fourier coefficients.
 */
const leastLast = (sigma: number, setting: Setting): number =>
  sigma / (setting === "denoising" || setting === "convolution of other noise" ? 8 : 2);

/** s of every step. Where nothing was chosen, for denoising that of the paper; else falling by one factor. */
export function scheduleOf(sigma: number, setting: Setting, own?: Options): number[] {
  const settings = settingsOf(own);
  const denoising = setting === "denoising";
  const chosen = ["steps", "first", "last"].some((name) => own?.[name] !== undefined);
  if (denoising && !chosen) return [1, 4, 8, 16, 32, 64].map((beta) => sigma / Math.sqrt(beta));
  const { steps = STEPS[setting] } = settings;
  const { first = Math.max(denoising ? 0 : LEAST_FIRST, firstOf(sigma, FIRST[setting])) } = settings;
  const { last = Math.min(first, Math.max(leastLast(sigma, setting), Math.min(2 * sigma, SMALL), LEVEL)) } = settings;
  return fallingBy("half-quadratic", { steps, first, last });
}

/** s of every step, falling by one factor from first to last; of one step, the last. Errors (InputError): s that are not positive, or rise. */
export function fallingBy(
  who: string,
  { steps, first, last }: { readonly steps: number; readonly first: number; readonly last: number },
): number[] {
  if (!(last > 0 && last <= first)) {
    throw new InputError(
      `${who}: expected 0 < last ≤ first, got first ${first} and last ${last}; leave them out for the rule by σ`,
    );
  }
  return Array.from({ length: steps }, (_, t) => first * (last / first) ** (steps === 1 ? 1 : t / (steps - 1)));
}
