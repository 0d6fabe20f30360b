import type * as tf from "#tf";
import type { Problem } from "./problem.ts";

/** What descents minimise: the noise's misfit of every row, [rows]. What Φ says is compared with y in place of a flat Φ(x), whose gradient is 0. */
export const misfitOf = (
  { operator, noise }: Pick<Problem, "operator" | "noise">,
  x: tf.Tensor,
  y: tf.Tensor,
): tf.Tensor => noise.misfit(operator.relaxed?.(x, y) ?? operator.forward(x), y);
