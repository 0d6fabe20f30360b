import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost } from "../../data/array.ts";
import type { ValueRange } from "../../data/range.ts";
import { squaredNorm } from "../../data/vector.ts";
import { yieldToEvents } from "../../engine/events.ts";
import { compile } from "../../engine/index.ts";
import type { Outcome } from "../recovery.ts";
import { featureWeight } from "./feature-weight.ts";
import { intoBox } from "./into-box.ts";
import type { MixturePosterior } from "./mixture-posterior.ts";

/** Widths of H are rounded up to a multiple of this, so that few graphs are compiled. */
const WIDTH = 50;

/** The probability of the components together that are left out of P. They change it by less than the mode's own approximation. */
const NEGLIGIBLE = 0.01;

export interface ConstrainedMode {
  /** [batch, ...shape] */
  readonly estimate: NdArray<Float32Array>;
  /**
   * One per signal. `converged`: the conditions of Karush, Kuhn and Tucker hold within the tolerance. `max-steps`: they do not.
   * `fallback`: the iteration diverged and the estimate is the clipped mean.
   */
  readonly outcomes: readonly Outcome[];
}

/**
 * The box-constrained mode of one Gaussian with the posterior's mean x̄ and a covariance P:
 *
 *   argmin (x − x̄)ᵀ P⁻¹ (x − x̄)  over low ≤ x ≤ high,   P = ωHHᵀ + R,
 *
 * the posterior's covariance but for the weight ω of what the features leave uncertain (`featureWeight`). It is not the posterior's own mode: the mixture is replaced by one Gaussian. Clipping moves only the pixels outside
 * the box; here they move the correlated pixels inside it as well. Where most pixels lie on a bound, as the black pixels of digits do,
 * the bounds tell as much as measurements.
 */
export async function boxConstrainedMode(
  { mean, unexplained, covarianceRoot }: MixturePosterior,
  [low, high]: ValueRange,
  signal?: AbortSignal,
): Promise<ConstrainedMode> {
  const batch = mean.shape[0]!;
  const n = mean.size / batch;
  const residual = fromHost(Float32Array.from(await unexplained()), [n, n]);
  let known = 0; // tr R
  for (let p = 0; p < n; p++) known += residual.data[p * (n + 1)]!;
  const estimate = new Float32Array(mean.data);
  const outcomes: Outcome[] = [];
  const compiled = new Map<number, ReturnType<typeof compileCovariance>>();
  for (let i = 0; i < batch; i++) {
    const x = estimate.subarray(i * n, (i + 1) * n);
    const root = await covarianceRoot(i, NEGLIGIBLE);
    const H = padded(root, n, Math.sqrt(featureWeight(squaredNorm(root) + known, x)));
    const width = H.length / n;
    const covariance = compiled.get(width) ?? compileCovariance(n, width);
    compiled.set(width, covariance);
    const { data } = await (await covariance).run({ root: fromHost(H, [n, width]), residual });
    const row = (p: number) => data.subarray(p * n, (p + 1) * n);
    outcomes.push(intoBox(x, row, low, high));
    await yieldToEvents();
    signal?.throwIfAborted();
  }
  for (const covariance of compiled.values()) await (await covariance).dispose();
  return { estimate: fromHost(estimate, mean.shape), outcomes };
}

type Given = Readonly<Record<"root" | "residual", tf.Tensor>>;

/** HHᵀ + R of H [n, width]: in this form rounding does not make it indefinite. */
const compileCovariance = (n: number, width: number) =>
  compile(
    ({ root, residual }: Given) => tf.add(tf.matMul(root, root, false, true), residual),
    { root: zeros(n, width), residual: zeros(n, n) },
    { name: "covariance" },
  );

const zeros = (rows: number, columns: number): NdArray<Float32Array> =>
  fromHost(new Float32Array(rows * columns), [rows, columns]);

/** H [n, ·] times `scale`, with columns of zeros up to a multiple of `WIDTH`. */
function padded(H: Float64Array, n: number, scale: number): Float32Array {
  const own = H.length / n;
  const width = Math.ceil(own / WIDTH) * WIDTH;
  const out = new Float32Array(n * width);
  for (let p = 0; p < n; p++) for (let q = 0; q < own; q++) out[p * width + q] = scale * H[p * own + q]!;
  return out;
}
