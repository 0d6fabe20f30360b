import { sigmaOf } from "../../../priors/penalties/default-lambda.ts";
import type { PenaltyPrior, RegulariserPrior } from "../../../priors/prior.ts";
import { contiguous } from "../../data/array.ts";
import { squaredNorm } from "../../data/vector.ts";
import type { Problem } from "../problem.ts";
import { linearOperatorOf } from "../requirements.ts";
import type { LambdaRules } from "../solver.ts";
import { centredProblem } from "./centre.ts";
import { lambdaFacts } from "./lambda-facts.ts";
import { sizeOfOperator } from "./size.ts";
import { whitenedProblem } from "./whitening.ts";

/** The range of a search: from the default divided by this to the default times this. A search goes beyond an end that is best. */
const AROUND = 32;

/**
 * λ of penalties. The default comes from the penalty's own rule, and the range lies around it. Without a rule there is no default, and
 * the range ends at the natural scale: ‖Φ‖² for quadratic penalties, ‖Φ‖²a for norms. Here a = ‖y‖/‖Φ‖_F is the typical amplitude of the
 * signals. So images from 0 to 255 and from 0 to 1 get ranges that match.
 */
export const penaltyLambda: LambdaRules<PenaltyPrior> = {
  default: async (problem, prior) => {
    if (prior.defaultLambda) return prior.defaultLambda(await lambdaFacts(await centredProblem(problem, prior)));
    throw new RangeError(`${prior.name}: lambda: has no default; give its weight, or "auto"`);
  },
  range: async (problem, prior) => {
    if (prior.defaultLambda) {
      const usual = prior.defaultLambda(await lambdaFacts(await centredProblem(problem, prior)));
      return [usual / AROUND, usual * AROUND];
    }
    const { norm, amplitude } = await sizesOf(await centredProblem(problem, prior));
    const quadratic = prior.form === "quadratic";
    const scale = norm ** 2 * (quadratic ? 1 : amplitude) || 1;
    return [scale * (quadratic ? 1e-7 : 1e-5), scale];
  },
  rough: { tolerance: 0.01, steps: 100 },
};

/**
 * λ of learned regularisers, by the rule of Lunz, Öktem, Schönlieb 2018: at the true x the gradient of ½‖y − Φx‖² is −Φ'w, w the noise, and that of a critic has a norm of about 1, so that both are of
 * one size with λ = E‖Φ'w‖, here its bound √E‖Φ'w‖² = σ‖Φ‖_F. (Beside ‖y − Φx‖², as the paper writes it, λ is twice that.) Without
 * noise σ counts as little as for penalties.
 */
export const criticLambda: LambdaRules<RegulariserPrior> = {
  default: async (problem) => {
    const whitened = whitenedProblem(problem);
    return sigmaOf(await lambdaFacts(whitened)) * (await sizeOfOperator(whitened.operator)).frobenius || 1; // blind: any will do
  },
  range: async (problem, prior) => {
    const usual = await criticLambda.default(problem, prior);
    return [usual / AROUND, usual * AROUND];
  },
};

async function sizesOf(problem: Problem): Promise<{ readonly norm: number; readonly amplitude: number }> {
  const { norm, frobenius } = await sizeOfOperator(linearOperatorOf("lambda", problem));
  const energy = squaredNorm(contiguous(problem.y) as Float32Array) / problem.y.shape[0]!;
  return { norm, amplitude: Math.sqrt(energy) / frobenius || 1 }; // silent or blind measurements: any scale will do
}
