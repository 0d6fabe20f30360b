import path from "node:path";
import type * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { InputError, messageOf } from "../../src/data/errors.ts";
import { readFileOrExplain, writeAtomic } from "../../src/data/files.ts";
import { encodeNpz } from "../../src/data/npz.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { batchedOnnx } from "../../src/engine/index.ts";
import { emptyPriorFolder } from "../folder.ts";
import type { GeneratorPrior } from "../prior.ts";
import { numbered, readFloat32, readNumbered } from "./arrays.ts";
import { type Decoder, type GeneratorModel, generatorPrior } from "./model.ts";
import { type NetworkSpec, weightShapes } from "./network.ts";
import { olderSettings } from "./options.ts";
import type { TrainedGenerator } from "./train.ts";

const FORMAT = "sketchprior-generator";
const VERSION = 1;

const SETTINGS = "prior.json";
const WEIGHTS = "weights.npz";
const MODEL = "generator.onnx";

type PriorFile = Omit<TrainedGenerator, "model"> & {
  readonly format: string;
  readonly version: number;
  readonly network: NetworkSpec;
  readonly shape: readonly number[];
  readonly conditions?: readonly number[];
};

/**
 * Writes a prior's folder: `weights.npz`, `generator.onnx` (inputs `z` [n, latent] and, with labels, `c` [n] int32; output
 * `x` [n, ...shape], any n; any ONNX runtime runs it) and, last, `prior.json` with everything else needed to rebuild it.
 * Without prior.json the folder is no prior, so an interrupted save leaves none.
 */
export async function saveGenerator(folder: string, trained: TrainedGenerator): Promise<void> {
  const { model, ...rest } = trained;
  const { weights, decoder, residual, ...described } = model;
  const arrays = Object.fromEntries([
    ...Object.entries(numbered("weights", weights)),
    ...Object.entries(decoder).map(([name, array]) => [`decoder.${name}`, array] as const),
    ...(residual ? [["residual", residual] as const] : []),
  ]);
  const settings: PriorFile = { format: FORMAT, version: VERSION, ...described, ...rest };
  const onnx = exportOnnx(model);
  await emptyPriorFolder(folder, ["checkpoint.npz"]); // the checkpoint goes once all is written
  await writeAtomic(path.join(folder, WEIGHTS), encodeNpz({ arrays, metadata: { format: FORMAT, version: VERSION } }));
  await writeAtomic(path.join(folder, MODEL), onnx);
  await writeAtomic(path.join(folder, SETTINGS), `${JSON.stringify(settings, null, 2)}\n`);
}

/** Reads a prior's folder. Errors: no prior there, damaged JSON, another format, a newer version, missing weights. */
export async function loadGenerator(folder: string): Promise<TrainedGenerator> {
  const file = path.join(folder, SETTINGS);
  const { format, version, network, shape, conditions, ...rest } = parsed(await readFileOrExplain(file), file);
  if (format !== FORMAT) throw new InputError(`${file}: is not a ${FORMAT}, it is "${format}"`);
  if (!(version <= VERSION)) {
    throw new InputError(
      `${file}: version ${version} is newer than this sketchprior reads (${VERSION}); update sketchprior`,
    );
  }
  const weightsFile = path.join(folder, WEIGHTS);
  const npz = await readNpz(weightsFile, { format: FORMAT, version: VERSION });
  const read = (name: string) => readFloat32(npz, name, weightsFile);
  const decoder: Decoder = {
    centre: read("decoder.centre"),
    scale: read("decoder.scale"),
    ...("decoder.basis" in npz.arrays && { basis: read("decoder.basis") }),
  };
  const weights = readNumbered(npz, "weights", weightShapes(network).length, weightsFile);
  const residual = "residual" in npz.arrays && { residual: read("residual") };
  const settings = { ...olderSettings, ...rest.settings };
  const older = { validation: [], kept: rest.history.length }; // priors from before there was validation
  const described = { network, shape, ...(conditions && { conditions }) };
  return { ...older, ...rest, settings, model: { ...described, weights, decoder, ...residual } };
}

/** The generator as an ONNX model, weights inside; see `priorOnnx`. */
export const exportOnnx = (model: GeneratorModel): Uint8Array => priorOnnx(generatorPrior("generator", model));

/**
 * A generator as an ONNX model for any number n of rows: inputs `z` [n, latent] and, with conditions, `c` [n] (int32), output
 * `x` [n, ...shape].
 */
export function priorOnnx(prior: GeneratorPrior): Uint8Array {
  const inputs = (rows: number) => ({
    z: fromHost(new Float32Array(rows * prior.latent), [rows, prior.latent]),
    ...(prior.conditions && { c: fromHost(new Int32Array(rows), [rows]) }),
  });
  const decode = (given: { z: tf.Tensor; c?: tf.Tensor }) => prior.decode(given.z, given.c);
  return batchedOnnx(decode, inputs, {
    ...{ inputNames: prior.conditions ? ["c", "z"] : ["z"], outputNames: ["x"] }, // sorted, as `flatten` does
    metadata: describedOnnx(prior),
  });
}

/** What someone needs to draw from the file alone, and what the file leaves out; see docs/from-python.md. */
function describedOnnx({ latent, shape, conditions, residual }: GeneratorPrior): Record<string, string> {
  return {
    z: `float32 [n, ${latent}], every number drawn from N(0, 1)`,
    ...(conditions && {
      c: `int32 [n], the condition of each row, drawn with the probabilities`,
      probabilities: JSON.stringify([...conditions]),
    }),
    x: `float32 [n, ${shape.join(", ")}], G(z${conditions ? ", c" : ""}) in the units of the data, not clipped`,
    ...(residual && {
      left_out: "the residual r ~ N(0, C) of the prior x = G + r; C [n, n] is the member residual of weights.npz",
    }),
  };
}

function parsed(bytes: Uint8Array, file: string): PriorFile {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as PriorFile;
  } catch (error) {
    throw new InputError(`${file}: is not JSON (${messageOf(error)}); the prior is damaged, train it again`);
  }
}
