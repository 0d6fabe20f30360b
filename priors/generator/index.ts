export { fourierLoss, momentLoss } from "./loss.ts";
export { type Decoder, type GeneratorModel, generatorPrior } from "./model.ts";
export { type Activation, activations, type NetworkSpec } from "./network.ts";
export { exportOnnx, loadGenerator, saveGenerator } from "./save.ts";
export { type Schedule, schedules, type TrainedGenerator, type TrainOptions, trainGenerator } from "./train.ts";
