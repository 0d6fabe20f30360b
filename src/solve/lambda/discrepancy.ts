/** What is known of one λ. */
interface Point {
  readonly logLambda: number;
  /** log of the residual over its target. */
  readonly excess: number;
}

/** The residual may miss its target by this fraction: trial solves are no more exact. */
const TOLERANCE = 0.03;
const MOST_TRIALS = 10;
/** First steps in log λ, while the target lies on one side of all that was tried. */
const STEP = Math.log(4);

/**
 * The λ at which a residual that grows with λ meets its target (Morozov 1966), by the secant in log λ and log residual, inside of
 * the bracket as soon as there is one. Where the residual stays on one side of the target between `low` and `high`, that end.
 */
export async function meetTarget(
  residualOf: (lambda: number) => Promise<number>,
  target: number,
  { start, low, high }: { readonly start: number; readonly low: number; readonly high: number },
): Promise<number> {
  const [least, most] = [Math.log(low), Math.log(high)];
  let below: Point | undefined;
  let above: Point | undefined;
  let at = Math.min(Math.max(Math.log(start), least), most);
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const excess = Math.log(Math.max(await residualOf(Math.exp(at)), Number.MIN_VALUE) / target);
    if (Math.abs(excess) < TOLERANCE) break;
    const point = { logLambda: at, excess };
    if (excess < 0) below = point;
    else above = point;
    if (below && above) {
      if (above.logLambda - below.logLambda < 0.02) break;
      at = between(below, above);
    } else {
      const next = Math.min(Math.max(at + (excess < 0 ? STEP : -STEP), least), most);
      if (next === at) break;
      at = next;
    }
  }
  return Math.exp(at);
}

/** Where the line through both points is 0, kept off the ends of the bracket: the residual is no line. */
function between(below: Point, above: Point): number {
  const part = below.excess / (below.excess - above.excess);
  return below.logLambda + Math.min(0.85, Math.max(0.15, part)) * (above.logLambda - below.logLambda);
}
