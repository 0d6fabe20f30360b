import type { NdArray } from "ndarray";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError, messageOf } from "../../src/data/errors.ts";
import { type ForeignModel, openForeign } from "../../src/engine/foreign.ts";
import type { OnnxHeader, OnnxValue } from "../../src/engine/onnx-import/index.ts";
import type { DenoiserPrior } from "../prior.ts";

/** A denoiser that another program wrote as an ONNX file: images [batch, channels, rows, columns] to the same. */
export interface OnnxDenoiser {
  readonly model: OnnxHeader;
  /** Channels of an image: 1 or 3. */
  readonly channels: number;
  /** How it takes s: as a second input, as a last channel of the image that is s everywhere, or not at all. */
  readonly sigma: "input" | "channel" | "none";
}

/** The bytes of the file, and where it is. */
export interface OnnxSource {
  readonly bytes: Uint8Array;
  readonly file: string;
}

/** Whether a model is an image to an image: its first input has rows and columns that are not both 1, as its output has. */
export function isOnnxDenoiser({ inputs, outputs }: Pick<OnnxHeader, "inputs" | "outputs">): boolean {
  const [, , rows, columns] = inputs[0]?.shape ?? [];
  if (inputs[0]?.shape.length !== 4 || (rows === 1 && columns === 1)) return false;
  const made = outputs[0]?.shape ?? [];
  const same = (a: number | undefined, b: number | undefined) => a === undefined || b === undefined || a === b;
  return made.length === 0 || (made.length === 4 && same(rows, made[2]) && same(columns, made[3]));
}

/** Errors (InputError): inputs that are not float32, channels of another number, more inputs than an image and s. */
export function onnxDenoiser(model: OnnxHeader): OnnxDenoiser {
  const { where, inputs, outputs } = model;
  const [image, sigma, ...more] = inputs as [OnnxValue, ...OnnxValue[]];
  const given = image.shape[1];
  const made = outputs[0]?.shape[1];
  const fail = (expected: string, got: string): never => {
    throw new InputError(`${where}: a denoiser: expected ${expected}, got ${got}; export it so`);
  };
  if (inputs.some(({ dtype }) => dtype !== "float32")) fail("inputs of float32", inputs.map((v) => v.dtype).join(", "));
  if (more.length > 0) fail("an image and at most a standard deviation", inputs.map(({ name }) => name).join(", "));
  if (given === 1 || given === 3) return { model, channels: given, sigma: sigma ? "input" : "none" };
  const withMap = (given === 2 || given === 4) && !sigma && (made === undefined || made === given - 1);
  if (withMap) return { model, channels: given - 1, sigma: "channel" };
  return fail(
    "images of 1 or 3 channels, or one more that holds the standard deviation",
    `${given ?? "any number of"} channels`,
  );
}

/** Multiples that rows and columns are filled up to, one after the other, where a network refuses an image as it is: it halves them. */
const MULTIPLES = [1, 8, 16, 32, 64];

