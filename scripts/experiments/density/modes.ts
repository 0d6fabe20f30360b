import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../../src/data/array.ts";
import { type DataTerm, plainTerm } from "../../../src/solve/latent/data-term.ts";
import { bestRestarts, type Descent, type DescentOptions, descend } from "../../../src/solve/latent/descent.ts";
import type { Starts } from "../../../src/solve/latent/starts.ts";
import type { Problem } from "../../../src/solve/problem.ts";
import { takeRows } from "../../../src/solve/rows.ts";
import { withVolume } from "./volume.ts";

/** What a mode is of: the density of z, or that of x = G(z) on the manifold. */
export const modeNames = ["z", "x"] as const;
export type ModeName = (typeof modeNames)[number];

/** The descents to the modes of all restarts, and of every signal the latent of the lowest. */
export interface Modes extends Descent {
  /** [signals, latent] */
  readonly best: NdArray<Float32Array>;
}

/**
 * The most probable z, argmin ‖y − Φ(G(z))‖² + λ‖z‖², or the most probable x = G(z),
 *
 *     argmin ‖y − Φ(G(z))‖² + λ(‖z‖² + log det JᵀJ),
 *
 * by Adam from the given starts; with λ = σ² they are the modes of the two posterior densities. The second needs 2k more decodes a row and step.
 */
export async function modes(
  of: ModeName,
  problem: Problem,
  prior: GeneratorPrior,
  starts: Starts,
  options: DescentOptions & { readonly lambda: number },
): Promise<Modes> {
  const { lambda, ...descent } = options;
  const signals = problem.y.shape[0]!;
  const lambdas = fromHost(new Float32Array(signals).fill(lambda), [signals]);
  const plain = plainTerm(problem);
  const found =
    of === "z"
      ? await descend(prior, plain, starts, lambdas, descent)
      : await descend(withVolume(prior), besideVolume(plain, prior.shape, lambda), starts, lambdas, descent);
  return { ...found, best: takeRows(found.z, bestRestarts(found.objectives.data, starts.perSignal)) };
}

/** A data term of the signals with λ times the volume behind them. */
function besideVolume(term: DataTerm, shape: readonly number[], lambda: number): DataTerm {
  const n = sizeOf(shape);
  return {
    target: term.target,
    misfit: (both, target) => {
      const signals = tf.reshape(tf.slice(both, [0, 0], [-1, n]), [-1, ...shape]);
      const volume = tf.reshape(tf.slice(both, [0, n], [-1, 1]), [-1]);
      return tf.add(term.misfit(signals, target), tf.mul(lambda, volume));
    },
  };
}
