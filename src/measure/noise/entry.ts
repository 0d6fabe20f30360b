import type { NdArray } from "ndarray";
import { InputError } from "../../data/errors.ts";
import { type OptionTable, type OptionValues, parseOptions } from "../../data/options.ts";
import type { Noise } from "./noise.ts";

/** Arrays of files that a spec names, by their paths. */
export type OpenedFiles = Readonly<Record<string, NdArray>>;

/** What a noise model says of itself: help texts, the law tests and the command line read nothing else. */
export interface NoiseEntry {
  readonly summary: string;
  readonly options: OptionTable;
  /** Options whose values are paths of files, which `openNoise` opens. */
  readonly files: readonly string[];
  /** Specs that the law tests run on. */
  readonly samples: readonly string[];
  /** Makes the noise from the text after its name. */
  readonly make: (options: string, files: OpenedFiles) => Noise;
}

interface Definition<T extends OptionTable> {
  readonly name: string;
  readonly summary: string;
  readonly options: T;
  readonly files?: readonly (keyof T & string)[];
  readonly samples: readonly string[];
  readonly make: (values: OptionValues<T>, file: (path: string) => NdArray) => Noise;
}

export const defineNoise = <const T extends OptionTable>(definition: Definition<T>): NoiseEntry => {
  const { name, make, options, files = [], ...rest } = definition;
  return {
    ...rest,
    options,
    files,
    make: (text, opened) =>
      make(parseOptions(name, options, text), (path) => {
        if (Object.hasOwn(opened, path)) return opened[path]!;
        throw new InputError(`${name}: ${path} is a file, which parseNoise does not open; use openNoise`);
      }),
  };
};
