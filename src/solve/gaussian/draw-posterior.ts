import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../../operators/operator.ts";
import type { Part } from "../../../priors/mixture/charts.ts";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import { drawResiduals, type ResidualRoot, rootOf } from "../../../priors/residual-root.ts";
import { fromHost } from "../../data/array.ts";
import { multiplyTransposed } from "../../data/matmul.ts";
import { type Random, stream } from "../../data/random.ts";
import { product } from "../../engine/float64.ts";
import { transposedMatrix } from "../operator-matrix.ts";
import type { Mixture } from "./as-mixture.ts";
import type { Gains } from "./gain.ts";
import { conditionalMeans, type MeasurementCovariance } from "./measurement-covariance.ts";
import type { Reduced } from "./reduction.ts";

export interface Drawing {
  readonly prior: Mixture;
  readonly operator: LinearOperator;
  readonly reduced: Reduced;
  readonly parts: readonly Part[];
  readonly gains: Pick<Gains, "moved">;
  /** P(part | y), [batch, parts]. */
  readonly responsibilities: Float64Array;
  readonly batch: number;
  readonly count: number;
  readonly seed: number;
}

/**
 * Exact draws of the posterior of a mixture, [batch, count, ...shape]. A component j is drawn by P(j | y). Given j, v and r are drawn
 * by perturbation (Papandreou, Yuille 2010): draw from the prior, measure the draw, and correct it by the conditional mean of the gap
 * to the real measurements. No posterior covariance is factored.
 *
 *   v = v₀ + E[v | u − u₀],  v₀ ~ N(μ_j, Σ_j), u₀ = Bv₀ + e;   r = r₀ + E[r | d − d₀],  r₀ ~ N(0, C), d₀ = Φr₀ + w₀
 *
 * with d = y − Φ(centre + Dv).
 */
export async function drawPosterior(given: Drawing): Promise<NdArray<Float32Array>> {
  const { prior, operator, reduced, parts, batch, count, seed } = given;
  const k = prior.means.shape[1]!;
  const random = stream(seed, "posterior draws");
  const rows = batch * count;
  const weighed = reduced.charts.map((_, chart) => ({
    ...{ chart, features: new Float64Array(rows * k), weights: new Float64Array(rows) },
  }));
  for (let i = 0; i < batch; i++) {
    const own = given.responsibilities.subarray(i * parts.length, (i + 1) * parts.length);
    let row = i * count;
    for (const at of drawComponents(own, random, count)) {
      const { chart } = parts[at]!;
      weighed[chart]!.features.set(await drawGiven(given, i, parts[at]!, random), row * k);
      weighed[chart]!.weights[row++] = 1;
    }
  }
  const root = await rootOf(prior.residual, prior.residualRoot);
  const { known, innovations } = await reduced.known(weighed, count);
  const rest = await drawRest(operator, reduced.residual, root, innovations, random);
  return fromHost(
    Float32Array.from(known, (v, at) => v + rest[at]!),
    [batch, count, ...prior.shape],
  );
}

/** Draws of r ~ N(0, C) given d = Φr + w, one for every row d of `innovations` [rows, m]: [rows, n]. */
export async function drawRest(
  operator: LinearOperator,
  covariance: MeasurementCovariance,
  root: ResidualRoot,
  innovations: Float64Array,
  random: Random,
): Promise<Float64Array> {
  const { n, m, variances } = covariance;
  const rows = innovations.length / m;
  const drawn = await drawResiduals(root, random, rows);
  const { data: transposed } = await transposedMatrix(operator);
  const measured = await product(drawn, transposed, rows, n, m);
  for (let at = 0; at < measured.length; at++) measured[at]! += Math.sqrt(variances[at % m]!) * random.normal();
  const change = await conditionalMeans(
    covariance,
    innovations.map((d, at) => d - measured[at]!),
  );
  return change.map((v, at) => v + drawn[at]!);
}

/** v ~ N(μ_j, Σ_j). */
export function drawFeaturesOf({ means, covarianceOf, factors }: Mixture, j: number, random: Random): Float64Array {
  const k = means.shape[1]!;
  const e = random.fillNormal(new Float64Array(k));
  return Float64Array.from({ length: k }, (_, a) => {
    const from = (covarianceOf[j]! * k + a) * k;
    let sum = means.data[j * k + a]!;
    for (let b = 0; b <= a; b++) sum += factors.data[from + b]! * e[b]!;
    return sum;
  });
}

/** The features v of signal i, given its part. */
async function drawGiven(
  { prior, reduced, gains }: Drawing,
  i: number,
  { component, chart, block }: Part,
  random: Random,
) {
  const k = prior.means.shape[1]!;
  const { r } = reduced;
  const { B, u } = reduced.charts[chart]!;
  const v = drawFeaturesOf(prior, component, random);
  const measured = multiplyTransposed(B, v, k);
  const gap = measured.map((value, q) => u[i * r + q]! - value - random.normal());
  return (await gains.moved(block, gap)).map((change, a) => v[a]! + change);
}
