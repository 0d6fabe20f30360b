export { fitWindows, type WindowModel } from "./fit.ts";
export { type TrainedWindows, windowsKind } from "./kind.ts";
