export { fitMixture, type MixtureOptions } from "./fit.ts";
export { mixtureKind, type TrainedMixture, trainMixture } from "./kind.ts";
export { type LossyDesignOptions, lossyDesign } from "./lossy-design.ts";
export { type MixtureModel, mixturePrior } from "./model.ts";
