import ndarray, { type NdArray } from "ndarray";
import { differing } from "../../src/data/differing.ts";
import { InputError } from "../../src/data/errors.ts";
import { decodeNpz, encodeNpz, member } from "../../src/data/npz.ts";
import type { Reached } from "../../src/engine/iterate.ts";
import { numbered, readNumbered } from "../arrays.ts";
import type { RegulariserSettings } from "./options.ts";
import type { Parameters, TrainState } from "./step.ts";

const FORMAT = { format: "sketchprior-regulariser-training", version: 1 } as const;

/** What a training depends on. If any of it differs, so do the steps. */
export interface TrainingOf {
  readonly settings: RegulariserSettings;
  /** SHA-256 of the true images. */
  readonly images: string;
  /** That of the files that make the operator; null without. */
  readonly operator: string | null;
}

/** What is kept of a step: mean Ψ of naive less true images, and the mean slope between them. */
export interface Course {
  readonly gaps: readonly number[];
  readonly slopes: readonly number[];
}

/** The state of a training with the course of its steps so far. */
export type Followed = TrainState<NdArray<Float32Array>> & Course;

const parts = ["parameters", "first", "second"] as const;
const list = ({ v, a }: Parameters<NdArray<Float32Array>>) => [v, a];

/** A checkpoint as bytes: all that the next steps depend on, exactly. */
export function encodeTraining(of: TrainingOf, { state, history }: Reached<Followed>): Uint8Array {
  const { gaps, slopes } = state;
  const numbers = (values: readonly number[]) => ndarray(Float64Array.from(values), [values.length]);
  return encodeNpz({
    arrays: {
      ...{ history: numbers(history), gaps: numbers(gaps), slopes: numbers(slopes) },
      ...Object.fromEntries(parts.flatMap((part) => Object.entries(numbered(part, list(state[part]))))),
    },
    metadata: { ...FORMAT, ...of },
  });
}

/**
 * The state in a checkpoint; `where` begins messages. Errors (InputError): damaged bytes, another format, a training with other settings, of other images or by an operator of other files, with the names of what differs.
 */
export function decodeTraining(bytes: Uint8Array, of: TrainingOf, where: string): Reached<Followed> {
  const npz = decodeNpz(bytes, where, FORMAT);
  const saved = npz.metadata as unknown as TrainingOf;
  const remedy = "repeat that training, or begin anew without resuming";
  if (saved.images !== of.images) throw new InputError(`${where}: belongs to other images; ${remedy}`);
  if ((saved.operator ?? null) !== of.operator) {
    throw new InputError(`${where}: the operator's file held other numbers; ${remedy}`);
  }
  const settings = differing(saved.settings, of.settings);
  if (settings) throw new InputError(`${where}: belongs to other settings (${settings}); ${remedy}`);
  const read = (name: string): Parameters<NdArray<Float32Array>> => {
    const [v, a] = readNumbered(npz, name, 2, where);
    return { v: v!, a: a! };
  };
  const numbers = (name: string) => [...member(npz, name, where).data];
  return {
    history: numbers("history"),
    state: {
      ...{ parameters: read("parameters"), first: read("first"), second: read("second") },
      ...{ gaps: numbers("gaps"), slopes: numbers("slopes") },
    },
  };
}
