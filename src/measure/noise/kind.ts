import type { NdArray } from "ndarray";
import type { OptionTable, OptionValues } from "../../data/options.ts";
import type { Noise } from "./noise.ts";

/**
 * A kind of noise, made from a spec. To add one: its file, which exports this; one line in the registry; its test.
 * Help, specs and laws are read from here and listed nowhere else.
 */
export interface NoiseKind<T extends OptionTable = OptionTable> {
  /** One line for help texts. */
  readonly summary: string;
  readonly options: T;
  /** Options whose values are paths of files, which `openNoise` opens. */
  readonly files?: readonly string[];
  /** Specs that the law tests run on. */
  readonly samples: readonly string[];
  /** The noise of these values; `file` gives the array of a file. Errors (RangeError, InputError): values that it cannot take. */
  make(values: OptionValues<T>, file: (path: string) => NdArray): Noise;
}

/** An entry of the registry; keeps the exact types of its options. */
export const noiseKind = <const T extends OptionTable>(kind: NoiseKind<T>): NoiseKind<T> => kind;
