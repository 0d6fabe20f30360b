import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost } from "../../data/array.ts";
import { requireOptionNames } from "../../data/options.ts";
import { compile } from "../../engine/index.ts";
import { type Problem, problemOf } from "../problem.ts";
import type { Outcome, Solved } from "../recovery.ts";
import { requireSignalShape } from "../requirements.ts";
import { takeRows } from "../rows.ts";
import { plainTerm } from "./data-term.ts";
import { bestRestarts, type DescentOptions, decodeRows, descend, descentNames } from "./descent.ts";
import { type EscapeName, escapeRange } from "./escape.ts";
import { blindSignals } from "./gradient.ts";
import { rankConditions } from "./rank-conditions.ts";
import { chooseStarts, type StartOptions, startNames } from "./starts.ts";

/**
 * Most steps where none are given. Signs and rounded numbers leave directions that hardly matter to the data term, and z takes longer to find its size
 * along them: 200 steps left twice the objective of 500.
 */
const [STEPS, RELAXED_STEPS] = [200, 500];

/** Defaults: at most 200 steps, 500 where Φ is flat between jumps, learning rate 0.3, schedule cosine, tolerance 1e-4. */
export interface CsgmOptions extends Partial<DescentOptions>, StartOptions {
  /** λ of the objective, one for all signals or one each; default 0.1. */
  readonly lambda?: number | readonly number[];
  /** Let signals leave the range of G by a few deviations ν, in pixels or in wavelets (`escapeRange`); default: they stay in it. */
  readonly escape?: EscapeName;
  /** μ of these; default: the discrepancy principle. */
  readonly weight?: number;
}

export interface CsgmRecovery extends Solved {
  /** The latents of the best restarts, [batch, latent]. */
  readonly latents: NdArray<Float32Array>;
  /** The objective at the best restart of each signal, [batch]. */
  readonly objectives: NdArray<Float32Array>;
  /** With `escape`, ν, [batch, ...shape]. `latents` are then those beside it; `objectives` are those of the descent before. */
  readonly escaped?: NdArray<Float32Array>;
}

/**
 * Latent recovery (CSGM; Bora, Jalal, Price, Dimakis 2017): x̂ = G(ẑ), ẑ = argmin_z ‖y − Φ(G(z))‖² + λ‖z‖², by Adam from
 * several starts: random ones, or for a prior with conditions the most promising of them (`rankConditions`). For noise that is not
 * Gaussian, twice its misfit takes the place of the square. All restarts of all signals advance in one compiled step. Each signal keeps the restart, and
 * of it the step, with the lowest objective; the truth is never consulted. The prior's residual is left aside:
 * `latentPosterior` makes use of it where Φ is linear. If the problem has a range, G is G cut to it.
 *
 * CSGM's own settings for MNIST are 10 restarts of 1000 steps, learning rate 0.01, schedule constant, λ 0.1 for Φ ~ N(0, 1/m) (its code has
 * N(0, 1) and the mean of the squares, which is the same). The defaults reach that objective or a lower one in a fifth of the steps.
 *
 * Errors (RangeError): a prior of another signal shape, options out of range.
 */
