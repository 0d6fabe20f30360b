import { type LinearOperator, requireLinear } from "../../../operators/operator.ts";
import type { PenaltyPrior } from "../../../priors/prior.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { applyToRows } from "../operator-matrix.ts";
import type { Problem } from "../problem.ts";
import { whitenedProblem } from "./whitening.ts";

/** A problem of x less a centre: its y is y − Φ·centre, and its signals lie in the range less the centre. */
export interface CentredProblem extends Problem {
  readonly operator: LinearOperator;
  /** [n] */
  readonly centre?: Float32Array;
}

/**
 * The problem that methods for penalties see: of x less the centre of the penalty, where it has one, and whitened, where the noise is
 * Gaussian. Errors (RangeError): Φ that is not linear.
 */
export async function centredProblem(
  problem: Problem,
  { centre }: Pick<PenaltyPrior, "centre">,
): Promise<CentredProblem> {
  const given = problem.noise.gaussian ? whitenedProblem(problem) : problem;
  const operator = requireLinear("penalty", given.operator);
  if (!centre) return { ...given, operator };
  const measured = (await applyToRows(operator, fromHost(centre, [1, sizeOf(operator.inShape)]))).data;
  const y = (contiguous(given.y) as Float32Array).map((v, at) => v - measured[at % measured.length]!);
  return { ...given, operator, y: fromHost(y, given.y.shape), centre };
}
