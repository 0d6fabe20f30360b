import { fromHost } from "../src/data/array.ts";
import { operatorKind } from "./kind.ts";
import { type LinearOperator, linearOperator } from "./operator.ts";

/** y = x: what is measured is the signal itself, with noise. */
export const identity = ({ inShape }: { readonly inShape: readonly number[] }): LinearOperator =>
  linearOperator({
    ...{ name: "identity", inShape, outShape: inShape, norm: 1 },
    form: {
      kind: "convolution",
      kernel: fromHost(Float32Array.of(1), inShape.length === 1 ? [1] : [1, 1]),
      boundary: "reflect",
    },
    forward: (x) => x,
    adjoint: (y) => y,
  });

export const identityKind = operatorKind({
  summary: "the signal itself: for denoising",
  options: {},
  samples: [
    { inShape: [5, 4], spec: "identity" },
    { inShape: [7], spec: "identity" },
  ],
  make: (inShape) => identity({ inShape }),
});
