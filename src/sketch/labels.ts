import { InputError } from "../data/errors.ts";
import { isByLabel, LABEL_COUNT, sealed } from "./design.ts";
import type { FamilySpec } from "./families/index.ts";
import { type Sketch, total } from "./sketch.ts";

/** Samples of each label in a sketch by label. Errors: a sketch that is not by label. */
export function labelCounts(sketch: Sketch): Float64Array {
  const counts = sketch.sums[LABEL_COUNT];
  if (counts) return counts.slice();
  throw new InputError("label counts: the sketch is not by label; sketch the data with --by-label");
}

/**
 * The samples of one label as an ordinary sketch, equal to a sketch of those samples alone. It leaves out what was not summed by label,
 * and local moments, because each label has its own cells.
 * Errors: a sketch that is not by label, a label outside its range, a label without samples.
 */
export async function ofLabel(sketch: Sketch, label: number): Promise<Sketch> {
  const counts = labelCounts(sketch);
  const count = counts[label];
  if (count === undefined) {
    throw new InputError(`of label: expected a label from 0 to ${counts.length - 1}, got ${label}`);
  }
  if (count === 0) throw new InputError(`of label: the sketch holds no samples of label ${label}`);
  const apart = (spec: FamilySpec) => isByLabel(sketch.design, spec);
  return unlabelled(sketch, count, apart, (name) => {
    const size = sketch.sums[name]!.length / counts.length;
    return sketch.sums[name]!.slice(label * size, (label + 1) * size);
  });
}

/**
 * The samples of all labels as an ordinary sketch. It leaves out local moments, because each label has its own cells. A sketch that is
 * not by label is returned as it is.
 */
export async function withoutLabels(sketch: Sketch): Promise<Sketch> {
  if (sketch.design.labels === undefined) return sketch;
  return unlabelled(
    sketch,
    sketch.count,
    () => true,
    (name) => total(sketch, name),
  );
}

/** Families of which every label has cells of its own. */
const inCells: ReadonlySet<string> = new Set(["local-moments", "lossy-cells"]);

async function unlabelled(
  { design: { labels: _, fingerprint: __, ...content }, sums, privacy }: Sketch,
  count: number,
  keeps: (spec: FamilySpec) => boolean,
  sumOf: (name: string) => Float64Array,
): Promise<Sketch> {
  const families = content.families.filter((spec) => !inCells.has(spec.kind) && keeps(spec));
  const arrays = Object.fromEntries(
    Object.entries(content.arrays).filter(([name]) => !inCells.has(name.split(".")[0]!)),
  );
  const names = Object.keys(sums).filter((name) => families.some(({ kind }) => name.startsWith(`${kind}.`)));
  return {
    design: await sealed({ ...content, families, arrays }),
    count,
    sums: Object.fromEntries(names.map((name) => [name, sumOf(name)])),
    ...(privacy && { privacy }),
  };
}
