import type { ForwardOperator } from "../operators/operator.ts";
import type { Options, OptionTable, OptionValues } from "../src/data/options.ts";
import type { Dataset } from "../src/data/rows.ts";
import type { IterateOptions } from "../src/engine/iterate.ts";
import type { Sketch } from "../src/sketch/index.ts";
import type { SketchData } from "./facts.ts";
import type { GeneratorPrior, LearnedPrior, SinglePenalty } from "./prior.ts";

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
  /** Present where `compare` takes it, with its defaults, when no baselines are named. */
  readonly baseline?: true;
  /** The penalty for signals of `shape`. Errors (RangeError): a shape or options that it cannot take. */
  make(shape: readonly number[], values: OptionValues<T>): SinglePenalty;
}

/** An entry of the registry; keeps the exact types of its options. */
export const penaltyKind = <const T extends OptionTable>(kind: PenaltyKind<T>): PenaltyKind<T> => kind;

/** Facts of a prior. */
export interface PriorFacts {
  /** By name, for people. */
  readonly words: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>>;
  /** What it is in one line, for reports. */
  readonly line: string;
  /** The sketch that it was learned from; absent where it was trained from the data themselves. */
  readonly sketch?: SketchData;
  /** Whether it was trained from the data themselves; absent: from a sketch alone. */
  readonly fromData?: true;
}

/** Files of a prior's folder by name, as bytes: what is written, without a file system. */
export type PriorFiles = Readonly<Record<string, Uint8Array>>;

/** Reads a file of a prior's folder. Errors (InputError): there is none. */
export type ReadFile = (name: string) => Promise<Uint8Array>;

/** Where a long training keeps its state, so that it can go on after an interruption. */
export interface Checkpoints {
  /** Name of the place; messages about what `load` gives begin with it. */
  readonly where: string;
  /** Steps from one checkpoint to the next. One is also saved on an abort. */
  readonly every: number;
  /** Reads the newest checkpoint, undefined if there is none. Leave `load` out to begin anew. */
  load?(): Promise<Uint8Array | undefined>;
  save(bytes: Uint8Array): Promise<void>;
  /** Removes the checkpoint: the training diverged, and resuming would diverge again. */
  discard(): Promise<void>;
}

/** What training may use of the program around it. */
export interface Watched extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** Seed of every random draw; default 1. */
  readonly seed?: number;
  /** The operator of a spec for signals of a shape, by a seed; default `parseOperator`, which opens no files. */
  readonly openOperator?: (spec: string, shape: readonly number[], seed: number) => Promise<ForwardOperator>;
  /** For kinds that are `resumable`; default none. */
  readonly checkpoints?: Checkpoints;
  /** For kinds that are `watchable`: `take` gets the prior as it is after every so many steps, and is awaited. Default never. */
  readonly snapshot?: { readonly every: number; readonly take: (prior: GeneratorPrior) => Promise<void> };
}

/** How a training went, for a picture of its losses. */
export interface TrainingCourse {
  /** The loss of every step. */
  readonly history: readonly number[];
  /** The loss at what was held out, after some steps. */
  readonly validation: readonly { readonly step: number; readonly loss: number }[];
  /** The step whose weights were kept. */
  readonly kept: number;
}

/**
 * A kind of prior that is learned from a source and kept in a folder of files. `T` is all that is known of a trained one. The folder
 * holds `prior.json`, whose `format` tells the kind, and the files that the kind writes. To add one: a folder that exports this; one
 * line in learned.ts; a test.
 */
interface Kind<T, Source> {
  readonly summary: string;
  /** Format and newest version of `prior.json`. */
  readonly format: { readonly format: string; readonly version: number };
  /** Names of the files that `encode` writes beside prior.json. */
  readonly files: readonly string[];
  /** Options of training. */
  readonly options: OptionTable;
  /** Whether training takes `checkpoints`. */
  readonly resumable: boolean;
  /** Whether training takes `snapshot`; default false. */
  readonly watchable?: true;
  /** Whether this kind can be made from a source. If not: why, as the end of a sentence. */
  accepts(source: Source): true | string;
  /** Errors (InputError): options out of range, a source that it does not accept, a loss that stopped being finite. */
  train(source: Source, options: Options, watched: Watched): Promise<T>;
  /** What goes to prior.json beside the format, and the other files. */
  encode(trained: T): { readonly content: object; readonly files: PriorFiles };
  /** From the content of prior.json; `where` begins messages. Errors (InputError): missing or damaged files. */
  decode(content: unknown, read: ReadFile, where: string): Promise<T>;
  prior(name: string, trained: T): LearnedPrior;
  describe(trained: T): PriorFacts;
  /** How its training went, where it took steps. */
  course?(trained: T): TrainingCourse;
}

/** A kind that is learned from a sketch alone. */
export type SketchKind<T = unknown> = Kind<T, Sketch> & { readonly from: "sketch" };

/** A kind that needs the data themselves, as baselines do. It must be asked for by name. */
export type DataKind<T = unknown> = Kind<T, Dataset> & { readonly from: "data" };

export type LearnedKind<T = unknown> = SketchKind<T> | DataKind<T>;
