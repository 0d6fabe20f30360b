import type { NdArray } from "ndarray";
import { InputError, messageOf } from "../../data/errors.ts";
import { describeKinds, parseSpec } from "../../data/spec.ts";
import { gaussianKind, gaussianNoise } from "./gaussian.ts";
import type { NoiseKind } from "./kind.ts";
import { knownNoise, type Noise } from "./noise.ts";
import { poissonKind } from "./poisson.ts";
import { poissonGaussianKind } from "./poisson-gaussian.ts";
import { saltAndPepperKind } from "./salt-and-pepper.ts";

/** Every noise model that specs know, one line each. */
const kinds = {
  gaussian: gaussianKind,
  poisson: poissonKind,
  "poisson-gaussian": poissonGaussianKind,
  "salt-and-pepper": saltAndPepperKind,
} satisfies Record<string, NoiseKind>;

export type NoiseName = keyof typeof kinds;
export const noises: { readonly [K in NoiseName]: NoiseKind } = kinds;
export const noiseNames = Object.keys(kinds) as readonly NoiseName[];

/** Arrays of files that a spec names, by their paths. */
export type OpenedFiles = Readonly<Record<string, NdArray>>;

/** Text that begins like a number, as no name of a noise model does. */
const LIKE_A_NUMBER = /^[-+]?(\d|\.\d|nan$|inf(inity)?$)/i;

/** The number that a spec is; undefined for a name. Errors (InputError): what begins like a number and is none: `5dB`, `NaN`, `-inf`. */
function numberOf(spec: string): number | undefined {
  const text = spec.trim();
  if (!LIKE_A_NUMBER.test(text)) return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new InputError(
    `noise: expected a number, the sigma of Gaussian noise, or a spec, as gaussian:snr=30 in decibels, got "${text}"`,
  );
}

/**
 * Noise from its spec: `name:key=value,…`. A bare number is `gaussian:sigma=NUMBER`, 0 is no noise.
 * `files` are arrays of the files that the spec names; `openNoise` reads them.
 * Errors (InputError): unknown names with the nearest one, wrong values, a file that was not opened.
 */
export function parseNoise(spec: string, files: OpenedFiles = {}): Noise {
  try {
    const sigma = numberOf(spec);
    if (sigma !== undefined) return knownNoise(gaussianNoise(sigma));
    const { kind, name, values } = parseSpec<NoiseKind>("noise", noises, spec);
    return kind.make(values, (path) => {
      if (Object.hasOwn(files, path)) return files[path]!;
      throw new InputError(`${name}: ${path} is a file, which parseNoise does not open; use openNoise`);
    });
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

/** The paths of the files that a spec names. Errors (InputError): those of `parseNoise`. */
export function noiseFiles(spec: string): string[] {
  if (numberOf(spec) !== undefined) return [];
  const { kind, values } = parseSpec<NoiseKind>("noise", noises, spec);
  return (kind.files ?? []).flatMap((option) => values[option] ?? []) as string[];
}

/** All noise models with their options, for `--help`. */
export const describeNoises = (): string =>
  describeKinds(
    "Noise: name:key=value,key=value, c being the values without noise; a number is gaussian:sigma=NUMBER",
    noises,
  );
