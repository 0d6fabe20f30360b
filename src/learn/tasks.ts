import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";
import type { Sketch } from "../sketch/index.ts";
import { gmm, kmeans } from "./components.ts";
import { ica } from "./ica.ts";
import { pca } from "./pca.ts";
import { subspaces } from "./subspaces.ts";
import type { Learned, TaskOptions } from "./task.ts";

export const taskNames = ["kmeans", "gmm", "pca", "ica", "subspaces"] as const;
export type TaskName = (typeof taskNames)[number];

interface Task {
  /** One line for help texts. */
  readonly summary: string;
  /** Most searches from random places by default; absent where nothing is searched. */
  readonly restarts?: number;
  readonly learn: (sketch: Sketch, options: TaskOptions) => Promise<Learned>;
}

/** What can be learned from a sketch alone besides priors. To add a task: its file, its name above, its entry here, its test. */
export const tasks: { readonly [K in TaskName]: Task } = {
  kmeans: { summary: "K centres and weights, from the Fourier moments", restarts: 3, learn: kmeans },
  gmm: {
    summary: "K Gaussians, diagonal in the features, from the Fourier moments",
    restarts: 3,
    learn: gmm,
  },
  ica: { summary: "independent components, from the Fourier moments", restarts: 10, learn: ica },
  pca: { summary: "principal components, from the second moments", learn: pca },
  subspaces: {
    summary: "K affine subspaces of dimension --rank, from the Fourier moments",
    restarts: 20,
    learn: subspaces,
  },
};

/**
 * Runs a task on a sketch: `learn("kmeans", sketch, { k: 10 })`. By default `seed` 1 and at most 3 `restarts`, 10 of `ica`, 20 of `subspaces`.
 * Errors (InputError): an unknown task; k, rank or restarts that are no integers of at least 1; those of the task.
 */
export async function learn(name: TaskName, sketch: Sketch, options: Partial<TaskOptions> = {}): Promise<Learned> {
  if (!Object.hasOwn(tasks, name)) {
    throw new InputError(`learn: unknown task "${name}"; ${suggestion(name, taskNames)}`);
  }
  const { k, rank, restarts = tasks[name].restarts ?? 1, seed = 1, onRound, signal } = options;
  for (const [option, value] of Object.entries({ k, rank, restarts })) {
    if (value === undefined || (Number.isInteger(value) && value >= 1)) continue;
    throw new InputError(`learn: ${option}: expected an integer of at least 1, got ${value}`);
  }
  signal?.throwIfAborted();
  const learned = await tasks[name].learn(sketch, {
    ...{ restarts, seed },
    ...(k !== undefined && { k }),
    ...(rank !== undefined && { rank }),
    ...(onRound && { onRound }),
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  return learned;
}
