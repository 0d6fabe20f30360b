export { regulariserKind } from "./kind.ts";
export { CONCAVITY, curvatureOf, type RegulariserModel, regularise, slope } from "./model.ts";
export { regulariserPrior } from "./prior.ts";
export { type TrainedRegulariser, trainRegulariser } from "./train.ts";
