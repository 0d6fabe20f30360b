import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { type ForwardOperator, isLinear } from "../../operators/operator.ts";
import { compile } from "../engine/index.ts";

export interface MeasuredPicture {
  /** [batch, ...shape]: y itself if it has the signal's shape, else Φ'y if Φ is linear, else absent. */
  readonly measured?: NdArray<Float32Array>;
  /** Whether `measured` is Φ'y rather than y. */
  readonly backProjected: boolean;
}

/** The measurement as an image: y if it has the signal's shape, Φ'y for other linear Φ. */
export async function measuredPicture(operator: ForwardOperator, y: NdArray<Float32Array>): Promise<MeasuredPicture> {
  if (operator.outShape.join() === operator.inShape.join()) return { measured: y, backProjected: false };
  if (!isLinear(operator)) return { backProjected: false };
  const adjoint = await compile((input: { y: tf.Tensor }) => operator.adjoint(input.y), { y });
  const measured = await adjoint.run({ y });
  await adjoint.dispose();
  return { measured, backProjected: true };
}
