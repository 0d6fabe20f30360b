import * as tf from "#tf";
import { type LinearOperator, linearOperator } from "../../../operators/operator.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import type { Problem } from "../problem.ts";
import { linearOperatorOf } from "../requirements.ts";

/** A problem with noise N(0, σ²I) and the same solution: the rows of y and Φ are multiplied by σ/σᵢ. */
export interface WhitenedProblem extends Problem {
  readonly operator: LinearOperator;
}

const known = new WeakMap<LinearOperator, WeakMap<Float32Array, LinearOperator>>();

/** The whitened problem; the problem itself if it has one σ. Errors (RangeError): noise that is not Gaussian, Φ that is not linear. */
export function whitenedProblem(problem: Problem): WhitenedProblem {
  const operator = linearOperatorOf("least squares", problem);
  const { noise, y } = problem;
  if (!noise.gaussian) throw new RangeError(`least squares: needs Gaussian noise, got ${noise.name}`);
  const { sigmas } = noise.gaussian;
  if (!sigmas) return { ...problem, operator };
  const m = sigmas.length;
  const data = (contiguous(y) as Float32Array).map((v, at) => (v * noise.sigma) / sigmas[at % m]!);
  return {
    ...problem,
    y: fromHost(data, y.shape),
    noise: { ...gaussianNoise(noise.sigma), name: noise.name, spec: noise.spec },
    operator: weighted(operator, sigmas, noise.sigma),
  };
}

/**
 * What the steps of splitting methods fit y by: the whitened problem; for noise that is not Gaussian, whose proximal map they use beside it, the problem
 * as if it were Gaussian of the same σ. Errors (RangeError), which begin with `who` for such noise: Φ that is not linear.
 */
export const gaussianProblem = (who: string, problem: Problem): WhitenedProblem =>
  problem.noise.gaussian
    ? whitenedProblem(problem)
    : { ...problem, operator: linearOperatorOf(who, problem), noise: gaussianNoise(problem.noise.sigma) };

/** WΦ, W = diag(σ/σᵢ). The same Φ and σᵢ give the same object, so numbers that are cached for an operator are found again. */
function weighted(operator: LinearOperator, sigmas: Float32Array, sigma: number): LinearOperator {
  const ofOperator = known.get(operator) ?? new WeakMap<Float32Array, LinearOperator>();
  known.set(operator, ofOperator);
  const before = ofOperator.get(sigmas);
  if (before) return before;
  const weights = sigmas.map((s) => sigma / s);
  const weigh = (y: tf.Tensor) => tf.mul(y, tf.tensor(weights, [1, ...operator.outShape]));
  const made = linearOperator({
    name: operator.name,
    inShape: operator.inShape,
    outShape: operator.outShape,
    forward: (x) => weigh(operator.forward(x)),
    adjoint: (y) => operator.adjoint(weigh(y)),
  });
  ofOperator.set(sigmas, made);
  return made;
}
