export { type PartialSketch, type SketchOptions, sketchDataset } from "./accumulate.ts";
export { mergeSketches, subtractSketch } from "./algebra.ts";
export { blockRows } from "./block.ts";
export { covariance } from "./covariance.ts";
export { type DataDesignOptions, DEFAULT_PILOT, designFor, pilotRowsFor } from "./data-design.ts";
export {
  type DesignOptions,
  describeDifference,
  dimensionsOf,
  familySpec,
  makeDesign,
  type SketchDesign,
  sumShapes,
} from "./design.ts";
export {
  diagnoseScale,
  estimateScale,
  modulusPoints,
  type ScaleDiagnosis,
  type ScaleVerdict,
} from "./diagnosis.ts";
export { diagonalAt, triangleSize } from "./families/family.ts";
export {
  AUTO_SCALES,
  autoScales,
  DEFAULT_FREQUENCIES,
  type FourierOptions,
  type FourierSpec,
} from "./families/fourier.ts";
export { GATED, RANK, rankFor, withoutMean } from "./families/gated-moments.ts";
export { type FamilyName, type FamilyOptions, type FamilySpec, families, familyNames } from "./families/index.ts";
export type { LossyMomentsSpec } from "./families/lossy-moments.ts";
export { type LossyScoresSpec, SCORE_COVARIANCE, SCORE_MEAN } from "./families/lossy-scores.ts";
export type { NetworkMomentsSpec } from "./families/network-moments.ts";
export { PAIRED, type PairedMomentsSpec, placesInside } from "./families/paired-moments.ts";
export { residualBasis } from "./families/residual-moments.ts";
export { inCells, sizesOfWindows, type WindowMomentsSpec } from "./families/window-moments.ts";
export {
  FEATURE_WEIGHTS,
  type FeatureNetwork,
  featureNetwork,
  networkFeatures,
} from "./feature-network.ts";
export {
  type DesignArrays,
  encodeFeatures,
  type FeatureSpec,
  featureBasis,
  featureName,
  featuresOf,
  parseFeatures,
  referenceOf,
} from "./features.ts";
export { maximised, spectra } from "./fit-gates.ts";
export {
  type Gates,
  gateArrays,
  gatesOf,
  LEAST,
  logGates,
  mixtureCovariance,
  type SharedDirections,
  sharedArrays,
  sharedDirectionsOf,
  sharedIn,
} from "./gates.ts";
export { labelCounts, ofLabel, withoutLabels } from "./labels.ts";
export { type DrawName, defaultDraw, drawNames, type Law, type LawName, lawNames, laws } from "./laws.ts";
export { type CellSums, type Cells, noCellSums } from "./lossy/cells.ts";
export { seenThrough } from "./lossy/evidence.ts";
export { type FitCellsOptions, fitCells } from "./lossy/fit-cells.ts";
export { formWords, type LossyForm, type LossyMeasured } from "./lossy/form.ts";
export { gaussianOfScores, MATRIX, type SeenGaussian, type SignalGaussian, seenGaussian } from "./lossy/gaussian.ts";
export { likeliestCells, sumsInOtherCells } from "./lossy/likeliest-cells.ts";
export { maximisedCells } from "./lossy/maximise.ts";
export { directionsOf, type NullSpace, nullSpace, nullSpaceWords } from "./lossy/null-space.ts";
export { pilotEvidence } from "./lossy/pilot-evidence.ts";
export { cellPosterior, type Evidence } from "./lossy/posterior.ts";
export { cellsOfGroup, type LossyReference, lossyReference, referenceArrays } from "./lossy/reference.ts";
export { lossySpec, seenWords, unseenOf, unseenOfDesign } from "./lossy/unseen.ts";
export { expectedCounts, type PoseSpec, poseCount, posing, warped, warpRows } from "./poses.ts";
export { type Privacy, privacyText } from "./privacy.ts";
export {
  missingRows,
  type Provenance,
  type Source,
  seamsOf,
  whyNotMerge,
  whyNotSubtract,
} from "./provenance.ts";
export { type ReducedCovariance, reducedCovariance } from "./reduced.ts";
export { fitScale, type ModulusPoints, pilotScale } from "./scale.ts";
export { type SketchSize, sketchBytes, sketchSize, sketchSizeData, sketchSizeText } from "./size.ts";
export {
  asDrawn,
  type Frequencies,
  fourierMoments,
  frequencies,
  localSpec,
  mean,
  type Sketch,
  samplingFloor,
} from "./sketch.ts";
