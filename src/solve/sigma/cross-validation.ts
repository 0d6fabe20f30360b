import { tv } from "../../../priors/penalties/tv.ts";
import { sizeOf } from "../../data/array.ts";
import { gaussianNoise } from "../../measure/noise/gaussian.ts";
import { type Trial, trialSolves } from "../lambda/trials.ts";
import { primalDual } from "../penalised/solvers.ts";
import { problemOf } from "../problem.ts";
import { someRows } from "../rows.ts";
import type { UnknownNoise } from "./unknown-noise.ts";

/** Multiples of the default λ without noise. The default belongs to σ = 0.6 % of y's size, the largest multiple to three times y's size. */
const FACTORS = Array.from({ length: 10 }, (_, i) => 2 ** i);

/** Fits with more degrees of freedom than this part of m leave no residual from which σ could be estimated. */
const MOST_FREEDOM = 0.95;

/** σ is estimated from at most this many signals, evenly spread. */
const MOST_SIGNALS = 16;

/** Step of the probe, as a part of y's size. */
const PROBE = 0.05;

/**
 * σ² = ‖y − Φx̂‖²/(m − freedom) at the λ of least generalised cross-validation, ‖y − Φx̂‖²/(1 − freedom/m)² (Golub, Heath, Wahba 1979;
 * degrees of freedom by a random probe, Girard 1989). x̂ is always the estimate with total variation, whatever the penalty of the
 * recovery: it fits signals of many kinds. A quadratic penalty cannot determine σ if all singular values of Φ are alike. Undefined if
 * every fit follows the measurements, and for signals of more than three axes.
 */
export async function sigmaByCrossValidation({
  operator,
  y,
  size,
  seed,
  signal,
}: UnknownNoise): Promise<number | undefined> {
  if (operator.inShape.length > 3) return undefined;
  const prior = tv(operator.inShape);
  const m = sizeOf(operator.outShape);
  const problem = problemOf({ operator, y: someRows(y, MOST_SIGNALS), noise: gaussianNoise(0) }); // the misfit does not depend on σ
  const least = await primalDual.lambda!.default(problem, prior);
  const scored: Trial[] = [];
  const score = ({ residual, freedom }: Trial) => residual / (1 - Math.max(freedom, 0) / m) ** 2;
  const bestOf = async (lambdas: readonly number[]) => {
    const settings = { probe: PROBE * size, seed, ...(signal && { signal }) };
    const trials = await trialSolves(primalDual, problem, prior, lambdas, settings);
    scored.push(...trials.filter(({ freedom }) => freedom < MOST_FREEDOM * m));
    return scored.reduce<Trial | undefined>((a, b) => (a && score(a) <= score(b) ? a : b), undefined);
  };
  const coarse = await bestOf(FACTORS.map((factor) => factor * least));
  const best = coarse && (await bestOf([coarse.lambda / Math.SQRT2, coarse.lambda * Math.SQRT2]));
  return best && Math.sqrt(best.residual / (m - Math.max(best.freedom, 0)));
}
