import { InputError } from "../data/errors.ts";
import { LABEL_COUNT, type SketchDesign, sealed } from "./design.ts";
import { type Sketch, total } from "./sketch.ts";

/** Samples of each label in a sketch by label. Errors: a sketch that is not by label. */
export function labelCounts(sketch: Sketch): Float64Array {
  const counts = sketch.sums[LABEL_COUNT];
  if (counts) return counts.slice();
  throw new InputError("label counts: the sketch is not by label; sketch the data with --by-label");
}

/**
 * The sketch of the samples of one label, as an ordinary sketch: equal to the sketch of those samples alone.
 * Errors: a sketch that is not by label, a label outside its range, a label without samples.
 */
export async function ofLabel(sketch: Sketch, label: number): Promise<Sketch> {
  const counts = labelCounts(sketch);
  const count = counts[label];
  if (count === undefined) {
    throw new InputError(`of label: expected a label from 0 to ${counts.length - 1}, got ${label}`);
  }
  if (count === 0) throw new InputError(`of label: the sketch holds no samples of label ${label}`);
  return unlabelled(sketch, count, (name) => {
    const size = sketch.sums[name]!.length / counts.length;
    return sketch.sums[name]!.slice(label * size, (label + 1) * size);
  });
}

/** The sketch of the samples of all labels together, as an ordinary sketch. One that is not by label is returned as it is. */
export async function withoutLabels(sketch: Sketch): Promise<Sketch> {
  if (sketch.design.labels === undefined) return sketch;
  return unlabelled(sketch, sketch.count, (name) => total(sketch, name));
}

async function unlabelled(sketch: Sketch, count: number, sumOf: (name: string) => Float64Array): Promise<Sketch> {
  const names = Object.keys(sketch.sums).filter((name) => name !== LABEL_COUNT);
  return {
    design: await designWithoutLabels(sketch.design),
    count,
    sums: Object.fromEntries(names.map((name) => [name, sumOf(name)])),
  };
}

function designWithoutLabels({ labels: _, fingerprint: __, ...content }: SketchDesign): Promise<SketchDesign> {
  return sealed(content);
}
