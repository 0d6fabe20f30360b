/** What is known of one λ. */
interface Point {
  readonly logLambda: number;
  /** log of the residual over its target. */
  readonly excess: number;
}

/** The search ends when the residual is within this fraction of its target. Trial solves are not more exact. */
const TOLERANCE = 0.03;
/** If the search ends before that, the target counts as met within this fraction: steep residuals jump over the target. */
const NEAR = 0.2;
export const MOST_TRIALS = 10;
/** First step in log λ, used while all λ tried lie on one side of the target. Each step is twice the one before. */
const STEP = Math.log(4);

/**
 * The λ at which a residual that grows with λ meets its target (Morozov 1966). Found by the secant in log λ and log residual, inside the
 * bracket as soon as there is one. `met` tells whether the target was met; λ is always the one tried whose residual was nearest to it.
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

/** Where the line through both points is 0. The result is kept away from the ends of the bracket, because the residual is not a line. */
function between(below: Point, above: Point): number {
  const part = below.excess / (below.excess - above.excess);
  return below.logLambda + Math.min(0.85, Math.max(0.15, part)) * (above.logLambda - below.logLambda);
}
