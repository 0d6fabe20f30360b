export { generatorKind } from "./kind.ts";
export { fourierLoss, type LossName, losses, momentLoss, paperLoss } from "./loss.ts";
export { type Decoder, type GeneratorModel, generatorPrior } from "./model.ts";
export { type Activation, activations, type NetworkSpec } from "./network.ts";
export { priorOnnx } from "./onnx.ts";
export { type Schedule, schedules, type TrainOptions, type TrainSettings } from "./options.ts";
export { type TrainedGenerator, type TrainRun, trainGenerator } from "./train.ts";
export type { Validated } from "./validation.ts";
