import type { PrivateSums } from "./contribution.ts";
import type { PrivateDesign } from "./design.ts";
import { shrunkMeans } from "./means.ts";

/**
 * The reference of a design from the released counts and means of a first pass: the mean of every label, shrunk by the known noise. Features relative to it have smaller norms, so
 * that the clipping norm, and with it the noise of the second moments, can be smaller.
 */
export function referenceFrom(design: PrivateDesign, sums: PrivateSums, mu: number): Float32Array {
  return Float32Array.from(shrunkMeans(design, sums, [mu]).means);
}
