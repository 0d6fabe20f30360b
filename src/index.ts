/** The copy of TensorFlow.js that this package uses. Write operators and penalties with it. */
export * as tf from "#tf";
/** The public API, on one page. */
export { adjoint } from "../operators/adjoint.ts";
export { dotTest } from "../operators/adjoint-test.ts";
export { checkOperator, type OperatorCheck } from "../operators/check.ts";
export { compose } from "../operators/compose.ts";
export { matrixOperator } from "../operators/matrix.ts";
export { frobeniusNorm, operatorNorm } from "../operators/norms.ts";
export {
  type ForwardOperator,
  type ForwardOperatorOptions,
  forwardOperator,
  isLinear,
  type LinearOperator,
  type LinearOperatorOptions,
  linearOperator,
} from "../operators/operator.ts";
export { parseOperator } from "../operators/registry.ts";
export { scale } from "../operators/scale.ts";
export { stack } from "../operators/stack.ts";
export { sum } from "../operators/sum.ts";
export {
  type CellLinear,
  type CellLinearOptions,
  cellLinearPrior,
  trainCellLinear,
} from "../priors/cell-linear/index.ts";
export { gaussianPrior } from "../priors/gaussian.ts";
export {
  type GeneratorModel,
  generatorPrior,
  type TrainedGenerator,
  type TrainOptions,
  trainGenerator,
} from "../priors/generator/index.ts";
export { decodePrior, encodePrior, type TrainedPrior } from "../priors/learned.ts";
export {
  fitMixture,
  type MixtureModel,
  type MixtureOptions,
  mixturePrior,
  type TrainedMixture,
  trainMixture,
} from "../priors/mixture/index.ts";
export { latentForm } from "../priors/mixture/latent-form.ts";
export { fitPatches, type PatchModel } from "../priors/patches/index.ts";
export { sumOfPenalties } from "../priors/penalties/sum.ts";
export type {
  Denoiser,
  DenoiserPrior,
  DictionaryPrior,
  GaussianPrior,
  GeneratorPrior,
  MethodPrior,
  MixturePrior,
  PatchPrior,
  PenaltyPrior,
  WindowPrior,
} from "../priors/prior.ts";
export { parsePenalty } from "../priors/registry.ts";
export { type RegulariserModel, regulariserPrior, trainRegulariser } from "../priors/regulariser/index.ts";
export { fitWindows, type WindowModel } from "../priors/windows/index.ts";
export { openFeatures } from "./cli/feature-design.ts";
export { loadOnnxPrior } from "./cli/onnx-prior.ts";
export { openPenalty } from "./cli/open-penalty.ts";
export { loadPrior, loadTrained, savePrior } from "./cli/prior-folder.ts";
export { type Dataset, InputError, openDataset, openDatasets, readArray, readRows } from "./data/index.ts";
export { type Random, stream } from "./data/random.ts";
export {
  type Compiled,
  type CompileOptions,
  compile,
  configureEngine,
  type EngineSettings,
  engineSettings,
} from "./engine/index.ts";
export { type EndCode, type Iterated, type IterateOptions, iterate, type Progress } from "./engine/iterate.ts";
export { type Learned, learn, saveLearned } from "./learn/index.ts";
export {
  gaussianNoise,
  loadMeasurements,
  type Measurements,
  measure,
  type Noise,
  type NoiseModel,
  type OpenedMeasurements,
  openMeasurements,
  openNoise,
  openOperator,
  parseNoise,
  poissonGaussianNoise,
  poissonNoise,
  saltAndPepperNoise,
  saveMeasurements,
} from "./measure/index.ts";
export { writeImage } from "./report/image-file.ts";
export { type RecoveryPanel, recoveryPanel, recoverySvg } from "./report/recovery-panel.ts";
export { loadSketch, saveSketch, sketchResumably } from "./sketch/files.ts";
export {
  covariance,
  type DesignOptions,
  designFor,
  diagnoseScale,
  estimateScale,
  fourierMoments,
  frequencies,
  makeDesign,
  mean,
  mergeSketches,
  ofLabel,
  type Sketch,
  type SketchDesign,
  type SketchSize,
  sketchDataset,
  sketchSize,
  subtractSketch,
  withoutLabels,
} from "./sketch/index.ts";
export {
  autoLambda,
  type BlindOptions,
  type BlindRecovery,
  blindDeconvolution,
  boxConstrainedMode,
  type CsgmOptions,
  type CsgmRecovery,
  csgm,
  estimateSigma,
  type Given,
  type GivenStarts,
  generate,
  type LatentPosteriorOptions,
  type LatentPosteriorRecovery,
  latentPosterior,
  type MixturePosterior,
  mixturePosterior,
  type Outcome,
  type Problem,
  parseBaseline,
  problemOf,
  type Raised,
  type RecoverOptions,
  type Recovery,
  recover,
  type Solver,
  solvers,
  tuneLambda,
} from "./solve/index.ts";
