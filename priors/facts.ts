import { grouped } from "../src/data/text.ts";
import {
  type Privacy,
  privacyText,
  type Sketch,
  sketchSize,
  sketchSizeData,
  sketchSizeText,
} from "../src/sketch/index.ts";

/** What a prior keeps of the sketch that it was learned from, in prior.json. */
export interface SketchFacts {
  readonly fingerprint: string;
  readonly count: number;
  /** Numbers of its sums; folders of before may lack it. */
  readonly numbers?: number;
  /** Numbers that its design holds from the pilot; folders of before lack it. */
  readonly design?: number;
  /** What the sketch promised, where it was private; the prior keeps it. */
  readonly privacy?: Privacy;
}

export function factsOfSketch({ design, count, privacy }: Sketch): SketchFacts {
  const { sums: numbers, design: held } = sketchSize(design);
  return { fingerprint: design.fingerprint, count, numbers, design: held, ...(privacy && { privacy }) };
}

/** A sketch for programs: its size in both parts, or what is known of it. */
export interface SketchData {
  readonly fingerprint: string;
  readonly count: number;
  readonly size?: { readonly sums: number } | ReturnType<typeof sketchSizeData>;
  readonly privacy?: Privacy;
}

export function sketchData({ fingerprint, count, numbers, design, privacy }: SketchFacts): SketchData {
  const known = { fingerprint, count, ...(privacy && { privacy }) };
  if (numbers === undefined) return known;
  const size = design === undefined ? { sums: numbers } : sketchSizeData({ sums: numbers, design });
  return { ...known, size };
}

/** The sketch for people. */
export const sketchWords = (sketch: SketchFacts): string =>
  `${grouped(sketch.count)} samples${sizeWords(sketch)}, design ${sketch.fingerprint.slice(0, 16)}${sketch.privacy ? `; ${privacyText(sketch.privacy)}` : ""}`;

function sizeWords({ numbers, design }: SketchFacts): string {
  if (numbers === undefined) return "";
  if (design === undefined) return ` in ${grouped(numbers)} numbers of sums, those of the design not counted`;
  return ` in ${sketchSizeText({ sums: numbers, design })}`;
}

export const sketchLine = (sketch: SketchFacts): string => `sketch of ${sketchWords(sketch)}`;

/** Data that a prior was trained from themselves. */
export interface DataFacts {
  readonly name: string;
  readonly count: number;
}

export const dataLine = ({ name, count }: DataFacts): string => `trained on all ${grouped(count)} samples of ${name}`;

/** Families that mixtures are made from. */
const cellFamilies: ReadonlySet<string> = new Set(["local-moments", "lossy-moments", "lossy-scores", "lossy-cells"]);

/** Whether a sketch has moments in cells, which mixtures are made from. */
export const needsCells = ({ design }: Sketch): true | string =>
  design.families.some(({ kind }) => cellFamilies.has(kind)) ||
  "the sketch has no local moments; make it with --sketch-size, without --windows";
