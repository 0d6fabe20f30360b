export { isOnnxDenoiser, onnxDenoiser, onnxDenoiserPrior } from "./denoiser.ts";
export type { OnnxDenoiser } from "./denoiser-run.ts";
export { type OnnxGenerator, onnxGenerator, onnxGeneratorPrior } from "./generator.ts";
