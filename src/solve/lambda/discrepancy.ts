/** What is known of one λ. */
interface Point {
  readonly logLambda: number;
  /** log of the residual over its target. */
  readonly excess: number;
}

/** The residual may miss its target by this fraction: trial solves are no more exact. */
const TOLERANCE = 0.03;
/** What is called met where the search ended first: steep residuals jump over the target. */
const NEAR = 0.2;
export const MOST_TRIALS = 10;
/** First step in log λ while the target lies on one side of all that was tried; each is twice the one before. */
const STEP = Math.log(4);

/**
 * The λ at which a residual that grows with λ meets its target (Morozov 1966), by the secant in log λ and log residual, inside of
 * the bracket as soon as there is one. `met`: whether the target was; else λ is the one tried whose residual was nearest to it.
 */
export async function meetTarget(
  residualOf: (lambda: number) => Promise<number>,
  target: number,
  { start, low, high }: { readonly start: number; readonly low: number; readonly high: number },
): Promise<{ readonly lambda: number; readonly met: boolean }> {
  const [least, most] = [Math.log(low), Math.log(high)];
  let below: Point | undefined;
  let above: Point | undefined;
  let nearest: Point = { logLambda: Number.NaN, excess: Number.POSITIVE_INFINITY };
  let step = STEP;
  let at = Math.min(Math.max(Math.log(start), least), most);
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const excess = Math.log(Math.max(await residualOf(Math.exp(at)), Number.MIN_VALUE) / target);
    const point = { logLambda: at, excess };
    if (Math.abs(excess) < Math.abs(nearest.excess)) nearest = point;
    if (Math.abs(excess) < TOLERANCE) break;
    if (excess < 0) below = point;
    else above = point;
    if (below && above) {
      if (above.logLambda - below.logLambda < 0.02) break;
      at = between(below, above);
    } else {
      const next = Math.min(Math.max(at + (excess < 0 ? step : -step), least), most);
      step *= 2;
      if (next === at) break;
      at = next;
    }
  }
  return { lambda: Math.exp(nearest.logLambda), met: Math.abs(nearest.excess) < NEAR };
}

/** Where the line through both points is 0, kept off the ends of the bracket: the residual is no line. */
function between(below: Point, above: Point): number {
  const part = below.excess / (below.excess - above.excess);
  return below.logLambda + Math.min(0.85, Math.max(0.15, part)) * (above.logLambda - below.logLambda);
}
