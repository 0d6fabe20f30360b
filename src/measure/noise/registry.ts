import { InputError } from "../../data/errors.ts";
import { suggestion } from "../../data/nearest.ts";
import { describeOptions } from "../../data/options.ts";
import type { NoiseEntry, OpenedFiles } from "./entry.ts";
import { gaussianEntry, gaussianNoise } from "./gaussian.ts";
import { knownNoise, type Noise } from "./noise.ts";
import { poissonEntry } from "./poisson.ts";
import { poissonGaussianEntry } from "./poisson-gaussian.ts";
import { saltAndPepperEntry } from "./salt-and-pepper.ts";

/** Every noise model that the command line knows. To add one: its file, a line here, its test. */
export const noises: Readonly<Record<string, NoiseEntry>> = {
  gaussian: gaussianEntry,
  poisson: poissonEntry,
  "poisson-gaussian": poissonGaussianEntry,
  "salt-and-pepper": saltAndPepperEntry,
};

/** A number, or what is meant as one and refused by the model: `0.05`, `NaN`, `-inf`. */
const NUMBER = /^[-+]?(\d|\.\d|nan$|inf(inity)?$)/i;

/**
 * Noise from its spec: `name:key=value,…`. A bare number is `gaussian:sigma=NUMBER`, 0 is no noise.
 * `files` are arrays of the files that the spec names; `openNoise` reads them.
 * Errors (InputError): unknown names with the nearest one, wrong values, a file that was not opened.
 */
export function parseNoise(spec: string, files: OpenedFiles = {}): Noise {
  const text = spec.trim();
  try {
    if (NUMBER.test(text)) return knownNoise(gaussianNoise(Number(text)));
    const { entry, options } = noiseEntry(text);
    return entry.make(options, files);
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(error.message);
    throw error;
  }
}

/** The entry that a spec names, and the text of its options. */
export function noiseEntry(spec: string): { readonly entry: NoiseEntry; readonly options: string } {
  const [name = "", ...rest] = spec.split(":");
  const entry = Object.hasOwn(noises, name.trim()) ? noises[name.trim()] : undefined;
  if (entry) return { entry, options: rest.join(":") };
  throw new InputError(`noise: unknown noise "${name}"; ${suggestion(name, Object.keys(noises))}`);
}

/** All noise models with their options, for `--help`. */
export function describeNoises(): string {
  const entries = Object.entries(noises).flatMap(([name, { summary, options }]) => [
    `  ${name.padEnd(10)} ${summary}`,
    ...describeOptions(options),
  ]);
  return ["Noise: name:key=value,key=value, c the values without noise; a number is gaussian:sigma=NUMBER", ...entries].join(
    "\n",
  );
}
