import { conditionsOf } from "../mixture/charts.ts";
import { decodeFeatures } from "../mixture/decode.ts";
import type { GeneratorPrior } from "../prior.ts";
import { constant, entryOf } from "../signals.ts";
import { cellFeatures } from "./features.ts";
import { mixtureForm } from "./mixture-form.ts";
import type { CellLinearModel } from "./model.ts";

/** The prior of a model; its posterior is that of the mixture that it is. */
export function cellLinearPrior(name: string, model: CellLinearModel): GeneratorPrior {
  const { network, weights, shape, residual, residualRoot } = model;
  const { conditions, component, pose } = conditionsOf({
    ...{ weights: model.conditions, covarianceOf: Int32Array.from(network.cellOf) },
    ...(model.poses && { poses: model.poses }),
  });
  return {
    ...{ kind: "generator", name, latent: network.latent, shape, conditions, residual },
    ...(residualRoot && { residualRoot }),
    affine: true,
    asMixture: () => mixtureForm(name, model),
    decode: (z, c) => {
      const v = cellFeatures(network, weights.map(constant), z, entryOf(component, c!));
      return decodeFeatures(model, v, entryOf(pose, c!));
    },
  };
}
