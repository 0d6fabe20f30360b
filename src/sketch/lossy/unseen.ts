import { sizeOf } from "../../data/array.ts";
import type { SketchDesign } from "../design.ts";
import { diagonalAt } from "../families/family.ts";
import type { Sketch } from "../sketch.ts";
import { formWords, type LossyMeasured } from "./form.ts";
import { MATRIX } from "./gaussian.ts";
import { directionsOf, nullSpace, nullSpaceWords } from "./null-space.ts";

/** How the samples of a design are seen, where it is through lossy measurements. */
export function lossySpec({ families }: SketchDesign): LossyMeasured | undefined {
  return families.find((spec) => "through" in spec);
}

/** How samples are seen, for people. */
export const seenWords = ({ form, through, sigma }: LossyMeasured): string =>
  `${formWords[form]} ${through}, noise ${sigma}`;

/** What one Φ for all samples of a design leaves unseen, for people; undefined where samples have their own, or are seen whole. */
export function unseenOfDesign({ arrays }: SketchDesign): string | undefined {
  const matrix = arrays[MATRIX] ?? arrays["lossy-cells.matrix"];
  return matrix && nullSpaceWords(nullSpace(directionsOf(matrix)));
}

/** The same for a sketch, and the pixels that no sample of it shows. */
export function unseenOf({ design, sums }: Sketch): string | undefined {
  const pairs = sums["lossy-moments.pairs"];
  const spec = lossySpec(design);
  if (!pairs || !spec) return unseenOfDesign(design);
  const n = sizeOf(spec.signal);
  const seen = Array.from({ length: n }, (_, i) => i).filter((i) => pairs[diagonalAt(i)]! > 1);
  const never = n - seen.length;
  const apart = seen.reduce((sum, i) => sum + seen.filter((j) => j < i && pairs[diagonalAt(i) - i + j]! < 2).length, 0);
  const words = [
    ...(never > 0 ? [`${never} of ${n} pixels in every sample: the prior fills them in from near ones`] : []),
    ...(apart > 0 ? [`${apart} pairs of pixels in no sample at once: their covariance is taken for 0`] : []),
  ];
  return words.length === 0 ? undefined : words.join("; ");
}
