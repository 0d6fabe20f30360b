export {
  loadMeasurements,
  measurementsFormat,
  readMeasurements,
  type SavedMeasurements,
  saveMeasurements,
} from "./file.ts";
export { type Measurements, type MeasureOptions, measure } from "./measure.ts";
export { gaussianNoise } from "./noise/gaussian.ts";
export { knownNoise, type Noise, type NoiseModel } from "./noise/noise.ts";
export { poissonNoise } from "./noise/poisson.ts";
export { poissonGaussianNoise } from "./noise/poisson-gaussian.ts";
export { describeNoises, parseNoise } from "./noise/registry.ts";
export { saltAndPepperNoise } from "./noise/salt-and-pepper.ts";
export {
  type OpenedMeasurements,
  type OpenMeasurementsOptions,
  openMeasurements,
} from "./open-measurements.ts";
export { openNoise } from "./open-noise.ts";
export { describeOpenOperators, type OpenOperatorOptions, openOperator } from "./open-operator.ts";
