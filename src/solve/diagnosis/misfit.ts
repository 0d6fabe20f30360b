import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { Prior } from "../../../priors/prior.ts";
import { contiguous, sizeOf } from "../../data/array.ts";
import { squaredNorm } from "../../data/vector.ts";
import { compile } from "../../engine/index.ts";
import type { Problem } from "../problem.ts";

/** If ‖y − Φx̂‖² is above this many times mσ², the residual is too large. */
const LARGE = 4;
/** A residual below this part of ‖y‖² is not reported: solvers are not more exact than that, and generators cannot represent everything. */
const PART = { penalty: 0.01, regulariser: 0.01, generator: 0.25 } as const;
/** If m ≥ n and ‖y − Φx̂‖² is below this part of mσ², x̂ fits the noise. */
const SMALL = 0.02;

/**
 * Warns if the residual does not have the size of the noise, that is, if the batch mean of 2·misfit/(mσ²) is far from 1. For Gaussian
 * noise this number is the discrepancy ‖y − Φx̂‖²/(mσ²). Only solvers that weigh a prior by λ are checked.
 */
export async function misfitWarnings(problem: Problem, prior: Prior, x: NdArray<Float32Array>): Promise<string[]> {
  const { y, noise, operator } = problem;
  if (!(noise.sigma > 0)) return [];
  const given = { x, y };
  const misfit = await compile(
    (input: { x: tf.Tensor; y: tf.Tensor }) => noise.misfit(operator.forward(input.x), input.y),
    given,
  );
  const { data } = await misfit.run(given);
  await misfit.dispose();
  const mean = data.reduce((sum, v) => sum + v / data.length, 0);
  const m = sizeOf(operator.outShape);
  const discrepancy = (2 * mean) / (m * noise.sigma ** 2);
  const energy = squaredNorm(contiguous(y) as Float32Array) / y.shape[0]!;
  const times = `Φx̂ misses y by ${Number(Math.sqrt(discrepancy).toPrecision(2))} times the noise ${noise.name}`;
  if (
    discrepancy > LARGE &&
    2 * mean > PART[prior.kind === "penalty" || prior.kind === "regulariser" ? prior.kind : "generator"] * energy
  ) {
    return [`${times}: it may be too small, λ too large, or Φ another operator than the one that measured`];
  }
  if (discrepancy < SMALL && m >= sizeOf(operator.inShape)) return [`${times}: it may be too large, or λ too small`];
  return [];
}
