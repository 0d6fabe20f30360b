import ndarray from "ndarray";
import { InputError } from "../../src/data/errors.ts";
import { decodeNpz, encodeNpz, member } from "../../src/data/npz.ts";
import { grouped, shapeText } from "../../src/data/text.ts";
import {
  numbered,
  posesMembers,
  readFloat32,
  readNumbered,
  readPoses,
  readResidual,
  residualMembers,
} from "../arrays.ts";
import { needsCells, sketchData, sketchLine, sketchWords } from "../facts.ts";
import { priorOnnx } from "../generator/onnx.ts";
import type { SketchKind } from "../kind.ts";
import { type TrainedMixture, trainMixture } from "../mixture/kind.ts";
import type { CellLinearModel } from "./model.ts";
import { type CellLinearOptions, cellLinearTable } from "./options.ts";
import { cellLinearPrior } from "./prior.ts";
import { type CellLinear, trainCellLinear } from "./train.ts";

const FORMAT = { format: "sketchprior-cell-linear", version: 1 } as const;
const ARRAYS = "weights.npz";

/** A cell-linear generator with the sketch that its mixture was made from. */
export interface TrainedCellLinear extends CellLinear, Pick<TrainedMixture, "sketch"> {}

/** What prior.json holds beside the format. */
type Content = Omit<TrainedCellLinear, "model"> &
  Pick<CellLinearModel, "network" | "shape"> & { readonly weights: number };

/** Cell-linear generators as a kind of prior: `weights.npz`, and `generator.onnx` for other programs (`priorOnnx`). */
export const cellLinearKind: SketchKind<TrainedCellLinear> = {
  from: "sketch",
  summary: "network made from the mixture: linear in z in every cell, cells share their directions",
  format: FORMAT,
  files: [ARRAYS, "generator.onnx"],
  options: cellLinearTable,
  resumable: false,
  accepts: needsCells,

  train: async (sketch, options, watched) => {
    const { model, sketch: of } = await trainMixture(sketch, watched.signal && { signal: watched.signal });
    const made = await trainCellLinear(model, { ...(options as CellLinearOptions), ...watched });
    if (made.code !== "non-finite") return { ...made, sketch: of };
    throw new InputError(
      `train: the loss stopped being finite after ${made.history.length} steps; ` +
        `try a smaller learning rate (was ${made.settings.learningRate})`,
    );
  },

  encode: ({ model, ...rest }) => {
    const { network, shape, weights, conditions, centre, matrix } = model;
    const arrays = {
      ...numbered("weights", weights),
      ...{ centre, matrix },
      ...residualMembers(model),
      ...posesMembers(model.poses),
      conditions: ndarray(conditions, [conditions.length]),
    };
    const content: Content = { network, shape, weights: weights.length, ...rest };
    const onnx = priorOnnx(cellLinearPrior("generator", model));
    return { content, files: { [ARRAYS]: encodeNpz({ arrays, metadata: FORMAT }), "generator.onnx": onnx } };
  },

  decode: async (content, read, where) => {
    const { network, shape, weights, settings, history, code, sketch } = content as Content;
    const file = `${where}/${ARRAYS}`;
    const npz = decodeNpz(await read(ARRAYS), file, FORMAT);
    const floats = (name: string) => readFloat32(npz, name, file);
    const { latent, features, groupOf, cellOf } = network; // folders of before have more in it
    const model: CellLinearModel = {
      ...{ network: { latent, features, groupOf, cellOf }, shape },
      weights: readNumbered(npz, "weights", weights, file),
      conditions: Float64Array.from(member(npz, "conditions", file).data),
      centre: floats("centre"),
      matrix: floats("matrix"),
      ...readPoses(npz, file),
      ...((await readResidual(npz, file)) ?? { residual: floats("residual") }), // which says that it is missing
    };
    return { model, settings, history, code, sketch };
  },

  prior: (name, { model }) => cellLinearPrior(name, model),

  describe: ({ model, settings, history, code, sketch }) => {
    const { network, shape, weights, conditions } = model;
    const numbers = weights.reduce((sum, { size }) => sum + size, 0);
    const words = `cell-linear of ${network.latent} latents, ${grouped(numbers)} weights, ${conditions.length} conditions`;
    return {
      data: {
        ...{ kind: "cell-linear", shape, latent: network.latent, weights: numbers, conditions: conditions.length },
        ...{ settings, sketch: sketchData(sketch), steps: history.length, code },
      },
      words: {
        signals: shapeText(shape),
        network: words,
        trained: `${history.length} steps from the mixture of the sketch, seed ${settings.seed}, ${code}`,
        sketch: sketchWords(sketch),
      },
      line: `${words}; ${sketchLine(sketch)}`,
      sketch: sketchData(sketch),
    };
  },

  course: ({ history }) => ({ history, validation: [], kept: history.length }),
};
