import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import type { Target } from "../../../priors/generator/target.ts";
import { constant } from "../../../priors/signals.ts";
import { InputError } from "../../../src/data/errors.ts";
import type { Dataset } from "../../../src/data/rows.ts";
import { type Compiled, compile } from "../../../src/engine/index.ts";
import { encodeFeatures, type SketchDesign } from "../../../src/sketch/index.ts";

/** Samples that are encoded at a time. */
const BLOCK = 1000;

/**
 * All samples of a data set in the units of a network's output, u = (features − offset)/scale, [n, k].
 * Errors (InputError): samples of another shape than the sketch's.
 */
export async function dataInUnits(
  dataset: Dataset,
  { shape, features, arrays }: SketchDesign,
  { offset, decoder: { scale } }: Target,
): Promise<NdArray<Float32Array>> {
  if (String(dataset.shape) !== String(shape)) {
    throw new InputError(
      `teach: ${dataset.name} has samples of shape [${dataset.shape}], the sketch of [${shape}]; give the data that were sketched`,
    );
  }
  const k = scale.size;
  const units = new Float32Array(dataset.count * k);
  const encoders = new Map<number, Compiled<NdArray<Float32Array>, NdArray<Float32Array>>>();
  for await (const { first, data } of dataset.batches(BLOCK)) {
    const rows = data.shape[0]!;
    const x = ndarray(data.data, [rows, data.size / rows]);
    const encoder = encoders.get(rows) ?? (await compile(inUnits, x, { name: "data" }));
    encoders.set(rows, encoder);
    units.set((await encoder.run(x)).data, first * k);
  }
  for (const encoder of encoders.values()) await encoder.dispose();
  return ndarray(units, [dataset.count, k]);

  function inUnits(x: tf.Tensor): tf.Tensor {
    const stored = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, constant(array)]));
    return tf.div(tf.sub(encodeFeatures(features, x, stored), constant(offset)), constant(scale));
  }
}
