import { mixturePrior, trainMixture } from "../../../priors/mixture/index.ts";
import type { Prior } from "../../../priors/prior.ts";
import { type Dataset, InputError, type Range } from "../../../src/data/index.ts";
import { designFor, type Sketch, type SketchDesign, sketchDataset } from "../../../src/sketch/index.ts";

/** A line of the table: a prior and the sketch that it was made from. */
export interface Learned {
  /** Differs from those of all other lines. */
  readonly name: string;
  readonly sketch: Sketch;
  readonly prior: Prior;
}

/** A size that the data cannot have, and why. */
export interface Refused {
  readonly name: string;
  readonly refused: string;
}

export type Line = Learned | Refused;

export const isLearned = (line: Line): line is Learned => "prior" in line;

export interface LearnOptions {
  readonly sketchSize: number;
  readonly byLabel: boolean;
  readonly range: Range;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** The mixture of a sketch of the range. */
export async function learned(dataset: Dataset, name: string, options: LearnOptions): Promise<Line> {
  const { range, signal } = options;
  let design: SketchDesign;
  try {
    design = await designFor(dataset, options);
  } catch (error) {
    if (error instanceof InputError) return { name, refused: error.message };
    throw error;
  }
  const sketch = await sketchDataset(dataset, design, { range, signal });
  return { name, sketch, prior: mixturePrior(name, (await trainMixture(sketch, { signal })).model) };
}
