import { alongAxis, transposed } from "../../operators/axes.ts";
import { cosineMatrix } from "../../operators/cosine.ts";
import { penaltyKind } from "../kind.ts";
import type { ProximalPenalty } from "../prior.ts";
import { normLambda } from "./default-lambda.ts";
import { lasso, type OrthonormalTransform } from "./lasso.ts";

/**
 * Lasso in the DCT basis, as CSGM (Bora et al. 2017) compares with: r(x) = ‖Cx‖₁, C the orthonormal discrete cosine transform of the whole
 * signal. Signals: [h, w], [h, w, channels] (each channel by itself) or [length], of any size.
 * Errors (RangeError): signals of more axes.
 */
export function dct(shape: readonly number[]): ProximalPenalty {
  return { ...lasso("dct", shape, cosineTransform(shape)), defaultLambda: normLambda(0.5) };
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

/** C along the first two axes, one `cosineMatrix` each. */
export function cosineTransform(shape: readonly number[]): OrthonormalTransform {
  if (shape.length < 1 || shape.length > 3) {
    throw new RangeError(`dct: expected signals of [h, w], [h, w, channels] or [length], got [${shape.join(", ")}]`);
  }
  const forward = shape.slice(0, 2).map(cosineMatrix);
  const backward = forward.map(transposed);
  return {
    analysis: (x) => forward.reduce((c, matrix, axis) => alongAxis(c, axis, matrix), x),
    synthesis: (c) => backward.reduce((x, matrix, axis) => alongAxis(x, axis, matrix), c),
  };
}
