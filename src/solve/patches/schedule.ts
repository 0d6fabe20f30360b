import { InputError } from "../../data/errors.ts";
import { checkedOptions, type Options, type OptionTable } from "../../data/options.ts";

export const halfQuadraticOptions = {
  steps: { type: "integer", default: 20, description: "patch steps, s falling by one factor from first to last" },
  first: { type: "number", description: "s of the first step; default: 25 σ, at most .2, at least σ; σ to denoise" },
  last: { type: "number", description: "s of the last step; default: 2 σ up to .01, at least σ / 8" },
  spacing: { type: "integer", default: 2, description: "pixels between patches" },
  rank: { type: "integer", default: 32, description: "leading directions that the choice of a component looks at" },
} as const satisfies OptionTable;

/** The options, checked. Errors (InputError): counts below 1. */
export function settingsOf(own: Options | undefined) {
  const settings = checkedOptions("half-quadratic", halfQuadraticOptions, own);
  for (const name of ["steps", "spacing", "rank"] as const) {
    if (settings[name] >= 1) continue;
    throw new InputError(
      `half-quadratic: ${name}: expected at least 1, got ${settings[name]}; leave it out for the default`,
    );
  }
  return settings;
}

/** The most s of the first step, unless σ is larger. Photographs in [0, 1] deviate by about as much. */
const MOST_FIRST = 0.2;
/** s of noise that an estimate hardly shows. Where σ is large, the last s must be far below σ, or the noise of y stays in x. */
const SMALL = 0.01;

/** s of every step. Where nothing was chosen and Φ = I, that of the paper; else falling by one factor. */
export function scheduleOf(sigma: number, denoising: boolean, own: Options | undefined): number[] {
  const settings = settingsOf(own);
  const chosen = ["steps", "first", "last"].some((name) => own?.[name] !== undefined);
  if (denoising && !chosen) return [1, 4, 8, 16, 32, 64, 128].map((beta) => sigma / Math.sqrt(beta));
  const { steps, first = denoising ? sigma : Math.max(sigma, Math.min(25 * sigma, MOST_FIRST)) } = settings;
  const { last = Math.min(first, Math.max(sigma / 8, Math.min(2 * sigma, SMALL))) } = settings;
  if (!(first > 0 && last > 0 && last <= first)) {
    throw new InputError(
      `half-quadratic: expected 0 < last ≤ first, got first ${first} and last ${last}; leave them out for the rule by σ`,
    );
  }
  return Array.from({ length: steps }, (_, t) => first * (last / first) ** (steps === 1 ? 1 : t / (steps - 1)));
}
