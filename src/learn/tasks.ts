import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";
import type { Sketch } from "../sketch/index.ts";
import { gmm, kmeans } from "./components.ts";
import { pca } from "./pca.ts";
import type { Learned, TaskOptions } from "./task.ts";

export const taskNames = ["kmeans", "gmm", "pca"] as const;
export type TaskName = (typeof taskNames)[number];

interface Task {
  /** One line for help texts. */
  readonly summary: string;
  /** Whether it searches from random places, so that `restarts` counts. */
  readonly searches: boolean;
  readonly learn: (sketch: Sketch, options: TaskOptions) => Promise<Learned>;
}

/** What can be learned from a sketch alone besides priors. To add a task: its file, its name above, its entry here, its test. */
export const tasks: { readonly [K in TaskName]: Task } = {
  kmeans: { summary: "K centres and weights, from the Fourier moments", searches: true, learn: kmeans },
  gmm: {
    summary: "K Gaussians, diagonal in the features, from the Fourier moments",
    searches: true,
    learn: gmm,
  },
  pca: { summary: "principal components, from the second moments", searches: false, learn: pca },
};

/**
 * Runs a task on a sketch: `learn("kmeans", sketch, { k: 10 })`. At most 3 `restarts` and `seed` 1 by default.
 * Errors (InputError): an unknown task; k or restarts that are no integers of at least 1; those of the task.
 */
export async function learn(name: TaskName, sketch: Sketch, options: Partial<TaskOptions> = {}): Promise<Learned> {
  const { k, restarts = 3, seed = 1, onRound } = options;
  if (!Object.hasOwn(tasks, name))
    throw new InputError(`learn: unknown task "${name}"; ${suggestion(name, taskNames)}`);
  for (const [option, value] of Object.entries({ k, restarts })) {
    if (value === undefined || (Number.isInteger(value) && value >= 1)) continue;
    throw new InputError(`learn: ${option}: expected an integer of at least 1, got ${value}`);
  }
  return tasks[name].learn(sketch, { restarts, seed, ...(k !== undefined && { k }), ...(onRound && { onRound }) });
}
