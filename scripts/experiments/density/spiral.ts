import { erf } from "#math";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";

/**
 * The curve of the set `spiral`, γ(u) = u (cos 2πu, sin 2πu), u uniform in (0, 1), as a generator: u = F(z), F the standard normal's
 * distribution function. Its density along the curve is 1/|γ′(u)| = 1/√(1 + 4π²u²).
 */
export const spiral: GeneratorPrior = {
  ...{ kind: "generator", name: "spiral", latent: 1, shape: [2] },
  decode: (z) => {
    const u = tf.mul(0.5, tf.add(1, tf.erf(tf.div(z, Math.SQRT2))));
    const angle = tf.mul(2 * Math.PI, u);
    return tf.mul(u, tf.concat([tf.cos(angle), tf.sin(angle)], 1));
  },
};

/** F(z) of the standard normal. */
export const uniformOf = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;

/** log of the density along the curve at u. */
export const logDensity = (u: number): number => -0.5 * Math.log(1 + (2 * Math.PI * u) ** 2);

/** Points of the curve for estimates by sums over all of them: z from −5 to 5. */
const POINTS = 20_000;
const grid = Float64Array.from({ length: POINTS }, (_, i) => -5 + (10 * (i + 0.5)) / POINTS);
const us = grid.map(uniformOf);

type Point = readonly [number, number];
export const onCurve = (u: number): Point => [u * Math.cos(2 * Math.PI * u), u * Math.sin(2 * Math.PI * u)];

/** Of y = x + N(0, σ²I), by the known densities: the mode over z, the mode over x, and the mean of x. */
export function knownEstimates([y0, y1]: Point, sigma: number): { z: Point; x: Point; mean: Point } {
  let [bestZ, bestX] = [
    { u: 0, log: Number.NEGATIVE_INFINITY },
    { u: 0, log: Number.NEGATIVE_INFINITY },
  ];
  let [weight, x0, x1] = [0, 0, 0];
  for (const [i, u] of us.entries()) {
    const [c0, c1] = onCurve(u);
    const fit = -((y0 - c0) ** 2 + (y1 - c1) ** 2) / (2 * sigma ** 2);
    const logZ = fit - grid[i]! ** 2 / 2;
    const logX = fit + logDensity(u);
    if (logZ > bestZ.log) bestZ = { u, log: logZ };
    if (logX > bestX.log) bestX = { u, log: logX };
    const w = Math.exp(logZ); // the grid is even in z
    weight += w;
    x0 += w * c0;
    x1 += w * c1;
  }
  return { z: onCurve(bestZ.u), x: onCurve(bestX.u), mean: [x0 / weight, x1 / weight] };
}
