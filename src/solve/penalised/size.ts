import { frobeniusNorm, operatorNorm } from "../../../operators/norms.ts";
import type { LinearOperator } from "../../../operators/operator.ts";

/** How large an operator is. */
export interface OperatorSize {
  /** ‖Φ‖, the largest singular value. */
  readonly norm: number;
  /** ‖Φ‖_F, estimated: the typical norm of the measurements of a signal whose elements have amplitude 1. */
  readonly frobenius: number;
}

const sizes = new WeakMap<LinearOperator, Promise<OperatorSize>>();

/** ‖Φ‖ and ‖Φ‖_F, computed once for each operator. */
export function sizeOfOperator(operator: LinearOperator): Promise<OperatorSize> {
  const known = sizes.get(operator);
  if (known) return known;
  const computed = (async () => ({
    norm: operator.norm ?? (await operatorNorm(operator, { tolerance: 1e-4 })),
    frobenius: await frobeniusNorm(operator),
  }))();
  sizes.set(operator, computed);
  computed.catch(() => sizes.delete(operator));
  return computed;
}
