import * as tf from "#tf";
import type { PenaltyPrior, QuadraticPenalty, SumPenalty } from "../prior.ts";

/** A term of a sum, with its weight. */
export type WeightedPenalty = SumPenalty["terms"][number];

/**
 * r(x) = Σ wᵢ rᵢ(x). A sum of quadratic penalties is one itself. The default λ is such that the first term has its own.
 * Errors (RangeError): no terms, a weight that is not positive, a term with a centre (the sum may have one).
 */
export function sumOfPenalties(terms: readonly WeightedPenalty[]): PenaltyPrior {
  const [first] = terms;
  if (!first) throw new RangeError("penalty: a sum needs at least one term, got none");
  for (const { weight, penalty } of terms) {
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${penalty.name}: weight: expected a positive number, got ${weight}`);
    }
    if (penalty.centre) throw new RangeError(`${penalty.name}: a term of a sum has no centre; give the sum one`);
  }
  const { defaultLambda, shape } = first.penalty;
  const common = {
    kind: "penalty",
    name: terms.map(({ penalty }) => penalty.name).join(" + "),
    shape,
    ...(defaultLambda && { defaultLambda: (facts) => defaultLambda(facts) / first.weight }),
  } as const satisfies Partial<SumPenalty>;
  return terms.every(isQuadratic) ? { ...common, ...quadraticSum(terms) } : { ...common, form: "sum", terms };
}

type WeightedQuadratic = WeightedPenalty & { readonly penalty: QuadraticPenalty };

const isQuadratic = (term: WeightedPenalty): term is WeightedQuadratic => term.penalty.form === "quadratic";

/** What makes a sum of quadratic penalties one. It has no proximal map of its own; its terms may have. */
function quadraticSum(terms: readonly WeightedQuadratic[]) {
  const sum = (of: (penalty: QuadraticPenalty) => tf.Tensor) =>
    tf.addN(terms.map(({ weight, penalty }) => tf.mul(weight, of(penalty))));
  return {
    form: "quadratic",
    terms,
    value: (x: tf.Tensor) => sum((penalty) => penalty.value(x)),
    gradient: (x: tf.Tensor) => sum((penalty) => penalty.gradient(x)),
    convexity: terms.reduce((total, { weight, penalty }) => total + weight * (penalty.convexity ?? 0), 0),
  } as const;
}
