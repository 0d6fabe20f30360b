export { type CheckpointOptions, removeTraining } from "./checkpoint.ts";
export { fourierLoss, type LossName, losses, momentLoss, paperLoss } from "./loss.ts";
export { type Decoder, type GeneratorModel, generatorPrior } from "./model.ts";
export { type Activation, activations, type NetworkSpec } from "./network.ts";
export { type Schedule, schedules, type TrainOptions, type TrainSettings } from "./options.ts";
export { exportOnnx, loadGenerator, saveGenerator } from "./save.ts";
export { type MethodName, methodNames, methods } from "./teachers/index.ts";
export { type TrainedGenerator, type TrainRun, trainGenerator } from "./train.ts";
export type { Validated } from "./validation.ts";
