import { cholesky } from "../data/cholesky.ts";
import { stream } from "../data/random.ts";
import { totalOf } from "./best-weights.ts";
import { type Minimum, minimise } from "./minimise.ts";
import { Misfit } from "./misfit.ts";
import { type StandardMoments, someOf } from "./moments.ts";

/** K weighted Gaussians in the moments' standard coordinates. */
export interface Components {
  /** [K, d]. */
  readonly means: Float64Array;
  /** [K, d], diagonal. */
  readonly variances: Float64Array;
  /** [K], of sum 1, falling. */
  readonly weights: Float64Array;
  /** What the search minimises: (1/m)‖z − Σ αₖ a(μₖ, vₖ)‖². */
  readonly misfit: number;
}

export interface SearchOptions {
  /** For messages. */
  readonly who: string;
  readonly k: number;
  /** Whether all components have one variance vI in the end, or each its own ones. */
  readonly spread: "shared" | "diagonal";
  /** The v of the search. */
  readonly variance: number;
  /** The misfit of the truth, by the noise of the moments: a search that comes within a factor of two of it is the last. */
  readonly floor: number;
  readonly restarts: number;
  readonly seed: number;
  /** Called after every round with the number of rounds done, their total, and the misfit. */
  readonly onRound?: (done: number, total: number, misfit: number) => void;
  /** Awaited after every step of a descent (`pauses`). */
  readonly pause: () => Promise<void>;
}

/** Frequencies of the search for each unknown; the last descent has all. Recovery needs about five (Keriven et al. 2017, section 4). */
const PER_UNKNOWN = 5;
/** Places that are tried for one more component; the best is moved uphill. */
const CANDIDATES = 50;
const CLIMB_STEPS = 20;
const ROUND_STEPS = 10;
const LAST_STEPS = 500;

/**
 * K components from Fourier moments by orthogonal matching pursuit with replacement, CL-OMPR (Keriven, Tremblay, Traonmilin, Gribonval 2017, algorithm 1; Keriven, Bourrier, Gribonval,
 * Pérez 2018). In each of 2K rounds a component is added where it correlates most with the residual; above K that of the least weight goes; then all means descend. Components have the
 * known variance v meanwhile, and are no points as in the paper: moments at frequencies where clusters are wide would else pull the means. The last descent is over means and
 * variances, with all frequencies. Of at most `restarts` searches the one of the least misfit is returned.
 * Errors (InputError): those of `totalOf`.
 */
export async function clOmpr(moments: StandardMoments, options: SearchOptions): Promise<Components> {
  const { who, k, spread, variance, floor, seed, restarts, onRound, pause } = options;
  const { d } = moments;
  const all = new Misfit(moments, spread);
  let best: Minimum = { x: new Float64Array(0), value: Number.POSITIVE_INFINITY };
  for (let restart = 0; restart < restarts; restart++) {
    const few = someOf(moments, PER_UNKNOWN * k * (d + 1), seed + restart);
    const means = await search(few, options, restart, (round, misfit) =>
      onRound?.(restart * 2 * k + round, restarts * 2 * k, misfit),
    );
    const logs = new Float64Array(spread === "shared" ? 1 : k * d).fill(Math.log(variance));
    const found = await minimise(all.value, Float64Array.of(...means, ...logs), { steps: LAST_STEPS, pause });
    if (found.value < best.value) best = found;
    if (best.value < 2 * floor) break;
  }
  all.value(best.x, new Float64Array(best.x.length)); // for the weights
  const { weights } = all;
  const sum = totalOf(who, weights);
  const order = Array.from({ length: k }, (_, i) => i).sort((a, b) => weights[b]! - weights[a]!);
  const variances = new Float64Array(k * d);
  const means = new Float64Array(k * d);
  for (const [to, from] of order.entries()) {
    const v = all.variances(best.x, from);
    variances.set(typeof v === "number" ? new Float64Array(d).fill(v) : v, to * d);
    means.set(best.x.subarray(from * d, (from + 1) * d), to * d);
  }
  return { means, variances, weights: Float64Array.from(order, (i) => weights[i]! / sum), misfit: best.value };
}

/** The rounds: means [K, d]. */
async function search(
  moments: StandardMoments,
  { k, variance, seed, pause }: SearchOptions,
  restart: number,
  onRound: (round: number, misfit: number) => void,
): Promise<Float64Array> {
  const { d } = moments;
  const misfit = new Misfit(moments, { known: variance });
  const correlation = misfit.correlation(variance);
  const place = placesOf(moments, seed, restart);
  let means: Float64Array = new Float64Array(0);
  for (let round = 1; round <= 2 * k; round++) {
    const unused = new Float64Array(d);
    const tried = Array.from({ length: CANDIDATES }, () => {
      const mu = place();
      return { mu, value: correlation(mu, unused) };
    });
    const { mu } = tried.reduce((a, b) => (b.value < a.value ? b : a));
    const more = Float64Array.of(...means, ...(await minimise(correlation, mu, { steps: CLIMB_STEPS, pause })).x);
    means = round > k ? withoutLightest(misfit, more, d) : more;
    const { x, value } = await minimise(misfit.value, means, { steps: ROUND_STEPS, pause });
    means = x;
    misfit.value(x, new Float64Array(x.length)); // for the residual
    onRound(round, value);
  }
  return means;
}

function withoutLightest(misfit: Misfit, means: Float64Array, d: number): Float64Array {
  misfit.value(means, new Float64Array(means.length));
  const { weights } = misfit;
  const least = weights.indexOf(Math.min(...weights));
  return means.filter((_, at) => Math.floor(at / d) !== least);
}

/** Draws places from the Gaussian of the sketch's mean and covariance. */
function placesOf({ covariance, d }: StandardMoments, seed: number, restart: number): () => Float64Array {
  const raised = covariance.map((v, at) => (at % (d + 1) === 0 ? v + 1e-6 : v)); // of 1; so that constant features have a factor, too
  const l = cholesky(raised, d);
  const random = stream(seed, "learn", "places", restart);
  return () => {
    const g = random.fillNormal(new Float64Array(d));
    return g.map((_, i) => g.reduce((sum, x, j) => (j <= i ? sum + l[i * d + j]! * x : sum), 0));
  };
}
