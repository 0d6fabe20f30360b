import type { NdArray } from "ndarray";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { InputError, messageOf } from "../../src/data/errors.ts";
import type { ForeignModel } from "../../src/engine/foreign.ts";
import type { OnnxHeader, OnnxValue } from "../../src/engine/onnx-import/index.ts";

/** A denoiser that another program wrote as an ONNX file: images [batch, channels, rows, columns] to the same. */
export interface OnnxDenoiser {
  readonly model: OnnxHeader;
  /** Channels of an image: 1 or 3. */
  readonly channels: number;
  /** How it takes s: as a second input, as a last channel of the image that is s everywhere, or not at all. */
  readonly sigma: "input" | "channel" | "none";
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

/** D_s of one image, as one row of the network. Errors: those of ONNX Runtime; InputError where it makes no such image. */
export async function denoised(
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
      `${model.where}: a denoiser: expected an image of [1, ${channels}, ${height}, ${width}], got [${made.shape.join(", ")}]; it must keep rows and columns`,
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

/**
 * Multiples that rows and columns are filled up to, one after the other, where a network refuses an image as it is, or returns another size: it
 * halves them.
 */
const MULTIPLES = [1, 8, 16, 32, 64];

/**
 * The least multiple that a network takes an image of such sizes with, found on a small one that leaves the same remainders. Errors (InputError):
 * another size with every multiple, else what ONNX Runtime says.
 */
export async function multipleFor(
  denoiser: OnnxDenoiser,
  network: ForeignModel,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Promise<number> {
  const most = MULTIPLES.at(-1)!;
  const small = (n: number, fixed: number | undefined) => fixed ?? (n > 2 * most ? most + (n % most) : n);
  const [, , fixedRows, fixedColumns] = denoiser.model.inputs[0]!.shape;
  const size = { rows: small(rows, fixedRows), columns: small(columns, fixedColumns) };
  const plane = new Float32Array(denoiser.channels * size.rows * size.columns).fill(0.5);
  const refusals: unknown[] = [];
  for (const multiple of MULTIPLES) {
    try {
      await denoised(denoiser, network, { plane, ...size, multiple, s: 0.1 });
      return multiple;
    } catch (error) {
      refusals.push(error);
    }
  }
  const otherSize = refusals.find((error) => error instanceof InputError);
  if (otherSize) throw otherSize;
  throw new InputError(
    `${denoiser.model.where}: ONNX Runtime fails on an image of ${columns}×${rows}: ${messageOf(refusals[0]).split("\n")[0]}`,
  );
}
