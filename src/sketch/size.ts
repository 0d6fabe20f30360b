import { sizeOf } from "../data/array.ts";
import { grouped } from "../data/text.ts";
import { type SketchDesign, sumShapes } from "./design.ts";

/** How many numbers a sketch is, whatever the data. Numbers that are drawn again from a seed are not held, and do not count. */
export interface SketchSize {
  /** Numbers of the sums, float64. */
  readonly sums: number;
  /** Numbers that the design holds from the pilot, float32: the PCA's mean and basis, the cells' anchors, the reference. */
  readonly design: number;
}

/** The size of every sketch of a design. */
export function sketchSize(design: SketchDesign): SketchSize {
  return {
    sums: Object.values(sumShapes(design)).reduce((sum, shape) => sum + sizeOf(shape), 0),
    design: Object.values(design.arrays).reduce((sum, { size }) => sum + size, 0),
  };
}

/** The same in bytes. */
export const sketchBytes = ({ sums, design }: SketchSize): SketchSize => ({
  sums: Float64Array.BYTES_PER_ELEMENT * sums,
  design: Float32Array.BYTES_PER_ELEMENT * design,
});

/** The size for programs: both parts and their sum, in numbers and in bytes. */
export function sketchSizeData(size: SketchSize) {
  const bytes = sketchBytes(size);
  return { ...size, numbers: size.sums + size.design, bytes: { ...bytes, all: bytes.sums + bytes.design } };
}

/** The size for people: `1 151 418 numbers (977 994 of sums + 173 424 of the design)`. */
export const sketchSizeText = ({ sums, design }: SketchSize): string =>
  `${grouped(sums + design)} numbers (${grouped(sums)} of sums + ${grouped(design)} of the design)`;
