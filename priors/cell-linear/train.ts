import { fromHost } from "../../src/data/array.ts";
import { transpose } from "../../src/data/matmul.ts";
import { product, productTransposed } from "../../src/engine/float64.ts";
import type { EndCode } from "../../src/engine/iterate.ts";
import type { Watched } from "../kind.ts";
import type { MixtureModel } from "../mixture/model.ts";
import { type Residual, residualOfRoot } from "../residual-root.ts";
import { fitCellLinear } from "./fit.ts";
import type { CellLinearModel } from "./model.ts";
import { type CellLinearOptions, type CellLinearSettings, completed } from "./options.ts";
import { principalRoot } from "./roots.ts";

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
    model: { ...fitted, shape, centre, matrix, ...(await residualWith(mixture, rest)) },
    ...{ settings, history, code },
  };
}

/**
 * C + DEDᵀ [n, n]: a mixture's residual and the covariance E [k, k] of features that are left out. With C = UUᵀ + diag(s²) it has
 * the root (U, DE^{1/2}), s.
 */
export async function residualWith(
  { matrix, residual, residualRoot: root }: MixtureModel,
  rest: Float64Array,
): Promise<Residual> {
  const [n, k] = matrix.shape as [number, number];
  const own = await product(matrix.data, transpose(principalRoot(rest, k, k), k, k), n, k, k); // DE^{1/2}
  if (!root) {
    const ofFeatures = await productTransposed(own, own, k);
    return {
      residual: fromHost(
        Float32Array.from(ofFeatures, (v, i) => v + residual.data[i]!),
        [n, n],
      ),
    };
  }
  const known = root.factor.shape[1]!;
  const factor = new Float32Array(n * (known + k));
  for (let i = 0; i < n; i++) {
    factor.set(root.factor.data.subarray(i * known, (i + 1) * known), i * (known + k));
    factor.set(own.subarray(i * k, (i + 1) * k), i * (known + k) + known);
  }
  return residualOfRoot({ ...root, factor: fromHost(factor, [n, known + k]) });
}
