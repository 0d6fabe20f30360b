import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError, messageOf } from "../../src/data/errors.ts";
import { openForeign } from "../../src/engine/foreign.ts";
import type { OnnxHeader, OnnxValue } from "../../src/engine/onnx-import/index.ts";
import { isImage } from "../image-shape.ts";
import type { DenoiserPrior } from "../prior.ts";
import { denoised, multipleFor, type OnnxDenoiser } from "./denoiser-run.ts";
import { planes, put } from "./planes.ts";

/** The bytes of the file, and where it is. */
export interface OnnxSource {
  readonly bytes: Uint8Array;
  readonly file: string;
}

/** Channels of an image, and one more for s. */
const MOST_CHANNELS = 4;

/** Whether a model is an image to an image: its first input has few channels, and rows and columns that are not both 1, as its output has. */
export function isOnnxDenoiser({ inputs, outputs }: Pick<OnnxHeader, "inputs" | "outputs">): boolean {
  const [, channels = 1, rows, columns] = inputs[0]?.shape ?? [];
  if (inputs[0]?.shape.length !== 4 || channels > MOST_CHANNELS || (rows === 1 && columns === 1)) return false;
  const made = outputs[0]?.shape ?? [];
  const same = (a: number | undefined, b: number | undefined) => a === undefined || b === undefined || a === b;
  return made.length === 0 || (made.length === 4 && same(rows, made[2]) && same(columns, made[3]));
}

/** Errors (InputError): inputs that are not float32, several images a run, channels of another number, more inputs than an image and s. */
export function onnxDenoiser(model: OnnxHeader): OnnxDenoiser {
  const { where, inputs, outputs } = model;
  const [image, sigma, ...more] = inputs as [OnnxValue, ...OnnxValue[]];
  const [batch = 1, given] = image.shape;
  const made = outputs[0]?.shape[1];
  const fail = (expected: string, got: string): never => {
    throw new InputError(`${where}: a denoiser: expected ${expected}, got ${got}; export it so`);
  };
  if (inputs.some(({ dtype }) => dtype !== "float32")) fail("inputs of float32", inputs.map((v) => v.dtype).join(", "));
  if (more.length > 0) fail("an image and at most a standard deviation", inputs.map(({ name }) => name).join(", "));
  if (batch !== 1) fail("one image a run, or any number", `${batch}`);
  if (given === 1 || given === 3) return { model, channels: given, sigma: sigma ? "input" : "none" };
  const withMap = (given === 2 || given === 4) && !sigma && (made === undefined || made === given - 1);
  if (withMap) return { model, channels: given - 1, sigma: "channel" };
  return fail(
    "images of 1 or 3 channels, or one more that holds the standard deviation",
    `${given ?? "any number of"} channels`,
  );
}

/** The prior of an ONNX denoiser. It runs in ONNX Runtime, whichever the engine is, so it may hold any operators. */
export function onnxDenoiserPrior(name: string, denoiser: OnnxDenoiser, source: OnnxSource): DenoiserPrior {
  const { channels, model, sigma } = denoiser;
  const [, , fixedRows, fixedColumns] = model.inputs[0]!.shape;
  return {
    ...{ kind: "denoiser", name, takesSigma: sigma !== "none" },
    accepts: (shape) => {
      const image = isImage(shape);
      if (image !== true) return image;
      const [rows = 0, columns = 0, own = 1] = shape;
      if (own < channels) return `${name} denoises images in colour, the image is grey`;
      if ((fixedRows ?? rows) === rows && (fixedColumns ?? columns) === columns) return true;
      return `${name} takes images of ${fixedColumns}×${fixedRows} alone, the image has ${columns}×${rows}; export it with dynamic rows and columns`;
    },
    open: async (shape) => {
      const network = await openForeign(source.bytes, model.external.length > 0 ? source.file : undefined).catch(
        (error: unknown) => {
          throw new InputError(`${model.where}: ONNX Runtime cannot read it: ${messageOf(error)}`);
        },
      );
      try {
        const [rows = 0, columns = 0, own = 1] = shape;
        const multiple = await multipleFor(denoiser, network, { rows, columns });
        const run = (plane: Float32Array, s: number) =>
          denoised(denoiser, network, { plane, rows, columns, multiple, s });
        return {
          denoise: async (images, s, signal) => {
            const n = sizeOf(shape);
            const out = new Float32Array(images.size);
            for (let first = 0; first < images.size; first += n) {
              for (let c = 0; c < own; c += channels) {
                signal?.throwIfAborted();
                const taken = { own, first: c, channels };
                put(
                  out.subarray(first, first + n),
                  await run(planes(images.data.subarray(first, first + n), taken), s),
                  taken,
                );
              }
            }
            return fromHost(out, images.shape);
          },
          dispose: () => network.dispose(),
        };
      } catch (error) {
        await network.dispose();
        throw error;
      }
    },
  };
}
