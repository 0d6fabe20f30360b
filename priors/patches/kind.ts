import ndarray from "ndarray";
import { decodeNpz, encodeNpz, member } from "../../src/data/npz.ts";
import { checkedOptions } from "../../src/data/options.ts";
import { grouped } from "../../src/data/text.ts";
import { readFloat32 } from "../arrays.ts";
import { factsOfSketch, type SketchFacts, sketchData, sketchLine, sketchWords } from "../facts.ts";
import type { SketchKind } from "../kind.ts";
import { fitPatches, type PatchModel } from "./fit.ts";

const FORMAT = { format: "sketchprior-patches", version: 1 } as const;
const ARRAYS = "patches.npz";

/** A patch prior with the sketch that it was made from. */
export interface TrainedPatches {
  readonly model: PatchModel;
  readonly sketch: SketchFacts;
}

/** The prior of patches as a kind: `patches.npz` holds every array. */
export const patchesKind: SketchKind<TrainedPatches> = {
  from: "sketch",
  summary: "Gaussians on patches in closed form, for images of any size",
  format: FORMAT,
  files: [ARRAYS],
  options: {},
  resumable: false,
  accepts: ({ design }) =>
    design.families.some(({ kind }) => kind === "gated-moments") ||
    "the sketch has no gated moments; sketch patches:DATA",
  train: async (sketch, given, { signal }) => {
    checkedOptions("patches", {}, given);
    return { model: await fitPatches(sketch, signal), sketch: factsOfSketch(sketch) };
  },

  encode: ({ model: { side, channels, weights, values, vectors }, sketch }) => ({
    content: { side, channels, sketch },
    files: {
      [ARRAYS]: encodeNpz({
        arrays: { weights: ndarray(weights, [weights.length]), values, vectors },
        metadata: FORMAT,
      }),
    },
  }),

  decode: async (content, read, where) => {
    const { side, channels, sketch } = content as Pick<PatchModel, "side" | "channels"> &
      Pick<TrainedPatches, "sketch">;
    const file = `${where}/${ARRAYS}`;
    const npz = decodeNpz(await read(ARRAYS), file, FORMAT);
    const weights = Float64Array.from(member(npz, "weights", file).data as ArrayLike<number>);
    const model = {
      side,
      channels,
      weights,
      values: readFloat32(npz, "values", file),
      vectors: readFloat32(npz, "vectors", file),
    };
    return { model, sketch };
  },

  prior: (name, { model }) => ({ kind: "patches", name, ...model }),

  describe: ({ model: { side, channels, weights }, sketch }) => {
    const patches = `${side} × ${side}${channels > 1 ? ` × ${channels}` : ""}`;
    const mixture = `${grouped(weights.length)} Gaussians of patches of ${patches} without their mean`;
    return {
      data: { kind: "patches", side, channels, components: weights.length, sketch: sketchData(sketch) },
      words: { signals: "images of any size", mixture, trained: "in closed form", sketch: sketchWords(sketch) },
      line: `${mixture}; ${sketchLine(sketch)}`,
      sketch: sketchData(sketch),
    };
  },
};
