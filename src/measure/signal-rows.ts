import type { NdArray } from "ndarray";
import { contiguous, fromHost, type HostArray, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";

/** What the rows of an array must be. `who` begins messages; `source` says where that comes from: `gaussian(m=100) returns 100`. */
export interface Rows {
  readonly who: string;
  readonly shape: readonly number[];
  readonly source: string;
  /** The array is a list of numbers without a shape of its own. */
  readonly flat?: boolean;
}

/**
 * An array of one signal or several as [n, ...shape] in float32, from [n, ...shape], [n, size] or any array of exactly `size`
 * numbers, which is one signal; from n·size numbers where it is `flat`.
 * Errors (InputError): another number of numbers a signal, numbers that are not finite in float32, by their position.
 */
export function signalRows(array: NdArray, { who, shape, source, flat = false }: Rows): NdArray<Float32Array> {
  const m = sizeOf(shape);
  const [first = 1, ...rest] = array.shape;
  const several = flat ? array.size % m === 0 : rest.length > 0 && sizeOf(rest) === m;
  if (array.size !== m && !(several && array.size > 0)) {
    const turned = rest.length === 1 && first === m ? "; transpose it, one signal a row" : "";
    const own = flat || rest.length === 0 ? array.size : sizeOf(rest);
    throw new InputError(`${who} has ${own} numbers${flat ? "" : " a signal"}, ${source}${turned}`);
  }
  const data = Float32Array.from(contiguous(array as HostArray));
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `${who}: number ${bad % m} of signal ${Math.floor(bad / m)} is ${data[bad]}, counted from 0; expected finite numbers`,
    );
  }
  return fromHost(data, [array.size / m, ...shape]);
}
