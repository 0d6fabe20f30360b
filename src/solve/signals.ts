import type { NdArray } from "ndarray";
import type { ForwardOperator } from "../../operators/operator.ts";
import { contiguous, sameShape } from "../data/array.ts";

/**
 * Checks that operator, prior and measurements y [batch, ...outShape] belong together; returns the number of signals.
 * `who` begins the messages. Errors (RangeError): another signal shape, another measurement shape, NaN or Inf.
 */
export function checkedSignals(
  who: string,
  operator: ForwardOperator,
  prior: { readonly shape: readonly number[] },
  y: NdArray<Float32Array>,
): number {
  if (!sameShape(operator.inShape, prior.shape)) {
    throw new RangeError(
      `${who}: ${operator.name} measures signals of [${operator.inShape.join(", ")}], the prior is for ` +
        `[${prior.shape.join(", ")}]; make the prior for the operator's inShape`,
    );
  }
  if (!sameShape(y.shape.slice(1), operator.outShape)) {
    throw new RangeError(
      `${who}: expected measurements [batch, ${operator.outShape.join(", ")}], got [${y.shape.join(", ")}]`,
    );
  }
  const data = contiguous(y);
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new RangeError(`${who}: measurement ${bad} is ${data[bad]}; expected finite numbers`);
  return y.shape[0]!;
}
