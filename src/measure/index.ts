export { loadMeasurements, measurementsFormat, saveMeasurements } from "./file.ts";
export { type Measurements, type MeasureOptions, measure, operatorOf } from "./measure.ts";
