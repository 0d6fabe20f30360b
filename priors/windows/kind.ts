import ndarray from "ndarray";
import { decodeNpz, encodeNpz, member } from "../../src/data/npz.ts";
import { checkedOptions } from "../../src/data/options.ts";
import { grouped, shapeText } from "../../src/data/text.ts";
import { readFloat32 } from "../arrays.ts";
import { factsOfSketch, type SketchFacts, sketchData, sketchLine, sketchWords } from "../facts.ts";
import type { SketchKind } from "../kind.ts";
import { shrunkenWords } from "../shrunken.ts";
import { fitWindows, type WindowModel } from "./fit.ts";

const FORMAT = { format: "sketchprior-windows", version: 1 } as const;
const ARRAYS = "windows.npz";

/** A prior of windows with the sketch that it was made from. */
export interface TrainedWindows {
  readonly model: WindowModel;
  readonly sketch: SketchFacts;
}

/** The prior of windows as a kind: `windows.npz` holds every array. */
export const windowsKind: SketchKind<TrainedWindows> = {
  from: "sketch",
  summary: "a Gaussian whose windows are mixtures, in closed form: for images of many kinds",
  format: FORMAT,
  files: [ARRAYS],
  options: {},
  resumable: false,
  accepts: ({ design }) => {
    const kinds = new Set<string>(design.families.map(({ kind }) => kind));
    return (
      (kinds.has("window-moments") && kinds.has("second-moments")) ||
      "the sketch has no window moments; sketch images with --windows 8"
    );
  },
  train: async (sketch, given, { signal }) => {
    checkedOptions("windows", {}, given);
    return { model: await fitWindows(sketch, signal), sketch: factsOfSketch(sketch) };
  },

  encode: ({ model: { shape, side, added, mean, covariance, weights, means, covariances }, sketch }) => {
    const n = mean.length;
    const whole = { mean: ndarray(mean, [n]), covariance: ndarray(covariance, [n, n]) };
    return {
      content: { shape, side, added, sketch },
      files: { [ARRAYS]: encodeNpz({ arrays: { ...whole, weights, means, covariances }, metadata: FORMAT }) },
    };
  },

  decode: async (content, read, where) => {
    const { shape, side, added, sketch } = content as Pick<WindowModel, "shape" | "side" | "added"> &
      Pick<TrainedWindows, "sketch">;
    const file = `${where}/${ARRAYS}`;
    const npz = decodeNpz(await read(ARRAYS), file, FORMAT);
    const float64 = (name: string) => Float64Array.from(member(npz, name, file).data as ArrayLike<number>);
    const model = {
      ...{ shape, side, added, mean: float64("mean"), covariance: float64("covariance") },
      weights: ndarray(float64("weights"), member(npz, "weights", file).shape),
      means: readFloat32(npz, "means", file),
      covariances: readFloat32(npz, "covariances", file),
    };
    return { model, sketch };
  },

  prior: (name, { model: { added: _, ...model } }) => ({ kind: "windows", name, ...model }),

  describe: ({ model: { shape, side, added, weights }, sketch }) => {
    const [places = 0, components = 0] = weights.shape;
    const mixture = `${grouped(components)} Gaussians of windows of ${side} × ${side}, weighed at ${grouped(places)} places`;
    return {
      data: { kind: "windows", shape, side, components, places, added, sketch: sketchData(sketch) },
      words: {
        signals: shapeText(shape),
        mixture,
        covariance: shrunkenWords({ added }) ?? "as sketched",
        trained: "in closed form",
        sketch: sketchWords(sketch),
      },
      line: [mixture, shrunkenWords({ added }), sketchLine(sketch)].filter(Boolean).join("; "),
      sketch: sketchData(sketch),
    };
  },
};
