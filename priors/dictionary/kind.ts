import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { decodeNpz, encodeNpz } from "../../src/data/npz.ts";
import { checkedOptions, type OptionTable, requireCounts } from "../../src/data/options.ts";
import { grouped } from "../../src/data/text.ts";
import { readFloat32 } from "../arrays.ts";
import type { DataFacts } from "../facts.ts";
import type { DataKind } from "../kind.ts";
import type { DictionaryPrior } from "../prior.ts";
import { typical } from "../typical.ts";
import { learnAtoms } from "./learn.ts";

const FORMAT = { format: "sketchprior-dictionary", version: 1 } as const;
const ARRAYS = "dictionary.npz";

const options = {
  atoms: { type: "integer", default: 256, description: "atoms of the dictionary" },
  sparsity: { type: "integer", default: 6, description: "most atoms of a patch while it is learned" },
  samples: { type: "integer", default: 10000, description: "patches that it is learned from, from all over the data" },
  steps: { type: "integer", default: 10, description: "steps of codes and atoms in turn" },
} as const satisfies OptionTable;

/** A dictionary, without a name, and the data that it was learned from. */
export interface TrainedDictionary {
  readonly model: Omit<DictionaryPrior, "kind" | "name">;
  readonly data: DataFacts;
  readonly settings: { readonly sparsity: number; readonly steps: number };
}

/** A dictionary of patches as a kind, learned from the patches themselves: `dictionary.npz` holds its atoms. */
export const dictionaryKind: DataKind<TrainedDictionary> = {
  from: "data",
  summary: "dictionary of patches (K-SVD), learned from patches:DATA and no sketch, for images of any size",
  format: FORMAT,
  files: [ARRAYS],
  options,
  resumable: false,
  accepts: ({ name, shape }) => {
    const square = shape.length >= 2 && shape[0] === shape[1] && [1, 3].includes(shape[2] ?? 1);
    return square || `${name} holds signals of [${shape.join(", ")}], no square patches; give patches:DATA`;
  },
  train: async (dataset, given, { seed = 1, onProgress, signal }) => {
    const { samples, atoms, sparsity, steps } = checkedOptions("train", options, given);
    const d = sizeOf(dataset.shape);
    requireCounts("train", { atoms, sparsity, samples, steps });
    const { data: patches } = await typical(dataset, samples, signal);
    const [side, , channels = 1] = dataset.shape as [number, number, number?];
    if (isFlat(patches, d)) {
      throw new InputError(`train: the patches of ${dataset.name} are all flat; give images with structure`);
    }
    const watched = { seed, onProgress, signal };
    const { rows } = await learnAtoms(patches, d, { atoms, sparsity, steps, channels, ...watched });
    return {
      model: { side, channels, atoms: fromHost(rows, [atoms, d]), roughness: roughnessOf(patches, side, channels) },
      data: { name: dataset.name, count: patches.length / d },
      settings: { sparsity, steps },
    };
  },

  encode: ({ model: { side, channels, roughness, atoms }, data, settings }) => ({
    content: { side, channels, roughness, data, settings },
    files: { [ARRAYS]: encodeNpz({ arrays: { atoms }, metadata: FORMAT }) },
  }),

  decode: async (content, read, where) => {
    const { side, channels, roughness, data, settings } = content as Omit<TrainedDictionary["model"], "atoms"> &
      Omit<TrainedDictionary, "model">;
    const file = `${where}/${ARRAYS}`;
    const npz = decodeNpz(await read(ARRAYS), file, FORMAT);
    return { model: { side, channels, roughness, atoms: readFloat32(npz, "atoms", file) }, data, settings };
  },

  prior: (name, { model }) => ({ kind: "dictionary", name, ...model }),

  describe: ({ model: { side, channels, atoms }, data, settings }) => {
    const patches = `${side} × ${side}${channels > 1 ? ` × ${channels}` : ""}`;
    const dictionary = `${grouped(atoms.shape[0]!)} atoms for patches of ${patches} without their mean`;
    const samples = `${grouped(data.count)} samples of ${data.name}`;
    return {
      data: { kind: "dictionary", side, channels, atoms: atoms.shape[0]!, settings, trainedOn: data },
      words: {
        ...{ signals: "images of any size", dictionary, data: samples },
        trained: `${settings.steps} steps, at most ${settings.sparsity} atoms a patch`,
      },
      line: `${dictionary}; learned from ${samples}`,
      fromData: true,
    };
  },
};

/** Whether every patch is of one number. */
const isFlat = (patches: Float32Array, d: number): boolean =>
  patches.every((v, at) => v === patches[Math.floor(at / d) * d]);

/** Root mean square of the differences of neighbours in the rows of patches. */
function roughnessOf(patches: Float32Array, side: number, channels: number): number {
  let [sum, count] = [0, 0];
  const line = side * channels;
  for (let at = 0; at < patches.length; at++) {
    if (at % line >= line - channels) continue;
    sum += (patches[at]! - patches[at + channels]!) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}
