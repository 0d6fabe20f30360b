import ndarray, { type NdArray } from "ndarray";
import { contiguous } from "../data/array.ts";
import { differing } from "../data/differing.ts";
import { InputError } from "../data/errors.ts";
import type { Outcome, Recovery } from "../solve/index.ts";
import { factsOf, type Reconstruction } from "./reconstruction.ts";
import { outcomeText } from "./row.ts";

/** What is told of the recovery of one batch. */
export interface BatchFacts {
  /** Those of `factsOf`. */
  readonly facts: Reconstruction["facts"];
  /** One a signal. */
  readonly outcomes: readonly Outcome[];
}

/** Which signals a reconstruction is of, where these are not all that were measured. */
export interface Part {
  /** All that the recovered signals follow from, by name. */
  readonly of: Readonly<Record<string, unknown>>;
  /** How many signals were measured. */
  readonly signals: number;
  /** The signals here, `to` not included. */
  readonly from: number;
  readonly to: number;
  readonly batches: readonly BatchFacts[];
}

/** What is written of a batch of recovered signals. */
export type Batch = Pick<Reconstruction, "estimate" | "deviation" | "samples"> & BatchFacts;

/** A recovery of a batch as it is written. */
export const batchOf = (method: string, operator: string, seed: number, recovery: Recovery): Batch => ({
  ...{ estimate: recovery.estimate, outcomes: recovery.outcomes, facts: factsOf(method, operator, seed, recovery) },
  ...(recovery.deviation && { deviation: recovery.deviation }),
  ...(recovery.samples && { samples: recovery.samples }),
});

/** Batches in their order as one reconstruction. */
export function joinedBatches(
  batches: readonly Batch[],
): Pick<Reconstruction, "estimate" | "deviation" | "samples" | "facts"> {
  const rows = (name: "estimate" | "deviation" | "samples") => batches.flatMap((batch) => batch[name] ?? []);
  const [deviations, samples] = [rows("deviation"), rows("samples")];
  return {
    ...{ estimate: stacked(rows("estimate")), facts: joinedFacts(batches) },
    ...(deviations.length > 0 && { deviation: stacked(deviations) }),
    ...(samples.length > 0 && { samples: stacked(samples) }),
  };
}

/**
 * The facts of several batches: the most steps of any, all outcomes, the number of signals that were clipped in any, λ of every signal where batches differ; of
 * others every value that occurs.
 */
function joinedFacts(batches: readonly BatchFacts[]): Reconstruction["facts"] {
  const names = [...new Set(batches.flatMap(({ facts }) => Object.keys(facts)))];
  const joined = (name: string): string | number | null => {
    const values = batches.map(({ facts }) => facts[name]);
    const known = [...new Set(values.filter((value) => value !== undefined))];
    if (name === "outcome") return outcomeText(batches.flatMap(({ outcomes }) => outcomes));
    if (name === "steps") return Math.max(...(known as number[]));
    if (name === "clipped") return (values as (number | undefined)[]).reduce<number>((sum, n) => sum + (n ?? 0), 0);
    if (known.length === 1) return known[0]!;
    if (name !== "lambda") return known.join(name === "warnings" ? " " : "; ");
    return batches
      .flatMap(({ facts: { lambda }, outcomes }) =>
        typeof lambda === "string" ? [lambda] : outcomes.map(() => String(lambda)),
      )
      .join(" ");
  };
  return Object.fromEntries(names.map((name) => [name, joined(name)]));
}

/** Arrays one after the other, along their first axis. */
function stacked(arrays: readonly NdArray<Float32Array>[]): NdArray<Float32Array> {
  if (arrays.length === 1) return arrays[0]!;
  const data = new Float32Array(arrays.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const array of arrays) {
    data.set(contiguous(array), at);
    at += array.size;
  }
  return ndarray(data, [arrays.reduce((sum, { shape }) => sum + shape[0]!, 0), ...arrays[0]!.shape.slice(1)]);
}

/** A part, and the file that it is read from. */
export interface FiledPart {
  readonly file: string;
  readonly made: Reconstruction;
}

/**
 * The whole of its parts, in any order, with the bits of one process that recovered the same batches.
 * Errors (InputError), which name the files: a whole reconstruction, parts of different recoveries, signals that two parts hold or no part does.
 */
export function mergeReconstructions(given: readonly FiledPart[]): Reconstruction {
  const parts = given.map(({ file, made }) => {
    if (made.part) return { file, made, part: made.part };
    throw new InputError(`merge: ${file} is a whole reconstruction, expected parts, which reconstruct --shard writes`);
  });
  parts.sort((a, b) => a.part.from - b.part.from || a.part.to - b.part.to);
  const [first, ...others] = parts as [(typeof parts)[0], ...typeof parts];
  const { of, signals } = first.part;
  for (const { file, part } of others) {
    const difference = differing({ ...of, signals }, { ...part.of, signals: part.signals });
    if (difference)
      throw new InputError(`merge: ${first.file} and ${file} are of different recoveries (${difference})`);
  }
  let [reached, last] = [0, ""];
  for (const { file, part } of parts) {
    if (part.from < reached) {
      throw new InputError(`merge: ${last} and ${file} both hold signal ${part.from}; leave one out`);
    }
    requireNoGap(reached, part.from, signals);
    [reached, last] = [part.to, file];
  }
  requireNoGap(reached, signals, signals);
  const errors = parts.flatMap(({ made }) => [...(made.errors ?? [])]);
  const rows = (name: "estimate" | "deviation" | "samples" | "truth") => {
    const found = parts.flatMap(({ made }) => made[name] ?? []);
    return found.length > 0 ? { [name]: stacked(found) } : {};
  };
  return {
    ...(rows("estimate") as { estimate: NdArray<Float32Array> }),
    facts: joinedFacts(parts.flatMap(({ part }) => part.batches)),
    ...{ ...rows("deviation"), ...rows("samples"), ...rows("truth") },
    ...(errors.length > 0 && { errors: Float64Array.from(errors) }),
  };
}

function requireNoGap(from: number, to: number, signals: number): void {
  if (from === to) return;
  throw new InputError(`merge: no part holds signals ${from} to ${to - 1} of ${signals}; add what is missing`);
}
