import { isLinear, type LinearOperator, requireLinear } from "../../operators/operator.ts";
import type { SignalPrior } from "../../priors/prior.ts";
import { sameShape } from "../data/array.ts";
import type { Problem } from "./problem.ts";

/** Conditions that solvers set for a problem. Each returns true, or the reason why it fails, as the end of a sentence. */

export const isLinearProblem = ({ operator }: Problem): true | string =>
  isLinear(operator) || `${operator.name} is not linear`;

export const hasGaussianNoise = ({ noise }: Problem): true | string =>
  noise.gaussian !== undefined || `the noise is ${noise.name}, not Gaussian`;

export const hasProximalMap = ({ noise }: Problem): true | string =>
  noise.prox !== undefined || `the noise ${noise.name} has no proximal map`;

/** The first answer that is not true, or true. */
export const all = (...answers: readonly (true | string)[]): true | string =>
  answers.find((answer) => answer !== true) ?? true;

/** The operator of a problem, for solvers of linear ones. Errors (RangeError): it is not linear. */
export const linearOperatorOf = (who: string, { operator }: Problem): LinearOperator => requireLinear(who, operator);

/** Errors (RangeError): a prior for signals of another shape than the operator measures. */
export function requireSignalShape(who: string, prior: Pick<SignalPrior, "shape">, { operator }: Problem): void {
  if (sameShape(operator.inShape, prior.shape)) return;
  throw new RangeError(
    `${who}: ${operator.name} measures signals of [${operator.inShape.join(", ")}], the prior is for ` +
      `[${prior.shape.join(", ")}]; make the prior for the operator's inShape`,
  );
}
