import ndarray from "ndarray";
import { differing } from "../../src/data/differing.ts";
import { InputError } from "../../src/data/errors.ts";
import { sha256 } from "../../src/data/hash.ts";
import { decodeNpz, encodeNpz, member } from "../../src/data/npz.ts";
import type { Reached } from "../../src/engine/iterate.ts";
import type { Sketch } from "../../src/sketch/index.ts";
import { numbered, readNumbered } from "../arrays.ts";
import type { TrainSettings } from "./options.ts";
import type { TrainState } from "./step.ts";

const FORMAT = { format: "sketchprior-training", version: 1 } as const;

/** What a training depends on. If any of it differs, so do the steps. */
export interface TrainingOf {
  readonly settings: TrainSettings;
  /** The design's fingerprint, the sample count, and the SHA-256 of the sums. */
  readonly sketch: { readonly fingerprint: string; readonly count: number; readonly sums: string };
}

export async function trainingOf({ design, count, sums }: Sketch, settings: TrainSettings): Promise<TrainingOf> {
  const names = Object.keys(sums).sort();
  const hash = await sha256(names.flatMap((name) => [new TextEncoder().encode(name), sums[name]!]));
  return { settings, sketch: { fingerprint: design.fingerprint, count, sums: hash } };
}

/** A checkpoint as bytes: all that the next steps depend on, exactly. */
export function encodeTraining(of: TrainingOf, { state, history }: Reached<TrainState>): Uint8Array {
  const { weights, moments, validation, best } = state;
  return encodeNpz({
    arrays: {
      history: ndarray(Float64Array.from(history), [history.length]),
      ...numbered("weights", weights),
      ...numbered("first", moments.first),
      ...numbered("second", moments.second),
      ...(best && numbered("best", best.weights)),
    },
    metadata: { ...FORMAT, ...of, parameters: weights.length, validation, ...(best && { best: best.step }) },
  });
}

/**
 * The state in a checkpoint; `where` begins messages. Errors (InputError): damaged bytes, another format, a training with other
 * settings or from another sketch, with the names of what differs.
 */
export function decodeTraining(bytes: Uint8Array, of: TrainingOf, where: string): Reached<TrainState> {
  const npz = decodeNpz(bytes, where, FORMAT);
  const saved = npz.metadata as unknown as TrainingOf & {
    readonly parameters: number;
    readonly validation: TrainState["validation"];
    readonly best?: number;
  };
  const remedy = "repeat that training, or begin anew without resuming";
  const sketch = differing(saved.sketch, of.sketch);
  if (sketch) throw new InputError(`${where}: belongs to another sketch (${sketch}); ${remedy}`);
  const settings = differing(saved.settings, of.settings);
  if (settings) throw new InputError(`${where}: belongs to other settings (${settings}); ${remedy}`);
  const list = (name: string) => readNumbered(npz, name, saved.parameters, where);
  return {
    history: [...member(npz, "history", where).data],
    state: {
      weights: list("weights"),
      moments: { first: list("first"), second: list("second") },
      validation: saved.validation,
      ...(saved.best !== undefined && { best: { step: saved.best, weights: list("best") } }),
    },
  };
}
