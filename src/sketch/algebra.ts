import { InputError } from "../data/errors.ts";
import { describeDifference } from "./design.ts";
import { addSketch, heldSums, noSums } from "./exact-sums.ts";
import { impossiblePart } from "./possible.ts";
import { leftProvenance, mergedProvenance, type Provenance, whyNotSubtract } from "./provenance.ts";
import type { Sketch } from "./sketch.ts";

/**
 * The sketch of the data of all given sketches together: sums and counts are added, exactly, so in any order. Whether one part is given twice is not asked:
 * `whyNotMerge` tells.
 * Errors: different designs, naming what differs.
 */
export function mergeSketches(first: Sketch, ...others: readonly Sketch[]): Sketch {
  const { design } = first;
  const sums = noSums(design);
  addSketch(sums, first);
  let { count, provenance } = first;
  for (const [i, other] of others.entries()) {
    const difference = describeDifference(design, other.design);
    if (difference) {
      throw new InputError(
        `merge: sketches 1 and ${i + 2} have different designs (${difference}); they cannot be added`,
      );
    }
    count += other.count;
    addSketch(sums, other);
    provenance = provenance && other.provenance && mergedProvenance(provenance, other.provenance, design.block);
  }
  return { design, count, ...heldSums(sums), ...(provenance && { provenance }) };
}

export interface SubtractOptions {
  /** Subtracts also rows that the whole does not hold as far as the provenances tell; default false. */
  readonly foreign?: boolean;
}

/**
 * The sketch without a part of its data: sums and counts are subtracted, exactly. If the part is cut between blocks, the bits are those of a sketch that never saw it.
 * Otherwise what is left carries the float32 rounding of the whole.
 * Errors: different designs, naming what differs; a part of as many samples as the whole or more; a part that was never in the whole, as its provenance
 * tells, or because no data could have the sums that are left.
 */
export function subtractSketch(whole: Sketch, part: Sketch, { foreign = false }: SubtractOptions = {}): Sketch {
  const { design } = whole;
  const difference = describeDifference(design, part.design);
  if (difference) {
    throw new InputError(`subtract: the sketches have different designs (${difference}); one is no part of the other`);
  }
  const count = whole.count - part.count;
  if (count <= 0) {
    throw new InputError(
      `subtract: the part has ${part.count} samples, the whole ${whole.count}; at least one sample must be left`,
    );
  }
  const provenance = foreign ? undefined : withoutPart(whole, part);
  const sums = noSums(design);
  addSketch(sums, whole);
  addSketch(sums, part, -1);
  const left = { design, count, ...heldSums(sums), ...(provenance && { provenance }) };
  const found = impossiblePart(left, whole);
  if (found === undefined) return left;
  throw new InputError(
    `subtract: this part was never in the whole: ${found} of what would be left is impossible; subtract only what was added`,
  );
}

function withoutPart(whole: Sketch, part: Sketch): Provenance | undefined {
  if (!whole.provenance || !part.provenance) return undefined;
  const reason = whyNotSubtract(whole.provenance, part.provenance, whole.design.block);
  if (reason) throw new InputError(`subtract: ${reason}; subtract only what was added`);
  return leftProvenance(whole.provenance, part.provenance, whole.design.block);
}
