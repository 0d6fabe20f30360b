/** How good a λ is. */
export interface Score {
  readonly lambda: number;
  /** Lower is better. */
  readonly score: number;
  /** Whether every signal was solved to the tolerance. */
  readonly solved: boolean;
}

export interface Searched {
  readonly best: Score;
  /** Ascending in λ. */
  readonly scores: readonly Score[];
  /** Whether the best is the smallest or the largest λ that was tried. A better one may then lie beyond it. */
  readonly atEdge: boolean;
}

/** `points` values from low to high, both included. Each is the one before times the same ratio. */
export const logGrid = (low: number, high: number, points: number): number[] =>
  Array.from({ length: points }, (_, i) => low * (high / low) ** (i / (points - 1)));

/** How often a grid is extended while its best value is at an edge. */
const MOST_EXTENSIONS = 3;

/**
 * The λ of the lowest score on a logarithmic grid. While the best is at an edge, the grid is extended beyond that edge, three times at
 * most. Then the grid is refined once between the neighbours of the best.
 */
export async function searchGrid(
  coarse: readonly number[],
  scoresOf: (grid: readonly number[]) => Promise<readonly Score[]>,
): Promise<Searched> {
  let scores = sorted(await scoresOf(coarse));
  for (let i = 0; i < MOST_EXTENSIONS && coarse.length > 1; i++) {
    const at = scores.indexOf(lowest(scores));
    const ratio = coarse[1]! / coarse[0]!;
    if (at > 0 && at < scores.length - 1) break;
    const edge = scores[at]!.lambda;
    const beyond = [1, 2, 3].map((k) => edge * ratio ** (at === 0 ? -k : k));
    scores = sorted([...scores, ...(await scoresOf(beyond))]);
  }
  const at = scores.indexOf(lowest(scores));
  const [low, high] = [scores[Math.max(0, at - 1)]!.lambda, scores[Math.min(scores.length - 1, at + 1)]!.lambda];
  if (low < high) {
    const intervals = coarse.length + 1 + (coarse.length % 2); // odd: the best itself, halfway, is not tried again
    scores = sorted([...scores, ...(await scoresOf(logGrid(low, high, intervals + 1).slice(1, coarse.length + 1)))]);
  }
  const best = lowest(scores);
  return { best, scores, atEdge: scores.length > 1 && (best === scores[0] || best === scores.at(-1)) };
}

const sorted = (scores: readonly Score[]): Score[] => scores.toSorted((a, b) => a.lambda - b.lambda);

/** The lowest score among the solved λ; if none was solved, among all. */
function lowest(scores: readonly Score[]): Score {
  const finite = scores.filter(({ score }) => Number.isFinite(score));
  const solved = finite.filter((one) => one.solved);
  const candidates = solved.length > 0 ? solved : finite.length > 0 ? finite : scores;
  return candidates.reduce((a, b) => (b.score < a.score ? b : a));
}
