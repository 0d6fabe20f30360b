export { renyiEpsilon, type Spent, spent, spentBy } from "./accountant.ts";
export { mergePrivate } from "./algebra.ts";
export { featuresIn, type PrivateDesign, type PrivateDesignOptions, partsIn, privateDesign } from "./design.ts";
export { deltaOf, epsilonOf, muOf } from "./gaussian-privacy.ts";
export { shrunkMeans } from "./means.ts";
export { plausible } from "./plausible.ts";
export {
  type Owner,
  type PrivateOptions,
  type PrivateSketch,
  privacyOf,
  privateSketch,
  requirePrivacy,
} from "./release.ts";
export { loadPrivateSketch, PRIVATE_FORMAT, PUBLIC_NETWORK, savePrivateSketch } from "./store.ts";
