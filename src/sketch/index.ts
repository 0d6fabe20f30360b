export { blockRows, type SketchOptions, sketchDataset } from "./accumulate.ts";
export {
  DEFAULT_PILOT,
  type DesignOptions,
  describeDifference,
  designFor,
  dimensionsOf,
  makeDesign,
  type SketchDesign,
  sumShapes,
} from "./design.ts";
export {
  AUTO_SCALES,
  DEFAULT_FREQUENCIES,
  type FourierOptions,
  type FourierSpec,
} from "./families/fourier.ts";
export { type FamilyName, type FamilyOptions, type FamilySpec, families, familyNames } from "./families/index.ts";
export {
  type DesignArrays,
  encodeFeatures,
  type FeatureSpec,
  featureBasis,
  featureName,
  parseFeatures,
} from "./features.ts";
export { type Law, type LawName, lawNames, laws } from "./laws.ts";
export {
  covariance,
  fourierMoments,
  frequencies,
  mean,
  mergeSketches,
  type Sketch,
  samplingFloor,
} from "./sketch.ts";
export { DESIGN_FORMAT, loadDesign, loadSketch, SKETCH_FORMAT, saveDesign, saveSketch } from "./store.ts";
