export { characteristicFunction, type MixtureTensors } from "./characteristic.ts";
export { fitMixture, type MixtureOptions } from "./fit.ts";
export { type MixtureModel, mixturePrior } from "./model.ts";
export { loadMixture, MIXTURE_FORMAT, saveMixture, type TrainedMixture, trainMixture } from "./save.ts";
