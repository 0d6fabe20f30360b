export { acceptsShape } from "./accepts-shape.ts";
export { fitPatches, type PatchModel } from "./fit.ts";
export { patchesKind, type TrainedPatches } from "./kind.ts";
export { patchMixture } from "./mixture-form.ts";
