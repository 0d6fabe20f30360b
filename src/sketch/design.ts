import ndarray, { type NdArray } from "ndarray";
import { contiguous, sameShape, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";
import { requireFinite } from "../data/rows.ts";
import { blockRows } from "./block.ts";
import { encodedPilot } from "./encoded.ts";
import type { DesignContext } from "./families/family.ts";
import {
  defaultFamilies,
  type FamilyOptions,
  type FamilySpec,
  families,
  familyNames,
  familyOf,
} from "./families/index.ts";
import {
  type DesignArrays,
  type FeatureSpec,
  featureCount,
  featuresOf,
  learnFeatures,
  parseFeatures,
} from "./features.ts";
import { fingerprint } from "./fingerprint.ts";
import { alignedRows, imageShape, type PoseSpec, poseCount, requirePoses } from "./poses.ts";
import { pilotScale } from "./scale.ts";

/** Version of what a design means. Sketches of designs with different versions do not merge. */
export const DESIGN_VERSION = 5;

/** Labels are 8-bit numbers in every data format. */
const MOST_LABELS = 256;

/** Everything that machines must share so that their sketches can be merged. It is plain data, written by `saveDesign`. */
export interface SketchDesign {
  readonly version: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly features: FeatureSpec;
  /** If the features are those of aligned images: the poses. */
  readonly poses?: PoseSpec;
  /** Number of labels, if every family is summed once for each label 0 … labels-1 (Φ(x) times the one-hot label). */
  readonly labels?: number;
  /** The moment families, each kind at most once. */
  readonly families: readonly FamilySpec[];
  /** Samples of a block. Blocks begin at multiples of it, counted over the whole data set, and each is summed in float32. */
  readonly block: number;
  /** The unit of the samples' numbers, a power of two. The sums of blocks are rounded to a grid in it (`sumGrids`). */
  readonly unit: number;
  /** Arrays learned from the pilot: the PCA's mean and basis, the cells' anchors, the reference. */
  readonly arrays: DesignArrays;
  /** SHA-256, in hexadecimal, of everything above. */
  readonly fingerprint: string;
}

export interface DesignOptions {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** `raw` (default) or `pca:K`: the coordinates of the Fourier moments. */
  readonly features?: string;
  /** Takes the features from images that are aligned by these poses; they must be `pca:K`. Default: images as they are. */
  readonly poses?: PoseSpec;
  /** The moment families; default `fourier` and `second-moments`, with their defaults. */
  readonly families?: readonly FamilyOptions[];
  /** Number of labels, at most 256, for separate sums for each label 0 … labels-1; default: no labels. */
  readonly labels?: number;
  /** Samples of a block; default `blockRows`. Parts of the data give the bits of the whole if they are cut between blocks. */
  readonly block?: number;
  /**
   * The first samples of the data, [P, ...shape]: needed by `pca:K`, by scales `auto` and by local moments. They should be typical, so
   * the data should be shuffled.
   */
  readonly pilot?: NdArray<Float32Array>;
  /** The pilot's labels: needed by local moments of a design by label. */
  readonly pilotLabels?: Uint8Array;
  /** Arrays that the families take instead of learning them from the pilot. */
  readonly learned?: DesignArrays;
  /** Aborts learning from the pilot between two steps, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after every step with the number of steps done and the total. The steps are the features and each family. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * A design from settings and a pilot. The same settings and pilot give the same design.
 * Errors (InputError): unknown names, bad sizes and scales, more components than dimensions, a pilot that is missing, of another shape,
 * or constant.
 */
export async function makeDesign(options: DesignOptions): Promise<SketchDesign> {
  const { shape, pilot, poses, labels, pilotLabels, signal } = options;
  if (poses) requirePoses(poses);
  if (labels !== undefined && !(Number.isInteger(labels) && labels >= 1 && labels <= MOST_LABELS)) {
    throw new InputError(`design: labels: expected an integer from 1 to ${MOST_LABELS}, got ${labels}`);
  }
  const chosen = options.families ?? defaultFamilies;
  requireDistinct(chosen);
  const features = parseFeatures(options.features ?? "raw");
  const sample = sizeOf(shape);
  if (pilot && !sameShape(pilot.shape.slice(1), shape)) {
    throw new InputError(`design: the pilot holds samples of shape [${pilot.shape.slice(1)}], expected [${shape}]`);
  }
  if (poses && features.kind !== "pca") {
    throw new InputError(`design: poses: features of aligned images must be pca:K, got ${features.kind}`);
  }
  if (poses) imageShape(shape);
  const given = pilot && pilotRows(pilot, sample);
  const rows = given && poses ? await alignedRows(poses, given, shape) : given;
  const facts = rows && (await learnFeatures(features, rows, signal));
  const needPilot = (purpose: string) =>
    new InputError(`design: ${purpose} needs a pilot; give the first rows of the data`);
  if (features.kind === "pca" && !facts) throw needPilot(`features pca:${features.components}`);
  const k = featureCount(features, sample);
  const context: DesignContext = {
    ...{ sample, features: k, poses: poses ? poseCount(poses) : 0, groups: labels ?? 1 },
    ...(signal && { signal }),
    spread: (purpose: string) => {
      if (!facts) throw needPilot(purpose);
      return facts.spread;
    },
    cluster: async (purpose: string) => {
      if (!facts) throw needPilot(purpose);
      return pilotScale(await featuresOf(features, rows, facts.arrays), facts.spread / Math.sqrt(k));
    },
    pilot: async (purpose: string) => {
      if (!facts) throw needPilot(purpose);
      if (labels !== undefined && !pilotLabels) throw needPilot(`${purpose} by label`);
      return {
        samples: given!,
        ...(await encodedPilot({ shape, features, ...(poses && { poses }) }, given!, {
          ...facts.arrays,
          ...facts.reference,
        })),
        ...(labels !== undefined && pilotLabels && { labels: pilotLabels }),
      };
    },
  };
  const specs: FamilySpec[] = [];
  const about = chosen.some(({ kind }) => familyOf(kind).aboutReference);
  let arrays: DesignArrays = { ...facts?.arrays, ...(about && facts?.reference) };
  const step = () => {
    signal?.throwIfAborted();
    options.onProgress?.(1 + specs.length, 1 + chosen.length);
  };
  step();
  for (const given of chosen) {
    const family = familyOf(given.kind);
    const spec = await family.design(given, context);
    arrays = { ...arrays, ...(options.learned ?? (await family.learn?.(spec, context))) };
    specs.push(spec);
    step();
  }
  const what = { shape: [...shape], features, ...(poses && { poses }), families: specs };
  const { block = blockRows({ ...what, ...(labels !== undefined && { labels }) }) } = options;
  if (!(Number.isSafeInteger(block) && block > 0)) {
    throw new InputError(`design: block: must be a positive integer, got ${block}`);
  }
  const common = { version: DESIGN_VERSION, ...what, block, unit: facts?.unit ?? 1 };
  return sealed({ ...common, ...(labels !== undefined && { labels }), arrays });
}

/** The design with its fingerprint computed. */
export async function sealed(content: Omit<SketchDesign, "fingerprint">): Promise<SketchDesign> {
  const { arrays, ...settings } = content;
  return { ...content, fingerprint: await fingerprint(settings, arrays) };
}

/** Numbers of a sample and of its features, and of its poses. */
export function dimensionsOf({ shape, features, poses }: Pick<SketchDesign, "shape" | "features" | "poses">) {
  const sample = sizeOf(shape);
  return { sample, features: featureCount(features, sample), poses: poses ? poseCount(poses) : 0 };
}

/** Name of the sum that counts the samples of each label, in a design by label. */
export const LABEL_COUNT = "labels.count";

/**
 * Name and shape of every sum that a sketch of this design holds: `fourier.cos`, `second-moments.xx`, … In a design by label, the labels
 * are the first axis of every sum that is not pooled, and `labels.count` [labels] holds the number of samples of each label.
 */
export function sumShapes(design: SketchDesign): Readonly<Record<string, readonly number[]>> {
  const { labels } = design;
  const shapes: Record<string, readonly number[]> = labels === undefined ? {} : { [LABEL_COUNT]: [labels] };
  for (const spec of design.families) {
    const sums = familyOf(spec.kind).sums(spec, dimensionsOf(design));
    for (const [name, shape] of Object.entries(sums)) {
      shapes[`${spec.kind}.${name}`] = isByLabel(design, spec) ? [labels!, ...shape] : shape;
    }
  }
  return shapes;
}

/** Sums of blocks are rounded to this where the moment has no unit. */
const GRID = 2 ** -32;

/** The same in the unit of the moment, where it has one: finer, because some of a sample's numbers may be far smaller than the others. */
const UNIT_GRID = 2 ** -62;

/** The grid of every sum, a power of two: 2⁻³², or 2⁻⁶² unit^p, with p > 0 the power of the samples' unit in it (`Family.degrees`). Exact sums hold 2¹⁰⁵ of it. */
export function sumGrids(design: SketchDesign): Readonly<Record<string, number>> {
  const grids: Record<string, number> = { [LABEL_COUNT]: GRID };
  for (const { kind } of design.families) {
    for (const [name, degree] of Object.entries(familyOf(kind).degrees))
      grids[`${kind}.${name}`] = degree === 0 ? GRID : UNIT_GRID * design.unit ** degree;
  }
  return grids;
}

/** Whether a family of this design is summed once for each label. */
export const isByLabel = ({ labels }: Pick<SketchDesign, "labels">, spec: FamilySpec): boolean =>
  labels !== undefined && !("pooled" in spec);

/** The spec of a design's family. Errors (InputError): the design has no such family; the message begins with `purpose`. */
export function familySpec<K extends FamilySpec["kind"]>(design: SketchDesign, kind: K, purpose: string) {
  const spec = design.families.find((f) => f.kind === kind);
  if (spec) return spec as Extract<FamilySpec, { kind: K }>;
  const have = design.families.map((f) => familyOf(f.kind).title).join(", ");
  const next = design.poses && kind === "second-moments" ? " (--poses none, or a larger --sketch-size)" : "";
  throw new InputError(
    `${purpose}: the sketch has no ${families[kind].title} (it has ${have}); sketch the data with them${next}`,
  );
}

/** What differs between two designs, in words (`fourier.seed: 1 and 2`); "" for equal ones. */
export function describeDifference(a: SketchDesign, b: SketchDesign): string {
  if (a.fingerprint === b.fingerprint) return "";
  const [left, right] = [settingsOf(a), settingsOf(b)];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const differing = keys.filter((key) => left[key] !== right[key]);
  if (differing.length > 0) {
    return differing.map((key) => `${key}: ${left[key] ?? "none"} and ${right[key] ?? "none"}`).join("; ");
  }
  return "same settings, but learned from different pilots (share one design file between the machines)";
}

function settingsOf({
  version,
  shape,
  features,
  poses,
  labels,
  block,
  unit,
  families: specs,
}: SketchDesign): Record<string, string> {
  const settings: Record<string, string> = { version: String(version), shape: `[${shape}]`, features: features.kind };
  if (features.kind === "pca") settings.features = `pca:${features.components}`;
  for (const [key, value] of Object.entries(poses ?? {})) settings[`poses.${key}`] = String(value);
  if (labels !== undefined) settings.labels = String(labels);
  settings.block = String(block);
  settings.unit = String(unit);
  settings.families = specs.map((spec) => spec.kind).join(", ");
  for (const { kind, ...fields } of specs) {
    for (const [key, value] of Object.entries(fields)) settings[`${kind}.${key}`] = String(value);
  }
  return settings;
}

function requireDistinct(chosen: readonly FamilyOptions[]): void {
  if (chosen.length === 0) throw new InputError(`design: expected at least one family of ${familyNames.join(", ")}`);
  const kinds = chosen.map((family) => family.kind);
  for (const [i, kind] of kinds.entries()) {
    if (!Object.hasOwn(families, kind))
      throw new InputError(`design: unknown family "${kind}"; ${suggestion(kind, familyNames)}`);
    if (kinds.indexOf(kind) !== i) throw new InputError(`design: the family ${kind} was given twice`);
  }
}

/** The pilot as rows of numbers, [P, d]. */
function pilotRows(pilot: NdArray<Float32Array>, sample: number): NdArray<Float32Array> {
  const rows = pilot.shape[0]!;
  const data = contiguous(pilot) as Float32Array;
  requireFinite("design: the pilot", data, 0, rows);
  return ndarray(data, [rows, sample]);
}
