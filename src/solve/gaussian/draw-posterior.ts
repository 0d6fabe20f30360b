import type { NdArray } from "ndarray";
import type { LinearOperator } from "../../../operators/operator.ts";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import { drawResiduals, type ResidualRoot, rootOf } from "../../../priors/residual-root.ts";
import { fromHost } from "../../data/array.ts";
import { multiply } from "../../data/matmul.ts";
import { type Random, stream } from "../../data/random.ts";
import { product } from "../../engine/float64.ts";
import { transposedMatrix } from "../operator-matrix.ts";
import type { Mixture } from "./as-mixture.ts";
import { type Gain, gained } from "./gain.ts";
import { conditionalMeans, type MeasurementCovariance } from "./measurement-covariance.ts";
import type { Reduced } from "./reduction.ts";

export interface Drawing {
  readonly prior: Mixture;
  readonly operator: LinearOperator;
  readonly reduced: Reduced;
  readonly gains: readonly Gain[];
  /** P(component | y), [batch, components]. */
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
  const { prior, operator, reduced, batch, count, seed } = given;
  const [n, k] = prior.matrix.shape as [number, number];
  const random = stream(seed, "posterior draws");
  const features = new Float64Array(batch * count * k);
  const rows = batch * count;
  for (let i = 0; i < batch; i++) {
    for (const [s, v] of drawFeatures(given, i, random).entries()) features.set(v, (i * count + s) * k);
  }
  const root = await rootOf(prior.residual, prior.residualRoot);
  const rest = await drawRest(operator, reduced.residual, root, await reduced.innovationsOf(features, count), random);
  const known = await product(features, reduced.decoder, rows, k, n);
  const data = Float32Array.from(known, (v, at) => v + prior.centre.data[at % n]! + rest[at]!);
  return fromHost(data, [batch, count, ...prior.shape]);
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

/** `count` draws of the features v of signal i. */
function drawFeatures({ prior, reduced, gains, responsibilities, count }: Drawing, i: number, random: Random) {
  const { means, covarianceOf, weights } = prior;
  const k = means.shape[1]!;
  const { r, B, u } = reduced;
  const own = responsibilities.subarray(i * weights.length, (i + 1) * weights.length);
  return Array.from(drawComponents(own, random, count), (j) => {
    const gain = gains[covarianceOf[j]!]!;
    const e = random.fillNormal(new Float64Array(k));
    const v = Float64Array.from({ length: k }, (_, a) => {
      let sum = means.data[j * k + a]!;
      for (let b = 0; b <= a; b++) sum += gain.root[a * k + b]! * e[b]!;
      return sum;
    });
    const measured = multiply(B, v, r, k, 1);
    const gap = measured.map((value, q) => u[i * r + q]! - value - random.normal());
    return gained(gain, gap, k).map((change, a) => v[a]! + change);
  });
}
