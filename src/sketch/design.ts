import ndarray, { type NdArray } from "ndarray";
import { contiguous, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";
import { type Dataset, readRows, requireFinite } from "../data/rows.ts";
import { mixtureDesign } from "./budget.ts";
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
import { pilotScale } from "./scale.ts";

/** Version of the design's meaning: sketches of designs with different versions do not merge. */
export const DESIGN_VERSION = 3;

/** Samples of the pilot when a data set is given. */
export const DEFAULT_PILOT = 5000;

/** Labels are 8-bit numbers in every data format. */
const MOST_LABELS = 256;

/** Everything that machines must share to make sketches that merge. Plain data: see `saveDesign`. */
export interface SketchDesign {
  readonly version: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly features: FeatureSpec;
  /** Present where every family is summed once for each label 0 … labels-1 (Φ(x) times the one-hot label). */
  readonly labels?: number;
  /** The moment families, each kind at most once. */
  readonly families: readonly FamilySpec[];
  /** What was learned from the pilot: the PCA's mean and basis. */
  readonly arrays: DesignArrays;
  /** SHA-256, in hexadecimal, of all of the above. */
  readonly fingerprint: string;
}

export interface DesignOptions {
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** `raw` (default) or `pca:K`: the coordinates of the Fourier moments. */
  readonly features?: string;
  /** The moment families; default `fourier` and `second-moments`, with their defaults. */
  readonly families?: readonly FamilyOptions[];
  /** Sums for each label 0 … labels-1 apart, at most 256; default none. */
  readonly labels?: number;
  /**
   * The first samples of the data, [P, ...shape]: needed by `pca:K`, by scales `auto` and by local moments. They should be
   * typical: shuffled.
   */
  readonly pilot?: NdArray<Float32Array>;
  /** The pilot's labels: needed by local moments of a design by label. */
  readonly pilotLabels?: Uint8Array;
}

/**
 * A design from settings and a pilot. The same settings and pilot give the same design.
 * Errors (InputError): unknown names, bad sizes and scales, more components than dimensions, a pilot that is needed and
 * not given, of another shape, or constant.
 */
export async function makeDesign(options: DesignOptions): Promise<SketchDesign> {
  const { shape, pilot, labels, pilotLabels } = options;
  if (labels !== undefined && !(Number.isInteger(labels) && labels >= 1 && labels <= MOST_LABELS)) {
    throw new InputError(`design: labels: expected an integer from 1 to ${MOST_LABELS}, got ${labels}`);
  }
  const features = parseFeatures(options.features ?? "raw");
  const sample = sizeOf(shape);
  if (pilot && String(pilot.shape.slice(1)) !== String(shape)) {
    throw new InputError(`design: the pilot holds samples of shape [${pilot.shape.slice(1)}], expected [${shape}]`);
  }
  const rows = pilot && pilotRows(pilot, sample);
  const facts = rows && (await learnFeatures(features, rows));
  const needPilot = (purpose: string) =>
    new InputError(`design: ${purpose} needs a pilot; give the first rows of the data`);
  if (features.kind === "pca" && !facts) throw needPilot(`features pca:${features.components}`);
  const k = featureCount(features, sample);
  const context: DesignContext = {
    ...{ sample, features: k, groups: labels ?? 1 },
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
      const own = await featuresOf(features, rows, facts.arrays);
      return { features: own, ...(labels !== undefined && pilotLabels && { labels: pilotLabels }) };
    },
  };
  const chosen = options.families ?? defaultFamilies;
  requireDistinct(chosen);
  const specs = await Promise.all(chosen.map((family) => familyOf(family.kind).design(family, context)));
  const common = { version: DESIGN_VERSION, shape: [...shape], features, families: specs };
  let arrays = facts?.arrays ?? {};
  for (const spec of specs) arrays = { ...arrays, ...(await familyOf(spec.kind).learn?.(spec, context)) };
  return sealed({ ...common, ...(labels !== undefined && { labels }), arrays });
}