/** The prior of an ONNX denoiser. It runs in ONNX Runtime, whichever the engine is, so it may hold any operators. */
export function onnxDenoiserPrior(name: string, denoiser: OnnxDenoiser, source: OnnxSource): DenoiserPrior {
  const { channels, model, sigma } = denoiser;
  const [, , fixedRows, fixedColumns] = model.inputs[0]!.shape;
  return {
    ...{ kind: "denoiser", name, takesSigma: sigma !== "none" },
    accepts: (shape) => {
      const [rows = 0, columns = 0, own = 1] = shape;
      if (!(shape.length === 2 || (shape.length === 3 && own === 3)))
        return `signals of [${shape.join(", ")}] are no images`;
      if (own < channels) return `${name} denoises images in colour, the image is grey`;
      if ((fixedRows ?? rows) === rows && (fixedColumns ?? columns) === columns) return true;
      return `${name} takes images of ${fixedColumns}×${fixedRows} alone, the image has ${columns}×${rows}; export it with dynamic rows and columns`;
    },
    open: async (shape) => {
      const network = await openForeign(source.bytes, model.external ? source.file : undefined).catch(
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

/** Which channels of an image a network takes at a time: a grey one takes those of a colour image one by one. */
interface Taken {
  readonly own: number;
  readonly first: number;
  readonly channels: number;
}

/** Those channels of [rows, columns, own], as [channels, rows, columns]. */
function planes(image: Float32Array, { own, first, channels }: Taken): Float32Array {
  const pixels = image.length / own;
  return Float32Array.from(
    { length: channels * pixels },
    (_, at) => image[(at % pixels) * own + first + Math.floor(at / pixels)]!,
  );
}

function put(image: Float32Array, made: Float32Array, { own, first, channels }: Taken): void {
  const pixels = image.length / own;
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < pixels; p++) image[p * own + first + c] = made[c * pixels + p]!;
  }
}

interface Run {
  /** [channels, rows, columns] */
  readonly plane: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Rows and columns are filled up to multiples of this by those at the edge, and cut off again. */
  readonly multiple: number;
  readonly s: number;
}

async function denoised(
  denoiser: OnnxDenoiser,
  network: ForeignModel,
  { plane, rows, columns, multiple, s }: Run,
): Promise<Float32Array> {
  const { model, channels, sigma } = denoiser;
  const [height, width] = [rows, columns].map((n) => Math.ceil(n / multiple) * multiple) as [number, number];
  const filled = new Float32Array((channels + Number(sigma === "channel")) * height * width).fill(s);
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const from = (c * rows + Math.min(y, rows - 1)) * columns;
      for (let x = 0; x < width; x++, at++) filled[at] = plane[from + Math.min(x, columns - 1)]!;
    }
  }
  const [image, strength] = model.inputs;
  const inputs = {
    [image!.name]: fromHost(filled, [1, filled.length / (height * width), height, width]),
    ...(strength && { [strength.name]: sigmaInput(strength, s, [1, channels, height, width]) }),
  };
  const made = (await network.run(inputs))[model.outputs[0]!.name]!;
  if (made.shape.join() !== [1, channels, height, width].join()) {
    throw new InputError(
      `${model.where}: a denoiser: expected an image of [1, ${channels}, ${height}, ${width}], got [${made.shape.join(", ")}]`,
    );
  }
  const out = new Float32Array(plane.length);
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, at++) out[at] = made.data[(c * height + y) * width + x]!;
    }
  }
  return out;
}

/** s in the shape of its input: a number, one for each image, or a map; sizes that are not fixed are 1, or those of a map's rows and columns. */
function sigmaInput({ shape }: OnnxValue, s: number, image: readonly number[]): NdArray<Float32Array> {
  const sizes = shape.map((n, axis) => n ?? (axis >= 2 ? image[axis]! : 1));
  return fromHost(new Float32Array(sizeOf(sizes)).fill(s), sizes);
}

/** The least multiple that a network takes an image of such sizes with, found on a small one that leaves the same remainders. */
async function multipleFor(
  denoiser: OnnxDenoiser,
  network: ForeignModel,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Promise<number> {
  const most = MULTIPLES.at(-1)!;
  const small = (n: number, fixed: number | undefined) => fixed ?? (n > 2 * most ? most + (n % most) : n);
  const [, , fixedRows, fixedColumns] = denoiser.model.inputs[0]!.shape;
  const size = { rows: small(rows, fixedRows), columns: small(columns, fixedColumns) };
  const plane = new Float32Array(denoiser.channels * size.rows * size.columns).fill(0.5);
  let first: unknown;
  for (const multiple of MULTIPLES) {
    try {
      await denoised(denoiser, network, { plane, ...size, multiple, s: 0.1 });
      return multiple;
    } catch (error) {
      if (error instanceof InputError) throw error;
      first ??= error;
    }
  }
  throw new InputError(
    `${denoiser.model.where}: ONNX Runtime fails on an image of ${columns}×${rows}: ${messageOf(first).split("\n")[0]}`,
  );
}
