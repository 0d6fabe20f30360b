import { familySpec } from "./design.ts";
import { fromTriangle } from "./families/family.ts";
import { denseOfReduced, reducedCovariance } from "./reduced.ts";
import { requireSamples, type Sketch, total } from "./sketch.ts";

/**
 * The covariance (1/n) Σ xxᵀ - μμᵀ of the samples, [d, d] row-major, exactly symmetric. If second moments are `reduced`, it is the
 * features' covariance mapped to pixels, B Cov(u) Bᵀ, with the pixels' own variances on the diagonal.
 */
export function covariance(sketch: Sketch): Float64Array {
  const { reduced } = familySpec(sketch.design, "second-moments", "covariance");
  requireSamples("covariance", sketch, 2);
  if (reduced) {
    return denseOfReduced(reducedCovariance(sketch));
  }
  const mu = total(sketch, "second-moments.x").map((v) => v / sketch.count); // relative to the reference, as the squares are
  const d = mu.length;
  const square = fromTriangle(total(sketch, "second-moments.xx"), d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) square[i * d + j] = square[i * d + j]! / sketch.count - mu[i]! * mu[j]!;
  }
  return square;
}