export interface DataDesignOptions extends Omit<DesignOptions, "shape" | "pilot" | "pilotLabels"> {
  /** Samples of the pilot; default 5000, or all of a smaller set. */
  readonly pilotRows?: number;
  /** Sums for each label apart, from 0 to the largest label of the data; default false. */
  readonly byLabel?: boolean;
  /** A design for a mixture prior whose sums are at most so many numbers (`mixtureDesign`), instead of features and families. */
  readonly sketchSize?: number;
}

/** `makeDesign` for a data set: the pilot is its first `pilotRows` samples. */
export async function designFor(
  dataset: Dataset,
  { pilotRows = DEFAULT_PILOT, byLabel = false, sketchSize, ...options }: DataDesignOptions = {},
): Promise<SketchDesign> {
  if (!(Number.isInteger(pilotRows) && pilotRows > 0)) {
    throw new InputError(`design: pilot: must be a positive number of samples, got ${pilotRows}`);
  }
  const labels = byLabel ? 1 + (await labelsOf(dataset)).reduce((a, b) => Math.max(a, b), 0) : options.labels;
  const pilot = await readRows(dataset, 0, Math.min(pilotRows, dataset.count));
  const known = labels !== undefined && dataset.labels ? { pilotLabels: await dataset.labels() } : {};
  if (sketchSize !== undefined) {
    if (options.features ?? options.families) {
      throw new InputError("design: a sketch size chooses features and families; give one of the two");
    }
    if (!(Number.isInteger(sketchSize) && sketchSize > 0)) {
      throw new InputError(`design: sketch size: must be a positive integer, got ${sketchSize}`);
    }
  }
  const chosen =
    sketchSize === undefined ? {} : mixtureDesign(sketchSize, sizeOf(dataset.shape), labels, pilot.shape[0]);
  return makeDesign({
    ...options,
    ...chosen,
    ...known,
    ...(labels !== undefined && { labels }),
    shape: dataset.shape,
    pilot,
  });
}

/** The labels of a data set; one without them is refused. */
export async function labelsOf(dataset: Dataset): Promise<Uint8Array> {
  if (dataset.labels) return dataset.labels();
  throw new InputError(`sketch: ${dataset.name} has no labels, so it cannot be sketched by label`);
}

/** The design with its fingerprint computed. */
export async function sealed(content: Omit<SketchDesign, "fingerprint">): Promise<SketchDesign> {
  const { arrays, ...settings } = content;
  return { ...content, fingerprint: await fingerprint(settings, arrays) };
}

/** Numbers of a sample and of its features. */
export function dimensionsOf({ shape, features }: SketchDesign) {
  const sample = sizeOf(shape);
  return { sample, features: featureCount(features, sample) };
}

/** The sum that counts the samples of each label, where sums are by label. */
export const LABEL_COUNT = "labels.count";

/**
 * Name and shape of every sum that a sketch of this design holds: `fourier.cos`, `second-moments.xx`, … By label, each has the
 * labels as its first axis (unless it is pooled), and `labels.count` [labels] holds the samples of each.
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

/** Whether a family of this design is summed once for each label. */
export const isByLabel = ({ labels }: Pick<SketchDesign, "labels">, spec: FamilySpec): boolean =>
  labels !== undefined && !("pooled" in spec);

/** The spec of a design's family; a design without it is refused by name of `purpose`. */
export function familySpec<K extends FamilySpec["kind"]>(design: SketchDesign, kind: K, purpose: string) {
  const spec = design.families.find((f) => f.kind === kind);
  if (spec) return spec as Extract<FamilySpec, { kind: K }>;
  const have = design.families.map((f) => familyOf(f.kind).title).join(", ");
  throw new InputError(
    `${purpose}: the sketch has no ${families[kind].title} (it has ${have}); sketch the data with them`,
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

function settingsOf({ version, shape, features, labels, families: specs }: SketchDesign): Record<string, string> {
  const settings: Record<string, string> = { version: String(version), shape: `[${shape}]`, features: features.kind };
  if (features.kind === "pca") settings.features = `pca:${features.components}`;
  if (labels !== undefined) settings.labels = String(labels);
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
    if (!(kind in families)) throw new InputError(`design: unknown family "${kind}"; ${suggestion(kind, familyNames)}`);
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
