import { grouped } from "../src/data/text.ts";
import type { Sketch } from "../src/sketch/index.ts";

/** What priors say of the sketch that they were learned from. */
interface SketchFacts {
  readonly fingerprint: string;
  readonly count: number;
  /** How many numbers its sums are, where it is known. */
  readonly numbers?: number;
}

export const sketchWords = ({ count, numbers, fingerprint }: SketchFacts): string => {
  const size = numbers === undefined ? "" : ` in ${grouped(numbers)} numbers`;
  return `${grouped(count)} samples${size}, design ${fingerprint.slice(0, 16)}`;
};

export const sketchLine = ({ count, fingerprint }: SketchFacts): string =>
  `sketch of ${grouped(count)} samples, design ${fingerprint.slice(0, 16)}`;

/** Whether a sketch has moments in cells, which mixtures are made from. */
export const needsCells = ({ design }: Sketch): true | string =>
  design.families.some(({ kind }) => kind === "local-moments") ||
  "the sketch has no local moments; make it with --sketch-size";
