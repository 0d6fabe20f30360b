export { cellLinearKind, type TrainedCellLinear } from "./kind.ts";
export type { CellLinearModel } from "./model.ts";
export type { CellLinearOptions } from "./options.ts";
export { cellLinearPrior } from "./prior.ts";
export { type CellLinear, trainCellLinear } from "./train.ts";
