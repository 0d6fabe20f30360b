export { onnxFunction, unknownOperators } from "./evaluate.ts";
export { decodeOnnx, type OnnxHeader, type OnnxModel, type OnnxValue, onnxHeader } from "./model.ts";
export { type PackedOnnx, packedOnnx, unpackedOnnx } from "./packed.ts";
export type { ReadBeside } from "./tensor.ts";
