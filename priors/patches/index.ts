export { acceptsShape } from "./accepts-shape.ts";
export { cellProduct } from "./cell-product.ts";
export { componentChooser } from "./chooser.ts";
export { fitPatches, type PatchModel } from "./fit.ts";
export { patchesKind, type TrainedPatches } from "./kind.ts";
export { patchMixture } from "./mixture-form.ts";
