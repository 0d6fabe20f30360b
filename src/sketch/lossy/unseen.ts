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
  const never = Array.from({ length: n }, (_, i) => pairs[diagonalAt(i)]!).filter((seen) => seen === 0).length;
  return never === 0 ? undefined : `${never} of ${n} pixels in every sample: the prior fills them in from near ones`;
}
