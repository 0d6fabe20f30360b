export { dictionaryKind, type TrainedDictionary } from "./kind.ts";
export { atomsOf, sparseCode } from "./sparse-code.ts";
