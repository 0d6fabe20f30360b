import type { NdArray } from "ndarray";

export interface TaskOptions {
  /** Number of centres, Gaussians or components. */
  readonly k?: number;
  /** Most searches from other places, of which the best by the misfit is kept; fewer if one reaches the noise of the moments. */
  readonly restarts: number;
  readonly seed: number;
  /** Called after every round with the number of rounds done, their total, and the misfit. It may throw to end the task. */
  readonly onRound?: (done: number, total: number, misfit: number) => Promise<void>;
}

/** What a task gives. */
export interface Learned {
  readonly arrays: Readonly<Record<string, NdArray<Float32Array>>>;
  /** Facts for a program, and in words. */
  readonly data: Readonly<Record<string, number>>;
  readonly words: Readonly<Record<string, string>>;
  /** The array [K, …shape of a sample] that a picture shows, and whether it holds directions, whose sign and size mean nothing. */
  readonly shown: { readonly name: string; readonly directions: boolean };
}
