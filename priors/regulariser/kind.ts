import { decodeNpz, encodeNpz } from "../../src/data/npz.ts";
import { grouped } from "../../src/data/text.ts";
import { readFloat32 } from "../arrays.ts";
import { isImage } from "../image-shape.ts";
import type { DataKind } from "../kind.ts";
import { regulariserOnnx } from "./onnx.ts";
import { regulariserOptions } from "./options.ts";
import { regulariserPrior } from "./prior.ts";
import { type TrainedRegulariser, trainRegulariser } from "./train.ts";

const FORMAT = { format: "sketchprior-regulariser", version: 1 } as const;
const ARRAYS = "regulariser.npz";
const NETWORK = "regulariser.onnx";

/** The last steps, in whose mean a training is told. */
const LAST = 50;

/** A learned regulariser as a kind, trained on images themselves or on draws of another prior: `regulariser.npz` holds filters and weights, `regulariser.onnx` is for other programs (`regulariserOnnx`). */
export const regulariserKind: DataKind<TrainedRegulariser> = {
  from: "data",
  summary:
    "critic that tells true images from naive reconstructions, for images of any size; DATA are images, or draws",
  format: FORMAT,
  files: [ARRAYS, NETWORK],
  options: regulariserOptions,
  resumable: true,
  accepts: ({ name, shape }) => {
    const image = isImage(shape);
    return image === true || `${name}: ${image}; give images [h, w] or [h, w, 3]`;
  },
  train: trainRegulariser,

  encode: ({ model, ...rest }) => ({
    content: rest,
    files: { [ARRAYS]: encodeNpz({ arrays: { ...model }, metadata: FORMAT }), [NETWORK]: regulariserOnnx(model) },
  }),

  decode: async (content, read, where) => {
    const file = `${where}/${ARRAYS}`;
    const npz = decodeNpz(await read(ARRAYS), file, FORMAT);
    const floats = (name: string) => readFloat32(npz, name, file);
    const { settings, data, error, gaps, slopes } = content as TrainedRegulariser;
    return {
      model: { filters: floats("filters"), weights: floats("weights") },
      ...{ settings, data, error, gaps, slopes },
    };
  },

  prior: (name, { model }) => regulariserPrior(name, model),

  describe: ({ model, settings, data, error, gaps, slopes }) => {
    const { side, operator, sigma, steps, seed } = settings;
    const [count, channels] = [model.weights.size, model.filters.shape[2]!];
    const mean = (values: readonly number[]) =>
      values.slice(-LAST).reduce((sum, v, _, { length }) => sum + v / length, 0);
    const [gap, slope] = [mean(gaps), mean(slopes)];
    const filters = `${grouped(count)} filters of ${side} × ${side}${channels > 1 ? ` × ${channels}` : ""}`;
    const samples = `${grouped(data.count)} samples of ${data.name}`;
    return {
      data: { kind: "regulariser", side, channels, filters: count, settings, error, gap, slope, trainedOn: data },
      words: {
        ...{ signals: `images of any size from ${side} × ${side} on`, regulariser: filters },
        naive: `Tikhonov behind ${operator}, σ = ${sigma}; root mean square error ${error.toPrecision(3)}`,
        trained: `${steps} steps, seed ${seed}`,
        critic: `naive less true images ${gap.toPrecision(3)}, slope between them ${slope.toPrecision(3)}, in the mean of the last ${Math.min(LAST, steps)} steps`,
        data: samples,
      },
      line: `regulariser, ${filters}, behind ${operator}, σ = ${sigma}; trained on ${samples}`,
      fromData: true,
    };
  },
};
