import * as tf from "#tf";
import { type LinearOperator, linearOperator } from "../../../operators/operator.ts";
import type { AnalysisPenalty, Tensors } from "../../../priors/prior.ts";
import { sizeOf } from "../../../src/data/array.ts";

/** An analysis penalty whose lists of arrays are one vector each: unknowns [batch, n], features [batch, m]. */
export interface FlatPenalty {
  readonly operator: LinearOperator;
  readonly unknowns: number;
  readonly features: number;
  value(u: tf.Tensor): tf.Tensor;
  project(p: tf.Tensor, radius: tf.Tensor): tf.Tensor;
}

type Shapes = readonly (readonly number[])[];

const joined = (parts: Tensors): tf.Tensor =>
  tf.concat(
    parts.map((part) => tf.reshape(part, [part.shape[0]!, -1])),
    1,
  );

function apart(flat: tf.Tensor, shapes: Shapes): Tensors {
  const batch = flat.shape[0]!;
  let at = 0;
  return shapes.map((shape) => {
    const part = tf.slice(flat, [0, at], [batch, sizeOf(shape)]);
    at += sizeOf(shape);
    return tf.reshape(part, [batch, ...shape]);
  });
}

export function flatPenalty(prior: AnalysisPenalty): FlatPenalty {
  const { unknownShapes, featureShapes } = prior;
  const count = (shapes: Shapes) => shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  const [unknowns, features] = [count(unknownShapes), count(featureShapes)];
  const forward = (u: tf.Tensor) => joined(prior.analysis(apart(u, unknownShapes)));
  return {
    ...{ unknowns, features },
    operator: linearOperator({
      ...{ name: "analysis", inShape: [unknowns], outShape: [features], forward },
      adjoint: (p) => joined(prior.synthesis(apart(p, featureShapes))),
    }),
    value: (u) => prior.size(prior.analysis(apart(u, unknownShapes))),
    project: (p, radius) => joined(prior.project(apart(p, featureShapes), radius)),
  };
}
