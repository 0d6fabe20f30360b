import { penaltyKind } from "../kind.ts";
import type { NormPenalty } from "../prior.ts";
import { normLambda } from "./default-lambda.ts";
import { lasso } from "./lasso.ts";

/** Lasso on the numbers of a signal themselves (CSGM's pixel basis): r(x) = ‖x‖₁. For signals that are mostly 0; any shape. */
export function l1(shape: readonly number[]): NormPenalty {
  return {
    ...lasso("l1", shape, { analysis: (x) => x, synthesis: (c) => c }),
    defaultLambda: normLambda(0.5),
  };
}

export const l1Kind = penaltyKind({
  summary: "few numbers that are not 0, r(x) = ‖x‖₁",
  options: {},
  samples: [
    { shape: [6, 4], spec: "l1" },
    { shape: [5], spec: "l1" },
  ],
  make: l1,
});
