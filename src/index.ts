/** TensorFlow.js as this package runs it: operators and penalties are written with it. */
export * as tf from "#tf";
/** The public API, on one page. */
export { dotTest } from "../operators/adjoint-test.ts";
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
export {
  type Distilled,
  type DistilledName,
  type DistilOptions,
  distil,
  distilledPrior,
  saveDistilled,
} from "../priors/distilled/index.ts";
export { gaussianPrior } from "../priors/gaussian.ts";
export {
  type GeneratorModel,
  generatorPrior,
  loadGenerator,
  saveGenerator,
  type TrainedGenerator,
  type TrainOptions,
  trainGenerator,
} from "../priors/generator/index.ts";
export { loadPrior } from "../priors/load.ts";
export {
  fitMixture,
  type MixtureModel,
  type MixtureOptions,
  mixturePrior,
  saveMixture,
  type TrainedMixture,
  trainMixture,
} from "../priors/mixture/index.ts";
export { latentForm } from "../priors/mixture/latent-form.ts";
export type { GaussianPrior, GeneratorPrior, MixturePrior, PenaltyPrior } from "../priors/prior.ts";
export { parsePenalty } from "../priors/registry.ts";
export { type Dataset, InputError, openDataset, openDatasets, readRows } from "./data/index.ts";
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
export {
  covariance,
  type DesignOptions,
  designFor,
  diagnoseScale,
  estimateScale,
  fourierMoments,
  frequencies,
  loadSketch,
  makeDesign,
  mean,
  mergeSketches,
  ofLabel,
  type Sketch,
  type SketchDesign,
  saveSketch,
  sketchDataset,
  sketchResumably,
  subtractSketch,
  withoutLabels,
} from "./sketch/index.ts";
export { type BaselineOptions, recoverWithPenalty } from "./solve/baseline.ts";
export { boundedMode } from "./solve/box.ts";
export { chooseLambda } from "./solve/choose-lambda.ts";
export { chooseLatentLambda } from "./solve/choose-latent-lambda.ts";

export { recoverGaussian } from "./solve/gaussian-posterior.ts";
export { generate, type LatentOptions, type LatentRecovery, recoverLatent } from "./solve/latent.ts";
export { type PosteriorOptions, type PosteriorRecovery, recoverPosterior } from "./solve/latent-posterior.ts";
export { type MixturePosterior, type MixturePosteriorOptions, mixturePosterior } from "./solve/mixture-posterior.ts";
export { type MixtureRecoveryOptions, recoverMixture } from "./solve/recover-mixture.ts";
export type { Recovery } from "./solve/recovery.ts";
export type { GivenStarts } from "./solve/starts.ts";
