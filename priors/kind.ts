import type { Options, OptionTable, OptionValues } from "../src/data/options.ts";
import type { IterateOptions } from "../src/engine/iterate.ts";
import type { Sketch } from "../src/sketch/index.ts";
import type { PenaltyPrior, Prior } from "./prior.ts";

/**
 * A kind of penalty r(x), made from options alone. To add one: its file, which exports this; one line in the registry; its test.
 * Help, specs, laws and defaults are read from here and listed nowhere else.
 */
export interface PenaltyKind<T extends OptionTable = OptionTable> {
  /** One line for help texts. */
  readonly summary: string;
  readonly options: T;
  /** Specs on small signal shapes that the law tests run on. */
  readonly samples: readonly { readonly shape: readonly number[]; readonly spec: string }[];
  /** The penalty for signals of `shape`. Errors (RangeError): a shape or options that it cannot take. */
  make(shape: readonly number[], values: OptionValues<T>): PenaltyPrior;
}

/** An entry of the registry; keeps the exact types of its options. */
export const penaltyKind = <const T extends OptionTable>(kind: PenaltyKind<T>): PenaltyKind<T> => kind;

/** Facts of a prior: as words for people, and as data. */
export interface PriorFacts {
  readonly words: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The files of a prior's folder by name, as bytes: what is written and read, without a file system. */
export type PriorFiles = Readonly<Record<string, Uint8Array>>;

/** Watching and ending a long training. */
export type Watched = Pick<IterateOptions<unknown>, "onProgress" | "signal">;

/**
 * A kind of prior that is learned from a sketch and kept in a folder of files. `T` is all that is known of a trained one. The folder
 * holds `prior.json`, whose `format` says the kind, and what else the kind writes.
 */
export interface LearnedKind<T = unknown> {
  readonly summary: string;
  /** Format and newest version of `prior.json`. */
  readonly format: { readonly format: string; readonly version: number };
  /** Options of training. */
  readonly options: OptionTable;
  /** Whether this kind can be made from a sketch; why not where it cannot. */
  accepts(sketch: Sketch): true | string;
  train(sketch: Sketch, options: Options, watched: Watched): Promise<T>;
  /** The folder's files; `prior.json` is written last, so that an interrupted save leaves no prior. */
  encode(trained: T): PriorFiles;
  /** Reads them; `where` begins messages. Errors (InputError): missing or damaged files. */
  decode(files: PriorFiles, where: string): T;
  prior(name: string, trained: T): Prior;
  describe(trained: T): PriorFacts;
}
