import type { NdArray } from "ndarray";
import { fromHost } from "../../src/data/array.ts";
import { multiply, multiplyTransposed } from "../../src/data/matmul.ts";
import type { EndCode } from "../../src/engine/iterate.ts";
import type { Watched } from "../kind.ts";
import type { MixtureModel } from "../mixture/model.ts";
import { fitCellLinear } from "./fit.ts";
import type { CellLinearModel } from "./model.ts";
import { type CellLinearOptions, type CellLinearSettings, completed } from "./options.ts";

/** A cell-linear generator with how it was made. */
export interface CellLinear {
  readonly model: CellLinearModel;
  readonly settings: CellLinearSettings;
  /** What was minimised, step by step. */
  readonly history: readonly number[];
  readonly code: EndCode;
}

/**
 * A generator network x = centre + D v(z, c) + r, linear in z for every component c of a mixture, made from that mixture alone: v is
 * fitted to the mixture's features (fit.ts), and r ~ N(0, C + DEDᵀ) holds the mixture's own residual C and the covariance E of what v
 * leaves out.
 *
 * Errors (InputError): options out of range, or of other names.
 */
export async function trainCellLinear(
  mixture: MixtureModel,
  { onProgress, signal, ...options }: CellLinearOptions & Pick<Watched, "onProgress" | "signal"> = {},
): Promise<CellLinear> {
  const settings = completed(options, mixture.means.shape[1]!);
  const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const { rest, history, code, ...fitted } = await fitCellLinear(mixture, settings, watched);
  const { shape, centre, matrix } = mixture;
  return {
    model: { ...fitted, shape, centre, matrix, residual: residualWith(mixture, rest) },
    ...{ settings, history, code },
  };
}

/** C + DEDᵀ [n, n]: a mixture's residual and the covariance E [k, k] of features that are left out. */
export function residualWith({ matrix, residual }: MixtureModel, rest: Float64Array): NdArray<Float32Array> {
  const [n, k] = matrix.shape as [number, number];
  const ofFeatures = multiplyTransposed(multiply(matrix.data, rest, n, k, k), Float64Array.from(matrix.data), k);
  return fromHost(
    Float32Array.from(ofFeatures, (v, i) => v + residual.data[i]!),
    [n, n],
  );
}
