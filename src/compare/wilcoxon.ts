import { erf } from "#math";

export interface SignedRank {
  /** W⁺, the sum of the ranks of the positive differences. */
  readonly statistic: number;
  /** Differences that are not 0. */
  readonly count: number;
  /** Two-sided p-value. */
  readonly p: number;
}

/** Up to this many differences the distribution is exact. */
const EXACT = 50;

/**
 * Wilcoxon's signed-rank test of paired differences against a distribution symmetric about 0 (Wilcoxon 1945), two-sided.
 * Differences of 0 are dropped, and ties share their mean rank.
 *
 * Up to `exact` differences (default 50), p is computed exactly over all 2ⁿ signs of the ranks, ties included. For more, W⁺ is taken as
 * normal with mean n(n+1)/4 and variance n(n+1)(2n+1)/24 − Σ(t³ − t)/48 over groups of t ties, with the continuity correction ½
 * (Hollander, Wolfe, Nonparametric Statistical Methods, section 3.1). If all differences are 0, p = 1.
 */
export function wilcoxonSignedRank(differences: ArrayLike<number>, exact = EXACT): SignedRank {
  const values = Array.from(differences).filter((d) => d !== 0);
  const count = values.length;
  const { doubled, ties } = doubledRanks(values.map(Math.abs));
  const statistic = doubled.reduce((sum, rank, i) => sum + (values[i]! > 0 ? rank : 0), 0) / 2;
  const total = (count * (count + 1)) / 2;
  const smaller = Math.min(statistic, total - statistic);
  if (count <= exact) return { statistic, count, p: Math.min(1, 2 * exactTail(doubled, 2 * smaller)) };
  const deviation = Math.sqrt((total * (2 * count + 1)) / 12 - ties / 48);
  return { statistic, count, p: Math.min(1, 2 * normalTail((total / 2 - smaller - 0.5) / deviation)) };
}

/** Twice the ranks, which makes them integers even with ties, and Σ(t³ − t) over the groups of t ties. */
function doubledRanks(sizes: readonly number[]) {
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]!);
  const doubled = new Array<number>(sizes.length);
  let ties = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && sizes[order[to]!] === sizes[order[from]!]) to++;
    for (const i of order.slice(from, to)) doubled[i] = from + to + 1; // ranks from + 1 … to, twice their mean
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { doubled, ties };
}

/** P(sum of the ranks in a random subset ≤ limit), all subsets equally likely. */
function exactTail(ranks: readonly number[], limit: number): number {
  const probabilities = new Float64Array(limit + 1);
  probabilities[0] = 1;
  for (const rank of ranks) {
    for (let sum = limit; sum >= 0; sum--) {
      probabilities[sum] = (probabilities[sum]! + (sum >= rank ? probabilities[sum - rank]! : 0)) / 2;
    }
  }
  return probabilities.reduce((a, b) => a + b, 0);
}

/** P(Z > z) for standard normal Z. Above 5, where 1 − erf has no digits left, by its asymptotic series (relative error below 3e-4). */
function normalTail(z: number): number {
  if (z < 5) return (1 - erf(z / Math.SQRT2)) / 2;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return (density / z) * (1 - 1 / z ** 2 + 3 / z ** 4 - 15 / z ** 6);
}
