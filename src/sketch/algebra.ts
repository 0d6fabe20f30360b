import { InputError } from "../data/errors.ts";
import { describeDifference } from "./design.ts";
import { impossiblePart } from "./possible.ts";
import { copied, type Sketch, type Sums } from "./sketch.ts";

/**
 * The sketch of the data of all given sketches together: sums and counts are added. Their order changes only the float64 rounding.
 * Errors: different designs, naming what differs.
 */
export function mergeSketches(first: Sketch, ...others: readonly Sketch[]): Sketch {
  const sums = copied(first.sums);
  let count = first.count;
  for (const [i, other] of others.entries()) {
    const difference = describeDifference(first.design, other.design);
    if (difference) {
      throw new InputError(
        `merge: sketches 1 and ${i + 2} have different designs (${difference}); they cannot be added`,
      );
    }
    count += other.count;
    add(sums, other, 1);
  }
  return { design: first.design, count, sums };
}

/**
 * The sketch without a part of its data, as if that part had never been seen: sums and counts are subtracted. The result has rounding
 * errors of the size of the whole's. If only a small part of the data is left, sketch it again instead.
 * Errors: different designs, naming what differs; a part of as many samples as the whole or more; a part that was never in the whole,
 * because no data could have the sums that are left.
 */
export function subtractSketch(whole: Sketch, part: Sketch): Sketch {
  const difference = describeDifference(whole.design, part.design);
  if (difference) {
    throw new InputError(`subtract: the sketches have different designs (${difference}); one is no part of the other`);
  }
  const count = whole.count - part.count;
  if (count <= 0) {
    throw new InputError(
      `subtract: the part has ${part.count} samples, the whole ${whole.count}; at least one sample must be left`,
    );
  }
  const sums = copied(whole.sums);
  add(sums, part, -1);
  const left = { design: whole.design, count, sums };
  const found = impossiblePart(left, whole);
  if (found === undefined) return left;
  throw new InputError(
    `subtract: this part was never in the whole: ${found} of what would be left is impossible; subtract only what was added`,
  );
}

function add(sums: Readonly<Sums>, { sums: other }: Sketch, sign: 1 | -1): void {
  for (const [name, sum] of Object.entries(sums)) {
    const part = other[name]!;
    for (let j = 0; j < sum.length; j++) sum[j]! += sign * part[j]!;
  }
}
