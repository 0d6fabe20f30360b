import ndarray, { type NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import { fileExists, readFileOrExplain, writeAtomic } from "../data/files.ts";
import type { RecoveryCheckpoints } from "../solve/solver.ts";
import { piecesOf, type Span } from "./sharding.ts";

/** Signals of a batch of a part, unless --batch is given. */
export const PART_BATCH = 64;

/** The batches of all signals, or of a part of them. Errors (InputError): a shard that is none, more parts than batches. */
export function batchesIn(count: number, size: number, shard: string | undefined): Span[] {
  const batches = Math.ceil(count / size);
  const few = (parts: number) =>
    `${count} signals are ${batches} batches of ${size} that are recovered together: at most ${batches} parts; give fewer, or --batch ` +
    `${Math.max(1, Math.floor(count / parts))} or less`;
  const { from, to } = shard === undefined ? { from: 0, to: batches } : piecesOf(shard, batches, few);
  return Array.from({ length: to - from }, (_, i) => ({
    from: (from + i) * size,
    to: Math.min(count, (from + i + 1) * size),
  }));
}

/** Rows of an array, from the first to before the last. */
export const rowsOf = (array: NdArray<Float32Array>, from: number, to: number): NdArray<Float32Array> =>
  ndarray(contiguous(array.lo(from).hi(to - from)) as Float32Array, [to - from, ...array.shape.slice(1)]);

/** Checkpoints in the file of the batch that is reached, which is always replaced as a whole. With `resume`, the recovery goes on from the checkpoint that is there. */
export const checkpointsIn = (reached: { where: string }, seconds: number, resume: boolean): RecoveryCheckpoints => ({
  seconds,
  get where() {
    return reached.where;
  },
  ...(resume && {
    load: async () => ((await fileExists(reached.where)) ? readFileOrExplain(reached.where) : undefined),
  }),
  save: (bytes) => writeAtomic(reached.where, bytes),
});
