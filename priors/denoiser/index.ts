export { denoiserKind, type TrainedDenoiser } from "./kind.ts";
export { type DenoiserModel, modelArrays } from "./model.ts";
export { modelOfDesign, pairFamily } from "./pair-family.ts";
export { pairDataset } from "./pairs.ts";
