import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { ForwardOperator, LinearOperator } from "../../operators/operator.ts";
import { contiguous, fromHost, sizeOf } from "../data/array.ts";
import { solveLower } from "../data/cholesky.ts";
import type { SeenCovariance } from "./seen-covariance.ts";

/** The data term of an objective: how far signals are from what was measured, ‖target − see(x)‖². */
export interface Fidelity {
  /** Whether `see` is linear and what it leaves of the target is N(0, I), so that evidence can be told. */
  readonly whitened: boolean;
  /** One row a measured signal, [batch, m]. */
  readonly target: NdArray<Float32Array>;
  /** Signals [rows, ...inShape] to [rows, m]; linear where Φ is. */
  see(x: tf.Tensor): tf.Tensor;
}

/** ‖y − Φ(x)‖². */
export function plainFidelity(operator: ForwardOperator, y: NdArray<Float32Array>): Fidelity {
  const m = sizeOf(operator.outShape);
  return {
    whitened: false,
    target: fromHost(contiguous(y) as Float32Array, [y.shape[0]!, m]),
    see: (x) => tf.reshape(operator.forward(x), [-1, m]),
  };
}

/** ‖L⁻¹(y − Φx)‖² = ‖y − Φx‖²_{S⁻¹}, S = LLᵀ; L⁻¹ enters graphs as a constant [m, m]. */
export function whitenedFidelity(
  operator: LinearOperator,
  { m, factor }: SeenCovariance,
  y: NdArray<Float32Array>,
): Fidelity {
  const identity = new Float64Array(m * m);
  for (let i = 0; i < m; i++) identity[i * m + i] = 1;
  const whiten = Float32Array.from(solveLower(factor, m, identity)); // L⁻ᵀ: row j is L⁻¹eⱼ
  const target = solveLower(factor, m, Float64Array.from(contiguous(y)));
  return {
    whitened: true,
    target: fromHost(Float32Array.from(target), [y.shape[0]!, m]),
    see: (x) => tf.matMul(tf.reshape(operator.forward(x), [-1, m]) as tf.Tensor2D, tf.tensor2d(whiten, [m, m])),
  };
}
