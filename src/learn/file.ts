import { type Expected, type Npz, writeNpz } from "../data/index.ts";
import type { Sketch } from "../sketch/index.ts";
import type { Learned } from "./task.ts";
import type { TaskName } from "./tasks.ts";

/** What a task learned, as .npz: its arrays, and task, facts, seed and the sketch's design and count in the metadata. */
export const LEARNED_FORMAT: Expected = { format: "sketchprior-learned", version: 1 };

/** Writes what a task learned, whole or not at all. */
export function saveLearned(
  file: string,
  task: TaskName,
  { arrays, data }: Learned,
  { design, count }: Sketch,
  seed: number,
): Promise<void> {
  const metadata = { ...LEARNED_FORMAT, task, ...data, seed, count, fingerprint: design.fingerprint };
  return writeNpz(file, { arrays, metadata });
}

/** Such a file in words. */
export function learnedFacts({ metadata, arrays }: Npz): Record<string, string> {
  const { task, count, fingerprint } = metadata as unknown as { task: string; count: number; fingerprint: string };
  const shapes = Object.entries(arrays).map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  return { task, samples: String(count), arrays: shapes.join(", "), design: fingerprint.slice(0, 16) };
}
