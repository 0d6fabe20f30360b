import { InputError } from "../../src/data/errors.ts";
import { decodeNpz, encodeNpz } from "../../src/data/npz.ts";
import { shapeText } from "../../src/data/text.ts";
import { numbered, readFloat32, readNumbered, readResidual, residualMembers } from "../arrays.ts";
import { dataLine, sketchData, sketchLine, sketchWords } from "../facts.ts";
import type { SketchKind } from "../kind.ts";
import { type Decoder, generatorPrior } from "./model.ts";
import { type NetworkSpec, weightShapes } from "./network.ts";
import { priorOnnx } from "./onnx.ts";
import { olderSettings, type TrainOptions, trainTable } from "./options.ts";
import { type TrainedGenerator, trainGenerator } from "./train.ts";

const FORMAT = { format: "sketchprior-generator", version: 1 } as const;
const WEIGHTS = "weights.npz";

/** What prior.json holds beside the format. */
type Content = Omit<TrainedGenerator, "model"> & {
  readonly network: NetworkSpec;
  readonly shape: readonly number[];
  readonly conditions?: readonly number[];
};

/** The generator as a kind of prior: `weights.npz`, and `generator.onnx` for other programs (`priorOnnx`). */
export const generatorKind: SketchKind<TrainedGenerator> = {
  from: "sketch",
  summary: "network that learns the Fourier moments of the sketch, or moments of features",
  format: FORMAT,
  files: [WEIGHTS, "generator.onnx"],
  options: trainTable,
  resumable: true,
  watchable: true,

  accepts: ({ design: { families } }) =>
    families.some(({ kind }) => kind === "fourier" || kind === "network-moments") ||
    "the sketch has no Fourier moments; make it with --frequencies",

  train: async (sketch, options, watched) => {
    const trained = await trainGenerator(sketch, { ...(options as TrainOptions), ...watched });
    const { code, history, settings } = trained;
    if (code !== "non-finite") return trained;
    await watched.checkpoints?.discard();
    throw new InputError(
      `train: the loss stopped being finite after ${history.length} steps; ` +
        `try a smaller learning rate (was ${settings.learningRate})`,
    );
  },

  encode: ({ model, ...rest }) => {
    const { weights, decoder, residual: _, residualRoot: __, ...described } = model;
    const arrays = Object.fromEntries([
      ...Object.entries(numbered("weights", weights)),
      ...Object.entries(decoder).map(([name, array]) => [`decoder.${name}`, array] as const),
      ...Object.entries(residualMembers(model)),
    ]);
    const content: Content = { ...described, ...rest };
    const onnx = priorOnnx(generatorPrior("generator", model));
    return { content, files: { [WEIGHTS]: encodeNpz({ arrays, metadata: FORMAT }), "generator.onnx": onnx } };
  },

  decode: async (content, read, where) => {
    const { network, shape, conditions, settings, history, sketch, data, code, ...rest } = content as Content;
    const file = `${where}/${WEIGHTS}`;
    const npz = decodeNpz(await read(WEIGHTS), file, FORMAT);
    const floats = (name: string) => readFloat32(npz, name, file);
    const decoder: Decoder = {
      centre: floats("decoder.centre"),
      scale: floats("decoder.scale"),
      ...("decoder.basis" in npz.arrays && { basis: floats("decoder.basis") }),
    };
    const weights = readNumbered(npz, "weights", weightShapes(network).length, file);
    const { validation = [], kept = history.length } = rest; // priors from before there was validation have none
    return {
      ...{ history, validation, kept, code, ...(sketch && { sketch }), ...(data && { data }) },
      settings: { ...(sketch && olderSettings), ...settings },
      model: {
        network,
        shape,
        ...(conditions && { conditions }),
        weights,
        decoder,
        ...(await readResidual(npz, file)),
      },
    };
  },

  prior: (name, { model }) => generatorPrior(name, model),

  describe: (trained) => {
    const { model, settings, sketch, data, history, code, kept, validation } = trained;
    const { latent, hidden, conv, output, labels, activation } = model.network;
    const network = [latent, ...hidden, ...(conv ? [`conv:${conv.channels}`] : []), output].join("-");
    const last = history.slice(-50);
    const loss = last.reduce((sum, v) => sum + v / last.length, 0); // the loss of one step is noisy
    const best = validationWords(trained);
    const from = [...(sketch ? [sketchLine(sketch)] : []), ...(data ? [dataLine(data)] : [])];
    return {
      data: {
        ...{ kind: "generator", shape: model.shape, network },
        ...(labels !== undefined && { labels }),
        ...{
          settings,
          ...(sketch && { sketch: sketchData(sketch) }),
          data,
          steps: history.length,
          code,
          loss,
          kept,
          validation,
        },
      },
      words: {
        signals: shapeText(model.shape),
        network: `${network}, ${activation}${settings.batchNorm ? ", batch norm" : ""}`,
        ...(labels !== undefined && { labels: `0 to ${labels - 1}, taken beside the latent` }),
        trained: `${history.length} steps of ${settings.batch} latents, seed ${settings.seed}, ${code}`,
        loss: `${history[0]?.toPrecision(4)} at the start, ${loss.toPrecision(4)} in the mean of the last 50 steps`,
        ...(best !== undefined && { validation: best }),
        ...(sketch && { sketch: sketchWords(sketch) }),
        ...(data && { data: dataLine(data) }),
      },
      line: [`generator ${network}, ${history.length} steps, seed ${settings.seed}`, ...from].join("; "),
      ...(data && { fromData: true }),
      ...(sketch && { sketch: sketchData(sketch) }),
    };
  },

  course: ({ history, validation, kept }) => ({ history, validation, kept }),
};

/** The course of the loss at frequencies held out; nothing where none were. */
function validationWords({ validation, kept }: TrainedGenerator): string | undefined {
  const best = validation.find(({ step }) => step === kept);
  if (!best) return undefined;
  const [loss, error] = [best.loss, best.error].map((v) => v.toPrecision(3));
  const from = `${validation[0]!.loss.toPrecision(3)} after step ${validation[0]!.step}`;
  const last = validation.at(-1)!.step;
  const falling = validation.length > 1 ? "; still falling at the end" : "";
  const end = kept === last ? falling : `, of ${last}`;
  return `${from}, lowest ${loss} ± ${error} after step ${kept}, whose weights are kept${end}`;
}
