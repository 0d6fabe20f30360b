import { openFeatures } from "../../../src/cli/feature-design.ts";
import type { Dataset, Range } from "../../../src/data/index.ts";
import { designFor, FEATURE_WEIGHTS, type Sketch, sketchDataset } from "../../../src/sketch/index.ts";
import { plausible, privateSketch } from "../../../src/sketch/private/index.ts";

export interface Sketching {
  /** Labels 0, 1, …, so many. */
  readonly labels: number;
  /** Coordinates of second moments: so many principal components, of private sketches lowest cosines. */
  readonly components: number;
  /** Of private sketches; the noise comes from the seed, so that a run can be repeated: for figures only. */
  readonly privacy?: { readonly epsilon: number; readonly delta: number; readonly clip: number };
  readonly range: Range;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** The sketch by label of a data set with second moments and those of a network's features. */
export async function sketchedBy(file: string, data: Dataset, options: Sketching): Promise<Sketch> {
  const { labels, components, privacy, range, seed, signal } = options;
  const { family, learned } = await openFeatures(file, data.shape);
  if (!privacy) {
    const families = [family, { kind: "second-moments", reduced: true }] as const;
    const design = await designFor(data, { features: `pca:${components}`, byLabel: true, families, learned, range });
    return sketchDataset(data, design, { range, signal });
  }
  const { epsilon, delta, clip } = privacy;
  const { kind: _, ...network } = family;
  const weights = learned[FEATURE_WEIGHTS]!.data;
  const design = { features: `dct:${components}`, labels, clip, network, weights };
  return plausible(await privateSketch(data, design, { epsilon, delta, seed, range, signal }));
}
