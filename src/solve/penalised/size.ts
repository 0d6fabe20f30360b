import { frobeniusNorm, operatorNorm, typicalGain } from "../../../operators/norms.ts";
import type { ForwardOperator, LinearOperator } from "../../../operators/operator.ts";
import { oncePer } from "../../data/once.ts";

/** How large an operator is. */
export interface OperatorSize {
  /** ‖Φ‖, the largest singular value. */
  readonly norm: number;
  /** ‖Φ‖_F, estimated: the typical norm of the measurements of a signal whose elements have amplitude 1. */
  readonly frobenius: number;
  /** How much Φ amplifies smooth signals (`typicalGain`); 1 where it measures nothing of them. */
  readonly gain: number;
}

/** The typical gain of an operator, computed once; 1 where it is 0: any will do. */
export const gainOf = oncePer(async (operator: ForwardOperator): Promise<number> => (await typicalGain(operator)) || 1);

/** All of it, computed once for each operator. */
export const sizeOfOperator = oncePer(
  async (operator: LinearOperator): Promise<OperatorSize> => ({
    norm: operator.norm ?? (await operatorNorm(operator, { tolerance: 1e-4 })),
    frobenius: await frobeniusNorm(operator),
    gain: await gainOf(operator),
  }),
);
