import { contiguous } from "../../data/array.ts";
import type { Problem } from "../problem.ts";

/** With Gaussian noise the measurements of a signal are never all equal. If they are, something was not measured or not read. */
export function measurementWarnings({ y, noise }: Problem): string[] {
  const batch = y.shape[0]!;
  const m = y.size / batch;
  if (m === 1 || !noise.gaussian || noise.sigma === 0) return [];
  const data = contiguous(y);
  const equal = Array.from({ length: batch }, (_, i) => i).filter((i) =>
    data.subarray(i * m, (i + 1) * m).every((v) => v === data[i * m]),
  );
  if (equal.length === 0) return [];
  const which = batch === 1 ? "" : ` of ${equal.length} of ${batch} signals, signal ${equal[0]! + 1} first,`;
  return [
    `all ${m} measurements${which} are ${data[equal[0]! * m]}, which ${noise.name} never gives; check how y was read`,
  ];
}
