import type { NdArray } from "ndarray";
import { InputError, messageOf } from "../src/data/errors.ts";
import type { OptionTable, OptionValues } from "../src/data/options.ts";
import type { ForwardOperator } from "./operator.ts";

/** Where an operator's random numbers come from: `stream(seed, "<name> operator", ...sizes, place)`. */
export interface Draws {
  readonly seed: number;
  /** Its place in the spec, 0 for the part that is applied first. So two equal parts of one spec draw different numbers. */
  readonly place: number;
}

/**
 * A kind of operator, made from a spec. To add one: its file, which exports this; one line in the registry; its test.
 * Help, specs and laws are read from here and listed nowhere else.
 */
export interface OperatorKind<T extends OptionTable = OptionTable> {
  /** One line for help texts. */
  readonly summary: string;
  readonly options: T;
  /** Options whose values are paths of arrays. `openOperator` reads them. */
  readonly files?: readonly string[];
  /** Options whose values are texts that `openOperator` draws in the size of the signal's first two axes, 0 on the letters and 1 beside them. */
  readonly drawn?: readonly string[];
  /** Specs on small signal shapes that the law tests run on; none for operators that need a file. */
  readonly samples: readonly { readonly inShape: readonly number[]; readonly spec: string }[];
  /** The shape of one signal if nothing else says it; present where the files do. */
  ownShape?(values: OptionValues<T>, file: OpenedFile): readonly number[];
  /** The shape of a signal from that of what is measured of it, where they differ and it is known. */
  signalShape?(measured: readonly number[], values: OptionValues<T>, file: OpenedFile): readonly number[];
  /** The operator for signals of `inShape`. Errors (RangeError): shapes and values that it cannot take. */
  make(inShape: readonly number[], values: OptionValues<T>, draws: Draws, file: OpenedFile): ForwardOperator;
}

/** The array of a file that a spec names, by its path; of a text that is drawn, by the text. */
export type OpenedFile = (path: string) => NdArray<Float32Array>;

/** What `make` makes of a file. Its errors become InputErrors that begin with the path. */
export function madeOf<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new InputError(`${path}: ${messageOf(error)}`);
  }
}

/** An entry of the registry; keeps the exact types of its options. */
export const operatorKind = <const T extends OptionTable>(kind: OperatorKind<T>): OperatorKind<T> => kind;
