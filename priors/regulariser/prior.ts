import type { RegulariserPrior, SmoothPenalty } from "../prior.ts";
import { constant } from "../signals.ts";
import { CONCAVITY, curvatureOf, type RegulariserModel, regularise, slope } from "./model.ts";

/** The prior of a trained regulariser. The penalty of a shape is made once, so that what is compiled for it is found again. */
export function regulariserPrior(name: string, model: RegulariserModel): RegulariserPrior {
  const [side = 0, , channels = 1] = model.filters.shape;
  const most = curvatureOf(model);
  const tensors = () => ({ filters: constant(model.filters), weights: constant(model.weights) });
  const made = new Map<string, SmoothPenalty>();
  const penalty = (shape: readonly number[]): SmoothPenalty => {
    const known = made.get(shape.join());
    if (known) return known;
    const curvature = most / Math.sqrt(shape[0]! * shape[1]!);
    const own: SmoothPenalty = {
      ...{ kind: "penalty", form: "smooth", name, shape, curvature, concavity: CONCAVITY * curvature },
      value: (x) => regularise(tensors(), x),
      gradient: (x) => slope(tensors(), x),
    };
    made.set(shape.join(), own);
    return own;
  };
  return { kind: "regulariser", name, side, channels, penalty };
}
