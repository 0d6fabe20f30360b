import { sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { checkedRange, type Dataset, type Range, readRows } from "../data/rows.ts";
import { type MixtureDesign, mixtureDesign } from "./budget.ts";
import { type DesignOptions, makeDesign, type SketchDesign } from "./design.ts";
import { parseFeatures } from "./features.ts";
import { likeliestPoses } from "./likeliest-poses.ts";
import { type PoseSpec, poseCount } from "./poses.ts";

/** Samples of the pilot. Fewer if these take more than `PILOT_BYTES`; fewer than `LEAST_PILOT` only if so many take more than `MOST_BYTES`. */
export const DEFAULT_PILOT = 5000;
const PILOT_BYTES = 2 ** 26;
const LEAST_PILOT = 500;
const MOST_BYTES = 2 ** 27;

/** Samples of the pilot for each principal component, at least, whatever they take: with as many components as samples there are none. */
const EACH_COMPONENT = 2;

/** Samples of a pilot of patches, which the cells of many are fitted to. */
const PATCH_PILOT = 20_000;

/** The default number of pilot samples of d numbers, for features of so many principal components: 5000 up to d = 3355, 1365 at 64 × 64 × 3, 500 at 256 × 256, 170 at 256 × 256 × 3. */
export function pilotRowsFor(d: number, components = 0): number {
  const [some, most] = [PILOT_BYTES, MOST_BYTES].map((bytes) => Math.floor(bytes / (4 * d)));
  const least = Math.max(EACH_COMPONENT * components, Math.min(LEAST_PILOT, most!));
  return Math.min(DEFAULT_PILOT, Math.max(1, least, some!));
}

export interface DataDesignOptions extends Omit<DesignOptions, "shape" | "pilot" | "pilotLabels" | "poses"> {
  /** Samples of the pilot; default `pilotRowsFor`, or all of a smaller set. */
  readonly pilotRows?: number;
  /** Takes the pilot from another data set of the same shape. */
  readonly pilotFrom?: Dataset;
  /** The samples that the design may depend on; default all. The pilot is typical samples of them, or the first ones, and `byLabel` looks at their labels. */
  readonly range?: Range;
  /** Separate sums for each label, from 0 to the largest label of the range; default false. */
  readonly byLabel?: boolean;
  /** Instead of features and families: a design for a mixture prior whose sketches, sums and design together, are at most this many numbers (`mixtureDesign`). */
  readonly sketchSize?: number;
  /**
   * Whether images are aligned, with `sketchSize`: `auto` (default) if the held-out half of the pilot is more likely so
   * (`likeliestPoses`) and the size holds at least 40 features of aligned images.
   */
  readonly poses?: PoseSpec | "auto" | "none";
  /** Seed of the cells that `sketchSize` chooses; default 1. */
  readonly seed?: number;
}

/** `makeDesign` for a data set, with its first samples as the pilot. */
export async function designFor(
  dataset: Dataset,
  { pilotRows, pilotFrom, range, byLabel = false, sketchSize, poses, seed = 1, ...options }: DataDesignOptions = {},
): Promise<SketchDesign> {
  const d = sizeOf(dataset.shape);
  const features = parseFeatures(options.features ?? "raw");
  const components = features.kind === "pca" ? features.components : 0;
  const wanted = pilotRows ?? (dataset.typical ? PATCH_PILOT : pilotRowsFor(d, components));
  if (!(Number.isInteger(wanted) && wanted > 0)) {
    throw new InputError(`design: pilot: must be a positive number of samples, got ${pilotRows}`);
  }
  if (sketchSize !== undefined) {
    if (options.features ?? options.families) {
      throw new InputError("design: a sketch size chooses features and families; give one of the two");
    }
    if (!(Number.isInteger(sketchSize) && sketchSize > 0)) {
      throw new InputError(`design: sketch size: must be a positive integer, got ${sketchSize}`);
    }
  }
  const { from, to } = checkedRange(dataset.name, dataset.count, range);
  const known = byLabel ? (await labelsOf(dataset)).subarray(from, to) : undefined;
  const labels = known ? 1 + known.reduce((a, b) => Math.max(a, b), 0) : options.labels;
  const pilot = await pilotOf(pilotFrom ?? dataset, wanted, pilotFrom ? undefined : { from, to }, options.signal);
  const pilotLabels = labels !== undefined && dataset.labels && (await dataset.labels()).subarray(from);
  if (sketchSize === undefined && poses !== undefined && poses !== "none") {
    throw new InputError("design: poses: only designs by a sketch size align images; give one");
  }
  const designOf = (size: number, grid?: PoseSpec) =>
    mixtureDesign(size, d, labels, pilot.shape[0], seed, grid ? poseCount(grid) : 0);
  const given = typeof poses === "object" ? poses : undefined;
  const found =
    sketchSize !== undefined && (poses ?? "auto") === "auto" ? await likeliestPoses(pilot, options.signal) : undefined;
  const aligned = given ?? (found && hasRoom(() => designOf(sketchSize!, found)) ? found : undefined);
  const chosen = sketchSize === undefined ? {} : designOf(sketchSize, aligned);
  return makeDesign({
    ...options,
    ...chosen,
    ...(aligned && { poses: aligned }),
    ...(pilotLabels && { pilotLabels }),
    ...(labels !== undefined && { labels }),
    shape: dataset.shape,
    pilot,
  });
}

function pilotOf(dataset: Dataset, rows: number, range?: Range, signal?: AbortSignal) {
  const { from, to } = checkedRange(dataset.name, dataset.count, range);
  return dataset.typical
    ? dataset.typical(rows, { from, to }, signal)
    : readRows(dataset, from, Math.min(to, from + rows));
}

/** Features that a design of aligned images needs at least: with fewer, cells of the images as they are tell more. */
const LEAST_ALIGNED = 40;

/** Whether a budget holds enough features of aligned images. */
function hasRoom(design: () => MixtureDesign): boolean {
  try {
    return Number(/^pca:(\d+)$/.exec(design().features)?.[1]) >= LEAST_ALIGNED;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** The labels of a data set. Errors (InputError): it has none. */
export async function labelsOf(dataset: Dataset): Promise<Uint8Array> {
  if (dataset.labels) return dataset.labels();
  throw new InputError(`sketch: ${dataset.name} has no labels, so it cannot be sketched by label`);
}
