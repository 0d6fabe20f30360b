export { isOnnxDenoiser, type OnnxDenoiser, onnxDenoiser, onnxDenoiserPrior } from "./denoiser.ts";
export { type OnnxGenerator, onnxGenerator, onnxGeneratorPrior } from "./generator.ts";
