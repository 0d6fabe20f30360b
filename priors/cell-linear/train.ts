import { fromHost } from "../../src/data/array.ts";
import { transpose } from "../../src/data/matmul.ts";
import { product, productTransposed } from "../../src/engine/float64.ts";
import type { EndCode } from "../../src/engine/iterate.ts";
import type { Watched } from "../kind.ts";
import { chartsOf, sharesOf } from "../mixture/charts.ts";
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
  const { shape, centre, matrix, poses } = mixture;
  const residual = await residualWith(mixture, rest);
  return {
    model: { ...fitted, shape, centre, matrix, ...(poses && { poses }), ...residual },
    ...{ settings, history, code },
  };
}

/**
 * C + DEDᵀ [n, n], in the mean over the poses: a mixture's residual and the covariance E [k, k] of features that are left out. With C = UUᵀ + diag(s²) it has
 * the root (U, DE^{1/2}), s.
 */
export async function residualWith(mixture: MixtureModel, rest: Float64Array): Promise<Residual> {
  const { matrix, residual, residualRoot: root, weights, poses } = mixture;
  const [n, k] = matrix.shape as [number, number];
  const half = principalRoot(rest, k, k); // rows of (E^{1/2})ᵀ
  const charts = chartsOf(mixture);
  if (!root || poses) {
    const all = Float64Array.from(residual.data);
    const shares = sharesOf({ weights, ...(poses && { poses }) });
    for (const [p, { decoder }] of charts.entries()) {
      const own = transpose(await product(half, decoder, k, k, n), k, n); // D_pE^{1/2}
      for (const [i, v] of (await productTransposed(own, own, k)).entries()) all[i]! += shares[p]! * v;
    }
    return { residual: fromHost(Float32Array.from(all), [n, n]) };
  }
  const own = transpose(await product(half, charts[0]!.decoder, k, k, n), k, n); // DE^{1/2}
  const known = root.factor.shape[1]!;
  const factor = new Float32Array(n * (known + k));
  for (let i = 0; i < n; i++) {
    factor.set(root.factor.data.subarray(i * known, (i + 1) * known), i * (known + k));
    factor.set(own.subarray(i * k, (i + 1) * k), i * (known + k) + known);
  }
  return residualOfRoot({ ...root, factor: fromHost(factor, [n, known + k]) });
}
