import { frobeniusNorm, operatorNorm, typicalGain } from "../../../operators/norms.ts";
import type { ForwardOperator, LinearOperator } from "../../../operators/operator.ts";

/** How large an operator is. */
export interface OperatorSize {
  /** ‖Φ‖, the largest singular value. */
  readonly norm: number;
  /** ‖Φ‖_F, estimated: the typical norm of the measurements of a signal whose elements have amplitude 1. */
  readonly frobenius: number;
  /** How much Φ amplifies smooth signals (`typicalGain`); 1 where it measures nothing of them. */
  readonly gain: number;
}

const sizes = new WeakMap<LinearOperator, Promise<OperatorSize>>();

const gains = new WeakMap<ForwardOperator, Promise<number>>();

/** The typical gain of an operator, computed once; 1 where it is 0: any will do. */
export function gainOf(operator: ForwardOperator): Promise<number> {
  const known = gains.get(operator);
  if (known) return known;
  const computed = typicalGain(operator).then((gain) => gain || 1);
  gains.set(operator, computed);
  computed.catch(() => gains.delete(operator));
  return computed;
}

/** All of it, computed once for each operator. */
export function sizeOfOperator(operator: LinearOperator): Promise<OperatorSize> {
  const known = sizes.get(operator);
  if (known) return known;
  const computed = (async () => ({
    norm: operator.norm ?? (await operatorNorm(operator, { tolerance: 1e-4 })),
    frobenius: await frobeniusNorm(operator),
    gain: await gainOf(operator),
  }))();
  sizes.set(operator, computed);
  computed.catch(() => sizes.delete(operator));
  return computed;
}
