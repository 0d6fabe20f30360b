import * as tf from "#tf";
import type { GeneratorPrior } from "../prior.ts";
import { constant } from "../signals.ts";
import { cellFeatures } from "./features.ts";
import { mixtureForm } from "./mixture-form.ts";
import type { CellLinearModel } from "./model.ts";

/** The prior of a model; its posterior is that of the mixture that it is. */
export function cellLinearPrior(name: string, model: CellLinearModel): GeneratorPrior {
  const { network, weights, shape, conditions, centre, matrix, residual, residualRoot } = model;
  return {
    ...{ kind: "generator", name, latent: network.latent, shape, conditions, residual },
    ...(residualRoot && { residualRoot }),
    affine: true,
    asMixture: () => mixtureForm(name, model),
    decode: (z, c) => {
      const v = cellFeatures(network, weights.map(constant), z, c!);
      const signals = tf.matMul(v as tf.Tensor2D, constant(matrix) as tf.Tensor2D, false, true);
      return tf.reshape(tf.add(constant(centre), signals), [-1, ...shape]);
    },
  };
}
