import { familySpec, PAIRED, type SketchDesign } from "../../src/sketch/index.ts";
import { MARGIN } from "./given.ts";
import { type DenoiserModel, modelArrays, modelOf, noiseOfBase } from "./model.ts";

/** What `designFor` takes to sketch pairs for the next stage of a denoiser. `of` says what its cells and stages are, `seed` is that of the noise. */
export const pairFamily = (model: DenoiserModel, { of, seed }: { readonly of: string; readonly seed: number }) => {
  const { side, sigma, cells, stages } = model;
  const noise = noiseOfBase(sigma, stages.length);
  const sizes = { cells: cells.inner.length, side, margin: MARGIN, noise, sigma, stage: stages.length };
  return { families: [{ kind: "paired-moments", ...sizes, of, seed }], learned: modelArrays(PAIRED, model) } as const;
};

/** The stages before the one that a design of pairs is for, and the seed of its noise; undefined for a design of other moments. */
export function modelOfDesign(
  design: SketchDesign,
): { readonly model: DenoiserModel; readonly seed: number } | undefined {
  if (!design.families.some(({ kind }) => kind === "paired-moments")) return undefined;
  const { side, sigma, stage, seed } = familySpec(design, "paired-moments", "denoiser");
  return { model: modelOf(PAIRED, design.arrays, { side, sigma, stages: stage }, "denoiser"), seed };
}
