export { type Distilled, distil } from "./distil.ts";
export type { DistilOptions, DistilSettings } from "./kind.ts";
export { type DistilledName, distilledNames, kinds } from "./kinds.ts";
export { type DistilledModel, distilledPrior } from "./model.ts";
