import { cosineTransform } from "../../operators/cosine.ts";
import { penaltyKind } from "../kind.ts";
import type { NormPenalty } from "../prior.ts";
import { normLambda } from "./default-lambda.ts";
import { lasso } from "./lasso.ts";

/**
 * Lasso in the DCT basis, as CSGM (Bora et al. 2017) compares with: r(x) = ‖Cx‖₁, C the orthonormal discrete cosine transform of the whole
 * signal. Signals: [h, w], [h, w, channels] (each channel by itself) or [length], of any size.
 * Errors (RangeError): signals of more axes.
 */
export function dct(shape: readonly number[]): NormPenalty {
  return { ...lasso("dct", shape, cosineTransform("dct", shape)), defaultLambda: normLambda(0.5) };
}

export const dctKind = penaltyKind({
  summary: "sparse cosine coefficients, r(x) = ‖Cx‖₁, orthonormal DCT",
  options: {},
  samples: [
    { shape: [6, 5], spec: "dct" },
    { shape: [4, 3, 2], spec: "dct" },
    { shape: [7], spec: "dct" },
  ],
  make: dct,
});
