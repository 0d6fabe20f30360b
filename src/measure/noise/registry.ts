import type { NdArray } from "ndarray";
import { InputError, messageOf } from "../../data/errors.ts";
import { suggestion } from "../../data/nearest.ts";
import { describeOptions, parseOptions } from "../../data/options.ts";
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

/** A number, or what is meant as one and refused by the model: `0.05`, `NaN`, `-inf`. */
const NUMBER = /^[-+]?(\d|\.\d|nan$|inf(inity)?$)/i;

/**
 * Noise from its spec: `name:key=value,…`. A bare number is `gaussian:sigma=NUMBER`, 0 is no noise.
 * `files` are arrays of the files that the spec names; `openNoise` reads them.
 * Errors (InputError): unknown names with the nearest one, wrong values, a file that was not opened.
 */
export function parseNoise(spec: string, files: OpenedFiles = {}): Noise {
  try {
    if (NUMBER.test(spec.trim())) return knownNoise(gaussianNoise(Number(spec)));
    const { kind, name, values } = noiseParts(spec);
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
  if (NUMBER.test(spec.trim())) return [];
  const { kind, values } = noiseParts(spec);
  return (kind.files ?? []).flatMap((option) => values[option] ?? []) as string[];
}

function noiseParts(spec: string) {
  const colon = spec.indexOf(":");
  const name = (colon < 0 ? spec : spec.slice(0, colon)).trim();
  if (!Object.hasOwn(kinds, name)) {
    throw new InputError(`noise: unknown noise "${name}"; ${suggestion(name, noiseNames)}`);
  }
  const kind = noises[name as NoiseName];
  return { name, kind, values: parseOptions(name, kind.options, colon < 0 ? "" : spec.slice(colon + 1)) };
}

/** All noise models with their options, for `--help`. */
export function describeNoises(): string {
  const entries = noiseNames.flatMap((name) => {
    const { summary, options } = noises[name];
    return [`  ${name.padEnd(16)} ${summary}`, ...describeOptions(options)];
  });
  return [
    "Noise: name:key=value,key=value, c being the values without noise; a number is gaussian:sigma=NUMBER",
    ...entries,
  ].join("\n");
}
