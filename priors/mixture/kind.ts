import ndarray from "ndarray";
import type { NpyArray } from "../../src/data/npy.ts";
import { decodeNpz, encodeNpz, member } from "../../src/data/npz.ts";
import { checkedOptions, type OptionTable } from "../../src/data/options.ts";
import { counted, shapeText } from "../../src/data/text.ts";
import { lossySpec, type Sketch, seenWords, unseenOf } from "../../src/sketch/index.ts";
import { posesMembers, readFloat32, readPoses, readResidual, residualMembers } from "../arrays.ts";
import {
  type DataFacts,
  dataLine,
  factsOfSketch,
  needsCells,
  type SketchFacts,
  sketchData,
  sketchLine,
  sketchWords,
} from "../facts.ts";
import type { SketchKind, Watched } from "../kind.ts";
import { shrunkenWords } from "../shrunken.ts";
import { fitMixture, type MixtureOptions } from "./fit.ts";
import { type MixtureModel, mixturePrior } from "./model.ts";

const FORMAT = { format: "sketchprior-mixture", version: 1 } as const;
const ARRAYS = "mixture.npz";

/** A mixture with what it was made from. */
export interface TrainedMixture {
  readonly model: MixtureModel;
  readonly settings: Required<MixtureOptions>;
  /** The sketch that it was made from. */
  readonly sketch: SketchFacts;
  /** The data, of an experiment that fitted the Gaussians to them instead; the sketch then gave the features and the residual. */
  readonly data?: DataFacts;
  /** How the samples were seen, and what of them was not, where the sketch is of lossy measurements. */
  readonly lossy?: LossyFacts;
}

interface LossyFacts {
  readonly seen: string;
  readonly unseen?: string;
  /** The mean log p(y) of a sample in the prior of the pass before; higher in every further pass until it has converged. */
  readonly likelihood?: number;
}

const lossyWords = ({ likelihood, ...words }: LossyFacts): Record<string, string> => ({
  ...words,
  ...(likelihood !== undefined && { likelihood: `mean log p(y) ${likelihood.toFixed(3)} before this step` }),
});

function lossyFactsOf(sketch: Sketch): LossyFacts | undefined {
  const spec = lossySpec(sketch.design);
  if (!spec) return undefined;
  const unseen = unseenOf(sketch);
  const log = sketch.sums["lossy-cells.log"] ?? sketch.sums["lossy-scores.log"];
  return {
    seen: seenWords(spec),
    ...(unseen && { unseen }),
    ...(log && { likelihood: log.reduce((a, b) => a + b, 0) / sketch.count }),
  };
}

const options = {
  shrinkage: { type: "number", default: 50, description: "samples that draw a cell's covariance to its label's" },
} as const satisfies OptionTable;

/** `fitMixture`, with what it was made from. Errors (InputError): as there; options of other names. */
export async function trainMixture(
  sketch: Sketch,
  { signal, ...given }: MixtureOptions & Pick<Watched, "signal"> = {},
): Promise<TrainedMixture> {
  const settings = checkedOptions("mixture", options, given);
  const lossy = lossyFactsOf(sketch);
  return {
    model: await fitMixture(sketch, { ...settings, ...(signal && { signal }) }),
    settings,
    sketch: factsOfSketch(sketch),
    ...(lossy && { lossy }),
  };
}

/** The mixture as a kind of prior: `mixture.npz` holds every array. */
export const mixtureKind: SketchKind<TrainedMixture> = {
  from: "sketch",
  summary: "Gaussians in closed form, recovery is exact",
  format: FORMAT,
  files: [ARRAYS],
  options,
  resumable: false,
  accepts: needsCells,
  train: (sketch, given, { signal }) =>
    trainMixture(sketch, { ...(given as MixtureOptions), ...(signal && { signal }) }),

  encode: ({ model, settings, sketch, data, lossy }) => {
    const { shape, weights, covarianceOf, labels, poses, shrunken, residual: _, residualRoot: __, ...floats } = model;
    const arrays: Record<string, NpyArray> = {
      ...floats,
      weights: ndarray(weights, [weights.length]),
      covarianceOf: ndarray(covarianceOf, [covarianceOf.length]),
      ...residualMembers(model),
      ...(labels && { labels: ndarray(labels, [labels.length]) }),
      ...posesMembers(poses),
    };
    return {
      content: {
        shape,
        settings,
        sketch,
        ...(shrunken && { shrunken }),
        ...(data && { data }),
        ...(lossy && { lossy }),
      },
      files: { [ARRAYS]: encodeNpz({ arrays, metadata: FORMAT }) },
    };
  },

  decode: async (content, read, where) => {
    const { shape, settings, sketch, shrunken, data, lossy } = content as Omit<TrainedMixture, "model"> &
      Pick<MixtureModel, "shape" | "shrunken">;
    const file = `${where}/${ARRAYS}`;
    const npz = decodeNpz(await read(ARRAYS), file, FORMAT);
    const numbers = (name: string) => member(npz, name, file).data;
    const floats = (name: string) => readFloat32(npz, name, file);
    const model: MixtureModel = {
      shape,
      weights: Float64Array.from(numbers("weights")),
      covarianceOf: Int32Array.from(numbers("covarianceOf")),
      means: floats("means"),
      factors: floats("factors"),
      centre: floats("centre"),
      matrix: floats("matrix"),
      ...((await readResidual(npz, file)) ?? { residual: floats("residual") }), // which says that it is missing
      ...("labels" in npz.arrays && { labels: Int32Array.from(numbers("labels")) }),
      ...readPoses(npz, file),
      ...(shrunken && { shrunken }),
    };
    return { model, settings, sketch, ...(data && { data }), ...(lossy && { lossy }) };
  },

  prior: (name, { model }) => mixturePrior(name, model),

  describe: ({ model, settings, sketch, data, lossy }) => {
    const { shape, weights, means, factors, labels, poses, shrunken } = model;
    const [components, features, covariances] = [weights.length, means.shape[1]!, factors.shape[0]!];
    const labelCount = labels && new Set(labels).size;
    const ofLabels = labels ? `, ${labelCount} labels` : "";
    const inPoses = poses ? `, each in up to ${poses.warps.shape[0]} poses` : "";
    const mixture = `${counted(components, "Gaussian")} of ${features} features, ${counted(covariances, "covariance")}${ofLabels}${inPoses}`;
    return {
      data: {
        ...{ kind: "mixture", shape, components, covariances, features, settings, sketch: sketchData(sketch), data },
        ...(labels && { labels: labelCount }),
        ...(poses && { poses: poses.warps.shape[0] }),
        ...shrunken,
        ...lossy,
      },
      words: {
        signals: shapeText(shape),
        mixture,
        ...(shrunken && { covariance: shrunkenWords(shrunken) ?? "as sketched" }),
        trained: data ? "by an experiment" : `in closed form, shrinkage ${settings.shrinkage}`,
        sketch: sketchWords(sketch),
        ...(lossy && lossyWords(lossy)),
        ...(data && { data: dataLine(data) }),
      },
      line: [mixture, shrunken && shrunkenWords(shrunken), sketchLine(sketch), data && dataLine(data)]
        .filter(Boolean)
        .join("; "),
      sketch: sketchData(sketch),
      ...(data && { fromData: true }),
    };
  },
};
