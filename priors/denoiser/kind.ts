import { decodeNpz, encodeNpz } from "../../src/data/npz.ts";
import { checkedOptions } from "../../src/data/options.ts";
import { grouped } from "../../src/data/text.ts";
import { readFloat32 } from "../arrays.ts";
import { factsOfSketch, type SketchFacts, sketchData, sketchLine, sketchWords } from "../facts.ts";
import type { SketchKind } from "../kind.ts";
import { givenWidth } from "./given.ts";
import { type DenoiserModel, modelArrays, modelOf } from "./model.ts";
import { denoiserOnnx } from "./onnx.ts";
import { modelOfDesign } from "./pair-family.ts";
import { denoiserPrior } from "./prior.ts";
import { regressions } from "./regress.ts";

const FORMAT = { format: "sketchprior-denoiser", version: 1 } as const;
const ARRAYS = "denoiser.npz";
const NETWORK = "denoiser.onnx";

/** A denoiser with the sketch that its last stage was made from. */
export interface TrainedDenoiser {
  readonly model: DenoiserModel;
  readonly sketch: SketchFacts;
}

/** The denoiser of a sketch of pairs, and of the stages before, which the sketch's design holds: `denoiser.npz` holds every array, `denoiser.onnx` is for other programs (`denoiserOnnx`). */
export const denoiserKind: SketchKind<TrainedDenoiser> = {
  from: "sketch",
  summary: "denoiser by regressions in closed form, for images of any size; its sketch is made with --denoiser",
  format: FORMAT,
  files: [ARRAYS, NETWORK],
  options: {},
  resumable: false,
  accepts: ({ design }) =>
    design.families.some(({ kind }) => kind === "paired-moments") ||
    "the sketch has no moments of pairs; sketch patches:DATA with --denoiser",
  train: async (sketch, options, { signal }) => {
    checkedOptions("denoiser", {}, options);
    const { design, sums } = sketch;
    const before = modelOfDesign(design)!.model;
    const [counts, squares] = [sums["paired-moments.count"]!, sums["paired-moments.xx"]!];
    const [given, wanted] = [givenWidth(before.side, before.stages.length), before.side ** 2];
    const matrices = await regressions(counts, squares, { given, wanted }, signal);
    return { model: { ...before, stages: [...before.stages, matrices] }, sketch: factsOfSketch(sketch) };
  },

  encode: ({ model, sketch }) => ({
    content: { side: model.side, sigma: model.sigma, stages: model.stages.length, sketch },
    files: {
      [ARRAYS]: encodeNpz({ arrays: modelArrays("", model), metadata: FORMAT }),
      [NETWORK]: denoiserOnnx(model),
    },
  }),

  decode: async (content, read, where) => {
    const { sketch, ...sizes } = content as { side: number; sigma: number; stages: number; sketch: SketchFacts };
    const file = `${where}/${ARRAYS}`;
    const npz = decodeNpz(await read(ARRAYS), file, FORMAT);
    const arrays = Object.fromEntries(Object.keys(npz.arrays).map((name) => [name, readFloat32(npz, name, file)]));
    return { model: modelOf("", arrays, sizes, file), sketch };
  },

  prior: (name, { model }) => denoiserPrior(name, model),

  describe: ({ model: { side, sigma, cells, stages }, sketch }) => {
    const count = cells.inner.length;
    const denoiser = `${stages.length} ${stages.length === 1 ? "stage" : "stages"} of regressions in ${grouped(count)} cells of ${side} × ${side} patches, for σ = ${Number(sigma.toPrecision(4))}`;
    return {
      data: { kind: "denoiser", side, sigma, cells: count, stages: stages.length, sketch: sketchData(sketch) },
      words: { signals: "images of any size", denoiser, trained: "in closed form", sketch: sketchWords(sketch) },
      line: `${denoiser}; ${sketchLine(sketch)}`,
      sketch: sketchData(sketch),
    };
  },
};
