import path from "node:path";
import type { PriorFacts } from "../../priors/kind.ts";
import {
  isOnnxDenoiser,
  onnxDenoiser,
  onnxDenoiserPrior,
  onnxGenerator,
  onnxGeneratorPrior,
} from "../../priors/onnx/index.ts";
import type { DenoiserPrior, GeneratorPrior } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import { readFileOrExplain } from "../data/files.ts";
import { type OnnxHeader, onnxHeader } from "../engine/onnx-import/index.ts";
import { onnxFileOf, onnxModel } from "./onnx-file.ts";
import { grouped, shapeText } from "./text.ts";

/** A network of the user's own as a prior. */
export interface OpenedOnnx {
  readonly prior: GeneratorPrior | DenoiserPrior;
  /** The same prior for signals of another shape. Errors (InputError): it is of signals of other shapes alone. */
  forShape(shape: readonly number[]): GeneratorPrior | DenoiserPrior;
  readonly facts: PriorFacts;
}

/**
 * Opens an ONNX file: a denoiser if it makes images of images, else a generator. Its name is that of the file.
 * Errors (InputError): no file, no ONNX model, operators that are not known, inputs and outputs that are neither of the two.
 */
export async function openOnnx(spec: string): Promise<OpenedOnnx> {
  const file = onnxFileOf(spec);
  const bytes = await readFileOrExplain(file);
  const header = onnxHeader(bytes, file);
  const name = path.basename(file).replace(/\.onnx$/i, "");
  return isOnnxDenoiser(header) ? openedDenoiser(name, header, { bytes, file }) : openedGenerator(name, bytes, file);
}

/** The prior of an ONNX file: that of `openOnnx`, for signals of `shape` if it is given. */
export async function loadOnnxPrior(
  file: string,
  { shape }: { readonly shape?: readonly number[] } = {},
): Promise<GeneratorPrior | DenoiserPrior> {
  const opened = await openOnnx(file);
  return shape ? opened.forShape(shape) : opened.prior;
}

/** The generator of an ONNX file, for draws. Errors (InputError): those of `openOnnx`; a denoiser. */
export async function loadOnnxGenerator(file: string, shape?: readonly number[]): Promise<GeneratorPrior> {
  const prior = await loadOnnxPrior(file, shape ? { shape } : {});
  if (prior.kind === "generator") return prior;
  throw new InputError(`${onnxFileOf(file)}: is a denoiser, from which nothing can be drawn; give a generator`);
}

function openedDenoiser(
  name: string,
  header: OnnxHeader,
  source: { readonly bytes: Uint8Array; readonly file: string },
): OpenedOnnx {
  const denoiser = onnxDenoiser(header);
  const prior = onnxDenoiserPrior(name, denoiser, source);
  const [, , rows, columns] = header.inputs[0]!.shape;
  const size = rows && columns ? `of ${columns}×${rows} pixels` : "of any size";
  const sigma = { input: "an input of its own", channel: "a channel of the image", none: "not taken" }[denoiser.sigma];
  const signals = `images ${size}, ${denoiser.channels === 1 ? "grey" : "in colour"}`;
  return {
    prior,
    forShape: () => prior,
    facts: {
      data: { kind: "denoiser", channels: denoiser.channels, sigma: denoiser.sigma, ...numbersOf(header) },
      words: { prior: "denoiser", signals, σ: sigma, ...wordsOf(header) },
      line: `denoiser ${lineOf(header)}`,
    },
  };
}

async function openedGenerator(name: string, bytes: Uint8Array, file: string): Promise<OpenedOnnx> {
  const model = await onnxModel(file, bytes);
  const generator = await onnxGenerator(model);
  const prior = onnxGeneratorPrior(name, generator);
  const { latent, conditions } = generator;
  return {
    prior,
    forShape: (shape) => onnxGeneratorPrior(name, generator, shape),
    facts: {
      data: {
        ...{ kind: "generator", shape: prior.shape, latent, ...(conditions && { conditions: [...conditions] }) },
        ...numbersOf(model),
      },
      words: {
        ...{ prior: "generator", signals: shapeText(prior.shape), latent: `${grouped(latent)} numbers from N(0, 1)` },
        ...(conditions && { conditions: `0 to ${conditions.length - 1}, taken beside the latent` }),
        ...wordsOf(model),
      },
      line: `generator of ${grouped(latent)} latents ${lineOf(model)}`,
    },
  };
}

const numbersOf = ({ producer, opset, operators, weights }: OnnxHeader) => ({ producer, opset, operators, weights });

const wordsOf = ({ producer, opset, operators, weights }: OnnxHeader) => ({
  weights: grouped(weights),
  operators: `${operators.join(", ")} (opset ${opset})`,
  ...(producer && { written: `by ${producer}` }),
});

const lineOf = ({ where, producer, weights }: OnnxHeader): string =>
  `from ${path.basename(where)}${producer ? ` (${producer})` : ""}, ${grouped(weights)} weights`;
