import { dimensionsOf, isByLabel, LABEL_COUNT } from "./design.ts";
import { familyOf } from "./families/index.ts";
import type { Sketch } from "./sketch.ts";

/**
 * Names the part of a sketch that no data can have, or returns undefined. Such parts are counts that are negative or do not add up,
 * moments above their count, and sums that contradict the sums of squares. `whole` is the sketch before a subtraction; its size
 * determines how much rounding is allowed.
 */
export function impossiblePart(sketch: Sketch, whole: Sketch = sketch): string | undefined {
  const { design, sums, count } = sketch;
  const labels = sums[LABEL_COUNT];
  const counted = labels?.reduce((a, b) => a + b, 0) ?? count;
  if (labels?.some((n) => !(n >= 0)) || counted !== count) return "the count of a label";
  for (const spec of design.families) {
    const groups = isByLabel(design, spec) ? design.labels! : 1;
    for (let g = 0; g < groups; g++) {
      const ofGroup = (of: Sketch) => ({
        count: isByLabel(design, spec) ? of.sums[LABEL_COUNT]![g]! : of.count,
        sums: groupSums(of, spec.kind, g, groups),
      });
      const own = { ...ofGroup(sketch), whole: ofGroup(whole), dimensions: dimensionsOf(design) };
      const found = familyOf(spec.kind).impossible(spec, own);
      if (found) return found;
    }
  }
  return undefined;
}

/** The sums of one family over one group, by their names in the family. */
function groupSums({ sums }: Sketch, kind: string, group: number, groups: number): Record<string, Float64Array> {
  const own = Object.entries(sums).filter(([name]) => name.startsWith(`${kind}.`));
  return Object.fromEntries(
    own.map(([name, sum]) => {
      const size = sum.length / groups;
      return [name.slice(kind.length + 1), sum.subarray(group * size, (group + 1) * size)];
    }),
  );
}
