export { type Distilled, distil } from "./distil.ts";
export type { DistilOptions, DistilSettings, Watched } from "./kind.ts";
export { type DistilledName, distilledNames, kinds } from "./kinds.ts";
export { type DistilledModel, distilledPrior } from "./model.ts";
export { DISTILLED_FORMAT, loadDistilled, saveDistilled, type TrainedDistilled } from "./save.ts";
