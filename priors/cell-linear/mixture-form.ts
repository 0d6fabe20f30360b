import ndarray from "ndarray";
import type * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { triangularise } from "../../src/data/householder.ts";
import { compile } from "../../src/engine/index.ts";
import type { MixturePrior } from "../prior.ts";
import { constant } from "../signals.ts";
import { cellFeatures } from "./features.ts";
import type { CellLinearModel } from "./model.ts";

/**
 * A generator that is affine in z, as the mixture that it is: v(z, c) = m_c + W z with z ~ N(0, I) is N(m_c, WWᵀ), with one W for
 * the conditions of a cell. W = LQ, L lower triangular: Q, a rotation of z, leaves the distribution as it is.
 */
export async function mixtureForm(name: string, model: CellLinearModel): Promise<MixturePrior> {
  const { network, weights, conditions, shape, centre, matrix, residual, residualRoot, poses } = model;
  const { latent, features: k, cellOf } = network;
  const cells = [...new Set(cellOf)];
  const count = conditions.length;
  const rows = count + cells.length * latent; // inputs: z = 0 with every condition, then every unit vector with one condition of each cell
  const z = new Float32Array(rows * latent);
  const c = new Int32Array(rows);
  for (let j = 0; j < count; j++) c[j] = j;
  for (const [q, cell] of cells.entries()) {
    for (let i = 0; i < latent; i++) {
      const row = count + q * latent + i;
      z[row * latent + i] = 1;
      c[row] = cellOf.indexOf(cell);
    }
  }
  const inputs = { z: fromHost(z, [rows, latent]), c: fromHost(c, [rows]) };
  const features = await compile(
    (given: { z: tf.Tensor; c: tf.Tensor }) => cellFeatures(network, weights.map(constant), given.z, given.c),
    inputs,
    { name: "mixture form" },
  );
  const { data } = await features.run(inputs);
  await features.dispose();
  const factors = new Float32Array(cells.length * k * k);
  for (const [q, cell] of cells.entries()) {
    const middle = cellOf.indexOf(cell) * k;
    const slopes = new Float64Array(k * latent); // W
    for (let i = 0; i < latent; i++) {
      const from = (count + q * latent + i) * k;
      for (let b = 0; b < k; b++) slopes[b * latent + i] = data[from + b]! - data[middle + b]!;
    }
    triangularise(slopes, latent, latent);
    for (let b = 0; b < k; b++) {
      factors.set(slopes.subarray(b * latent, (b + 1) * latent), (q * k + b) * k);
    }
  }
  return {
    ...{ kind: "mixture", name, shape, weights: conditions, centre, matrix, residual },
    ...(residualRoot && { residualRoot }),
    ...(poses && { poses }),
    means: ndarray(data.slice(0, count * k), [count, k]),
    covarianceOf: Int32Array.from(cellOf, (cell) => cells.indexOf(cell)),
    factors: ndarray(factors, [cells.length, k, k]),
  };
}
