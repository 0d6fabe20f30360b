import type { NdArray } from "ndarray";

export interface TaskOptions {
  /** Number of centres, Gaussians, components or subspaces. */
  readonly k?: number;
  /** Dimension of the subspaces. */
  readonly rank?: number;
  /** Most searches from other places, of which the best by the misfit is kept; fewer if one reaches the noise of the moments. */
  readonly restarts: number;
  readonly seed: number;
  /** Called after every round with the number of rounds done, their total, and the misfit. Not awaited; what it throws ends the task. */
  readonly onRound?: (done: number, total: number, misfit: number) => void;
  /** If it aborts, the task ends with its reason. */
  readonly signal?: AbortSignal;
}

/** What a task gives. */
export interface Learned {
  readonly arrays: Readonly<Record<string, NdArray<Float32Array>>>;
  /** Facts for a program, and in words. */
  readonly data: Readonly<Record<string, number>>;
  readonly words: Readonly<Record<string, string>>;
  /** The arrays [K, …, …shape of a sample] that a picture shows beside one another, and whether they hold directions, whose sign and size mean nothing. */
  readonly shown: readonly { readonly name: string; readonly directions: boolean }[];
}
