import { type Expected, type Npz, writeNpz } from "../data/index.ts";
import { type Privacy, privacyText, type Sketch } from "../sketch/index.ts";
import type { Learned } from "./task.ts";
import type { TaskName } from "./tasks.ts";

/** What a task learned, as .npz: its arrays, and task, facts, seed and the sketch's design and count in the metadata. */
export const LEARNED_FORMAT: Expected = { format: "sketchprior-learned", version: 1 };

/** Writes what a task learned, whole or not at all. */
export function saveLearned(
  file: string,
  task: TaskName,
  { arrays, data }: Learned,
  { design, count, privacy }: Sketch,
  seed: number,
): Promise<void> {
  const metadata = {
    ...LEARNED_FORMAT,
    task,
    ...data,
    seed,
    count,
    fingerprint: design.fingerprint,
    ...(privacy && { privacy }),
  };
  return writeNpz(file, { arrays, metadata });
}

/** Such a file in words. */
export function learnedFacts({ metadata, arrays }: Npz): Record<string, string> {
  const { task, count, fingerprint, privacy } = metadata as unknown as Stored;
  const shapes = Object.entries(arrays).map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  return {
    task,
    samples: String(count),
    arrays: shapes.join(", "),
    design: fingerprint.slice(0, 16),
    ...(privacy && { privacy: privacyText(privacy) }),
  };
}

interface Stored {
  readonly task: string;
  readonly count: number;
  readonly fingerprint: string;
  readonly privacy?: Privacy;
}
