import path from "node:path";
import { InputError } from "../data/errors.ts";
import { readFileOrExplain } from "../data/files.ts";
import { decodeOnnx, type OnnxModel, onnxHeader } from "../engine/onnx-import/index.ts";

/** Begins the spec of a network of the user's own; the ONNX file follows. */
const ONNX = "onnx:";

export const isOnnxSpec = (spec: string): boolean => spec.startsWith(ONNX);

/** The file of `onnx:FILE`, or FILE itself. Errors (InputError): none. */
export function onnxFileOf(spec: string): string {
  const file = isOnnxSpec(spec) ? spec.slice(ONNX.length) : spec;
  if (file === "") throw new InputError("onnx: expected a file, as onnx:generator.onnx, got none");
  return file;
}

/** The network in an ONNX file, with the tensors beside it. Errors (InputError): no file, those of `decodeOnnx`. */
export const onnxModel = async (file: string, bytes?: Uint8Array): Promise<OnnxModel> =>
  decodeOnnx(bytes ?? (await readFileOrExplain(file)), file, (location) => readBeside(file, location));

/** The files of `onnx:FILE`: FILE, and those in which it keeps tensors. Errors (InputError): no file, no ONNX model. */
export async function onnxFiles(spec: string): Promise<string[]> {
  const file = onnxFileOf(spec);
  const { external } = onnxHeader(await readFileOrExplain(file), file);
  return [file, ...external.map((location) => fileBeside(file, location))];
}

const readBeside = (file: string, location: string): Promise<Uint8Array> =>
  readFileOrExplain(fileBeside(file, location));

/** A file in which a model keeps tensors. Errors (InputError): it is not in the model's own folder or below. */
function fileBeside(file: string, location: string): string {
  const folder = path.dirname(file);
  const inside = path.relative(folder, path.resolve(folder, location));
  if (inside === "" || inside.startsWith("..") || path.isAbsolute(inside)) {
    throw new InputError(`${file}: keeps tensors in ${location}, which is not in its own folder; export it again`);
  }
  return path.join(folder, inside);
}
