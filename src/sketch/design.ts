import ndarray, { type NdArray } from "ndarray";
import { InputError } from "../data/errors.ts";
import { suggestion } from "../data/nearest.ts";
import { type Dataset, readRows, requireFinite } from "../data/rows.ts";
import { contiguous } from "../engine/index.ts";
import { type FamilyOptions, type FamilySpec, families, familyNames, familyOf } from "./families/index.ts";
import { type DesignArrays, type FeatureSpec, featureCount, learnFeatures, parseFeatures } from "./features.ts";
import { fingerprint } from "./fingerprint.ts";

/** Version of the design's meaning: sketches of designs with different versions do not merge. */
export const DESIGN_VERSION = 1;

/** Samples of the pilot when a data set is given. */
export const DEFAULT_PILOT = 5000;

/** Everything that machines must share to make sketches that merge. Plain data: see `saveDesign`. */
export interface SketchDesign {
  readonly version: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly features: FeatureSpec;
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
  /** The moment families; default `fourier` and `second`, with their defaults. */
  readonly families?: readonly FamilyOptions[];
  /** The first samples of the data, [P, ...shape]: needed by `pca:K` and by scales `auto`. They should be typical: shuffled. */
  readonly pilot?: NdArray<Float32Array>;
}

/**
 * A design from settings and a pilot. The same settings and pilot give the same design.
 * Errors (InputError): unknown names, bad sizes and scales, more components than dimensions, a pilot that is needed and
 * not given, of another shape, or constant.
 */
export async function makeDesign(options: DesignOptions): Promise<SketchDesign> {
  const { shape, pilot } = options;
  const features = parseFeatures(options.features ?? "raw");
  const sample = sizeOf(shape);
  if (pilot && String(pilot.shape.slice(1)) !== String(shape)) {
    throw new InputError(`design: the pilot holds samples of shape [${pilot.shape.slice(1)}], expected [${shape}]`);
  }
  const facts = pilot ? await learnFeatures(features, pilotRows(pilot, sample)) : undefined;
  const needPilot = (purpose: string) =>
    new InputError(`design: ${purpose} needs a pilot; give the first rows of the data`);
  if (features.kind === "pca" && !facts) throw needPilot(`features pca:${features.components}`);
  const context = {
    sample,
    features: featureCount(features, sample),
    spread: (purpose: string) => {
      if (!facts) throw needPilot(purpose);
      return facts.spread;
    },
  };
  const chosen = options.families ?? familyNames.map((kind) => ({ kind }) as FamilyOptions);
  requireDistinct(chosen);
  const specs = chosen.map((family) => familyOf(family.kind).design(family, context));
  return sealed({ version: DESIGN_VERSION, shape: [...shape], features, families: specs, arrays: facts?.arrays ?? {} });
}

/** `makeDesign` for a data set: the pilot is its first `pilotRows` samples (default 5000, or all of a smaller set). */
export async function designFor(
  dataset: Dataset,
  { pilotRows = DEFAULT_PILOT, ...options }: Omit<DesignOptions, "shape" | "pilot"> & { pilotRows?: number } = {},
): Promise<SketchDesign> {
  if (!(Number.isInteger(pilotRows) && pilotRows > 0)) {
    throw new InputError(`design: pilot: must be a positive number of samples, got ${pilotRows}`);
  }
  const pilot = await readRows(dataset, 0, Math.min(pilotRows, dataset.count));
  return makeDesign({ ...options, shape: dataset.shape, pilot });
}

/** The design with its fingerprint computed. */
export async function sealed(content: Omit<SketchDesign, "fingerprint">): Promise<SketchDesign> {
  const { arrays, ...settings } = content;
  return { ...content, fingerprint: await fingerprint(settings, arrays) };
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Numbers of a sample and of its features. */
export function dimensionsOf({ shape, features }: SketchDesign) {
  const sample = sizeOf(shape);
  return { sample, features: featureCount(features, sample) };
}

/** Name and shape of every sum that a sketch of this design holds: `fourier.cos`, `second.xx`, … */
export function sumShapes(design: SketchDesign): Readonly<Record<string, readonly number[]>> {
  const shapes: Record<string, readonly number[]> = {};
  for (const spec of design.families) {
    const sums = familyOf(spec.kind).sums(spec, dimensionsOf(design));
    for (const [name, shape] of Object.entries(sums)) shapes[`${spec.kind}.${name}`] = shape;
  }
  return shapes;
}

/** The spec of a design's family; a design without it is refused by name of `purpose`. */
export function familySpec<K extends FamilySpec["kind"]>(design: SketchDesign, kind: K, purpose: string) {
  const spec = design.families.find((f) => f.kind === kind);
  if (spec) return spec as Extract<FamilySpec, { kind: K }>;
  const have = design.families.map((f) => f.kind).join(", ");
  throw new InputError(`${purpose}: the sketch has no ${kind} moments (it has ${have}); sketch the data with them`);
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

function settingsOf({ version, shape, features, families: specs }: SketchDesign): Record<string, string> {
  const settings: Record<string, string> = { version: String(version), shape: `[${shape}]`, features: features.kind };
  if (features.kind === "pca") settings.features = `pca:${features.components}`;
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
