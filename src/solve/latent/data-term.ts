import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LinearOperator } from "../../../operators/operator.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { solveLowerBlocked } from "../../engine/float64.ts";
import { squares } from "../batch.ts";
import type { MeasurementCovariance } from "../gaussian/measurement-covariance.ts";
import { misfitOf } from "../misfit.ts";
import type { Problem } from "../problem.ts";

/** The data term of a latent objective D(x) + λ‖z‖², x = G(z). */
export interface DataTerm {
  /** What signals are compared with, one row a measured signal, [batch, m]. */
  readonly target: NdArray<Float32Array>;
  /** D of every row: signals [rows, ...inShape] and targets [rows, m] to [rows]. */
  misfit(x: tf.Tensor, target: tf.Tensor): tf.Tensor;
}

/** A data term ‖t − Wx‖² with W linear and errors N(0, I), so that evidence is known. */
export interface WhitenedTerm extends DataTerm {
  /** W: signals [rows, ...inShape] to [rows, m]. */
  measured(x: tf.Tensor): tf.Tensor;
}

/** Twice the noise's misfit: ‖y − Φ(x)‖² for Gaussian noise, as CSGM has it. */
export function plainTerm(problem: Problem): DataTerm {
  const { operator, y } = problem;
  const m = sizeOf(operator.outShape);
  return {
    target: fromHost(contiguous(y) as Float32Array, [y.shape[0]!, m]),
    misfit: (x, target) => tf.mul(2, misfitOf(problem, x, tf.reshape(target, [-1, ...operator.outShape]))),
  };
}

/** ‖L⁻¹(y − Φx)‖² = ‖y − Φx‖²_{S⁻¹}, S = LLᵀ; L⁻¹ enters graphs as a constant [m, m]. */
export async function whitenedTerm(
  operator: LinearOperator,
  { m, factor }: MeasurementCovariance,
  y: NdArray<Float32Array>,
): Promise<WhitenedTerm> {
  const identity = new Float64Array(m * m);
  for (let i = 0; i < m; i++) identity[i * m + i] = 1;
  const whiten = Float32Array.from(await solveLowerBlocked(factor, m, identity)); // L⁻ᵀ: row j is L⁻¹eⱼ
  const target = await solveLowerBlocked(factor, m, Float64Array.from(contiguous(y)));
  const measured = (x: tf.Tensor) =>
    tf.matMul(tf.reshape(operator.forward(x), [-1, m]) as tf.Tensor2D, tf.tensor2d(whiten, [m, m]));
  return {
    target: fromHost(Float32Array.from(target), [y.shape[0]!, m]),
    misfit: (x, t) => squares(tf.sub(t, measured(x))),
    measured,
  };
}
