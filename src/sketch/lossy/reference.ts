import type { NdArray } from "ndarray";
import { InputError } from "../../data/errors.ts";
import type { DesignArrays } from "../features.ts";
import type { Cells } from "./cells.ts";

/** The reference mixture x = centre + Bu + r, r ~ N(0, UUᵀ + diag(s²)), as arrays of a design. */
export interface LossyReference {
  /** [n] */
  readonly centre: NdArray<Float32Array>;
  /** B [n, k] */
  readonly basis: NdArray<Float32Array>;
  /** U [n, q] */
  readonly factor: NdArray<Float32Array>;
  /** s [n] */
  readonly deviations: NdArray<Float32Array>;
  /** π [groups, K] */
  readonly weights: NdArray<Float32Array>;
  /** μ [groups, K, k] */
  readonly means: NdArray<Float32Array>;
  /** L [groups, K, k, k] */
  readonly factors: NdArray<Float32Array>;
  /** Φ [m, n] of the form `fixed`; absent: the identity. */
  readonly matrix?: NdArray<Float32Array>;
}

const PREFIX = "lossy-cells.";
const NAMES = ["centre", "basis", "factor", "deviations", "weights", "means", "factors"] as const;

/** The reference as a design's arrays. */
export const referenceArrays = (reference: LossyReference): DesignArrays =>
  Object.fromEntries(Object.entries(reference).map(([name, array]) => [PREFIX + name, array]));

/** The reference of a design. Errors (InputError): it holds none. */
export function lossyReference(arrays: DesignArrays): LossyReference {
  if (NAMES.some((name) => !arrays[PREFIX + name])) {
    throw new InputError("lossy cells: the design holds no reference mixture; make it with --cells-of");
  }
  const found = (name: string) => arrays[PREFIX + name]!;
  return {
    ...(Object.fromEntries(NAMES.map((name) => [name, found(name)])) as unknown as LossyReference),
    ...(arrays[`${PREFIX}matrix`] && { matrix: found("matrix") }),
  };
}

/** The cells of one group. */
export function cellsOfGroup({ weights, means, factors }: LossyReference, group: number): Cells {
  const part = ({ data, shape }: NdArray<Float32Array>) => {
    const size = data.length / shape[0]!;
    return Float64Array.from(data.subarray(group * size, (group + 1) * size));
  };
  return { weights: part(weights), means: part(means), factors: part(factors) };
}