export async function csgm(
  given: Omit<Problem, "shape">,
  generator: GeneratorPrior,
  options: CsgmOptions = {},
): Promise<CsgmRecovery> {
  requireOptionNames("csgm", options, [...descentNames, ...startNames, "lambda", "escape", "weight"]);
  const { lambda = 0.1, learningRate = 0.3, schedule = "cosine", tolerance = 1e-4 } = options;
  const { steps = given.operator?.relaxed ? RELAXED_STEPS : STEPS } = options;
  const { onProgress, signal } = options;
  const watched = { ...(onProgress && { onProgress }), ...(signal && { signal }) };
  const problem = problemOf(given);
  requireSignalShape("csgm", generator, problem);
  const prior = within(problem.range, generator);
  const signals = problem.y.shape[0]!;
  const lambdas = ndarray(onePerSignal(lambda, signals), [signals]);
  const variance = lambdas.data.reduce((sum, v) => sum + v / signals, 0); // λ is σ² if z weighs as in its prior
  const rank = (count: number) => rankConditions(problem, prior, prior.conditions!, variance, count, options.seed);
  const starts = await chooseStarts(prior, signals, options, rank, false);
  const term = plainTerm(problem);
  const blind = await blindSignals(prior, term, starts);
  const { z, objectives, codes, ...end } = await descend(prior, term, starts, lambdas, {
    ...{ steps, learningRate, schedule, tolerance },
    ...watched,
  });
  const chosen = bestRestarts(objectives.data, starts.perSignal);
  const latents = takeRows(z, chosen);
  const conditions = Int32Array.from(chosen, (row) => starts.c.data[row]!);
  const outcome = (row: number, i: number): Outcome => {
    if (!Number.isFinite(objectives.data[row]!)) return "non-finite";
    return blind[i] ? "no-gradient" : codes[i]!;
  };
  const unseen = blind.filter(Boolean).length;
  const found = {
    ...end,
    outcomes: chosen.map(outcome),
    chosen: { solver: "csgm", noise: problem.noise.name, sigma: problem.noise.sigma, lambda },
    warnings:
      unseen > 0
        ? [
            `the gradient of ${problem.operator.name} is 0 at every start of ${unseen} of ${signals} signals: no descent sees what was measured; use a smooth operator`,
          ]
        : [],
    latents,
    objectives: takeRows(objectives, chosen),
  };
  if (!options.escape) return { ...found, estimate: await generate(prior, latents, conditions) };
  const { codes: ends, ...left } = await escapeRange(
    problem,
    generator,
    { z: latents, c: fromHost(conditions, [signals]) },
    lambdas,
    { ...watched, escape: options.escape, ...(options.weight !== undefined && { weight: options.weight }) },
  );
  return {
    ...{ ...found, estimate: left.estimate, latents: left.latents, escaped: left.escaped },
    outcomes: found.outcomes.map((ended, i) => (ended === "non-finite" ? ended : ends[i]!)),
    ...{ steps: found.steps + left.steps, history: [...found.history, ...left.history] },
  };
}

/** Signals G(z, c) of latents [n, latent], and conditions [n] for a prior that takes them: [n, ...shape]. */
export async function generate(
  prior: GeneratorPrior,
  latents: NdArray<Float32Array>,
  conditions?: Int32Array,
): Promise<NdArray<Float32Array>> {
  const rows = latents.shape[0]!;
  if (prior.conditions && conditions?.length !== rows) {
    throw new RangeError(
      `generate: ${prior.name} takes a condition a latent, ${rows}; got ${conditions?.length ?? "none"}`,
    );
  }
  const given = { z: latents, c: fromHost(conditions ?? new Int32Array(rows), [rows]) };
  const decode = await compile(({ z, c }: { z: tf.Tensor; c: tf.Tensor }) => decodeRows(prior, z, c), given);
  const signals = await decode.run(given);
  await decode.dispose();
  return signals;
}

/** The generator whose signals are cut to a range. So a black pixel fits every z that leaves it at 0 or below. */
const within = (range: Problem["range"], prior: GeneratorPrior): GeneratorPrior =>
  range ? { ...prior, decode: (z, c) => tf.clipByValue(prior.decode(z, c), ...range) } : prior;

function onePerSignal(lambda: number | readonly number[], signals: number): Float32Array {
  const values = typeof lambda === "number" ? new Array<number>(signals).fill(lambda) : lambda;
  if (values.length === signals && values.every((v) => v >= 0 && Number.isFinite(v))) return Float32Array.from(values);
  throw new RangeError(`csgm: lambda: expected one or ${signals} numbers of at least 0, got ${lambda}`);
}
