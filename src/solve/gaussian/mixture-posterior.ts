import type { NdArray } from "ndarray";
import { type Block, type Part, partsOf } from "../../../priors/mixture/charts.ts";
import { drawComponents } from "../../../priors/mixture/draw.ts";
import { raisedCholesky } from "../../../priors/raised-cholesky.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { logDeterminant } from "../../data/cholesky.ts";
import { requireOptionNames } from "../../data/options.ts";
import { type Random, stream } from "../../data/random.ts";
import { squaredNorm } from "../../data/vector.ts";
import { pauses } from "../../engine/events.ts";
import { product, productTransposed, solveLowerBlocked } from "../../engine/float64.ts";
import type { IterateOptions } from "../../engine/iterate.ts";
import { type Problem, problemOf } from "../problem.ts";
import type { Chosen } from "../recovery.ts";
import { linearOperatorOf, requireSignalShape } from "../requirements.ts";
import type { MarginalPart, Marginals } from "../uncertainty/marginals.ts";
import type { Mixture } from "./as-mixture.ts";
import { informed, likelihoodPower } from "./coarsening.ts";
import { drawFeaturesOf, drawPosterior } from "./draw-posterior.ts";
import { beside, type Gains, gainsOf } from "./gain.ts";
import { conditionalMeans, usedSigma } from "./measurement-covariance.ts";
import { type Reduced, type ReducedChart, reduceMeasurements, type Weighed } from "./reduction.ts";

export interface PosteriorOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  /** ζ ≥ 0 of `likelihoodPower`: components are weighed by a power of their likelihood. Default: 0, the exact posterior. */
  readonly coarsening?: number;
}

/** The exact posterior of the signals given the measurements. */
export interface MixturePosterior {
  /** E[x | y], [batch, ...shape]. */
  readonly mean: NdArray<Float32Array>;
  /** Responsibilities P(part | y), [batch, parts] row by row, the parts those of `partsOf`: components, or components in poses; with the power of `coarsening`, if it is given. */
  readonly responsibilities: Float64Array;
  /** log p(y) of every signal, [batch]. */
  readonly evidence: Float64Array;
  /** The noise that was assumed: the problem's, or the floor of `measurementCovariance` if that is higher. */
  readonly noise: Pick<Chosen, "sigma" | "raised">;
  /** Cov[x | y] of one signal of the batch, [n, n] row-major: HHᵀ + R, with H of `covarianceRoot` and R of `unexplained`. */
  covariance(signal: number): Promise<Float64Array>;
  /** H [n, ·], without components that have a probability of at most `neglected` together. */
  covarianceRoot(signal: number, neglected?: number): Promise<Float64Array>;
  /** R [n, n], the covariance of x given y and the features: the same for all signals. */
  unexplained(): Promise<Float64Array>;
  /** The posterior of every number of one signal, a mixture of Gaussians: for its quantiles and intervals. */
  marginals(signal: number): Promise<Marginals>;
  /** log p(y) of `count` measurements drawn from the prior and the noise. Compare `evidence` with these. */
  expectedEvidence(count: number, seed: number): Promise<Float64Array>;
  /** E‖y‖² under the prior and the noise. */
  readonly expectedEnergy: number;
  /** √diag Cov[x | y], the posterior's standard deviation of every number, [batch, ...shape]. */
  deviation(): Promise<NdArray<Float32Array>>;
  /** Independent draws of x given y, [batch, count, ...shape]. */
  draw(count: number, seed: number): Promise<NdArray<Float32Array>>;
}

/** The probability of all components together that are left out of moments, which change less than float32 rounding does. */
const NEGLIGIBLE = 1e-9;
/** The same where components are weighed by a power of their likelihood, which leaves more of them, and of marginals: quantiles need no more. */
const UNSEEN = 1e-4;

/**
 * The exact posterior of a mixture prior for a linear Φ and Gaussian noise w ~ N(0, W), y = Φx + w:
 *
 *   p(j | y) ∝ π_j N(y; Φμ_j, ΦΣ_jΦᵀ + W),   E[x | y] = Σ_j p(j | y) (μ_j + Σ_jΦᵀ(ΦΣ_jΦᵀ + W)⁻¹(y − Φμ_j)).
 *
 * With x = centre + Dv + r the part R = ΦCΦᵀ + W is common to all components. R = LLᵀ is factored once for all of them. L⁻¹y is rotated
 * (Householder) so that only its first min(m, k) numbers depend on v, whatever m is: u = Bv + e, e ~ N(0, I). Each covariance then costs
 * one Cholesky factor of I + BΣ_cBᵀ, which serves all signals together. Runs on the host in float64.
 *
 * With `coarsening`, p(j | y) is weighed by the power of `likelihoodPower`; log p(y) and all that is given j stay as they are.
 *
 * Errors (RangeError): a prior for other signals, an operator that is not linear, noise that is not Gaussian, a coarsening below 0.
 */
export async function mixturePosterior(
  given: Omit<Problem, "shape">,
  prior: Mixture,
  options: PosteriorOptions = {},
): Promise<MixturePosterior> {
  requireOptionNames("mixture posterior", options, ["onProgress", "signal", "coarsening"]);
  const { onProgress, signal, coarsening = 0 } = options;
  if (!(coarsening >= 0 && coarsening < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`mixture posterior: coarsening: expected a number of at least 0, got ${coarsening}`);
  }
  const problem = problemOf(given);
  requireSignalShape("mixture posterior", prior, problem);
  const operator = linearOperatorOf("mixture posterior", problem);
  if (!problem.noise.gaussian) {
    throw new RangeError(`mixture posterior: needs Gaussian noise, got ${problem.noise.name}; use recover`);
  }
  const batch = problem.y.shape[0]!;
  const k = prior.means.shape[1]!;
  const n = sizeOf(prior.shape);
  const y = contiguous(problem.y) as Float32Array;
  const reduced = await reduceMeasurements(operator, prior, y, problem.noise, signal);
  const { r, charts } = reduced;
  const { parts, blocks } = partsOf(prior);
  const places = placesByBlock(parts, blocks.length);
  const means = Float64Array.from(prior.means.data);
  const seen: Float64Array[] = []; // Bμ_j of every component in every chart, [components, r]
  for (const { B } of charts) seen.push(await productTransposed(means, B, k));
  const measuredMean = ({ component, chart }: Part) => seen[chart]!.subarray(component * r, (component + 1) * r);
  const gains = gainsOf(prior, blocks, charts, r);
  const densities = { parts, places, measuredMean };
  const responsibilities = new Float64Array(batch * parts.length); // logarithms log π_j p(y | j) first
  const measuredSpreads = charts.map(() => new Float64Array(r * r)); // Σ_j π_j BΣ_jBᵀ of every chart
  const pause = pauses(signal);
  for (const [b, { chart }] of blocks.entries()) {
    const { factor, spread } = await gains.computed(b);
    const weight = places[b]!.reduce((sum, at) => sum + parts[at]!.weight, 0);
    for (let at = 0; at < spread.length; at++) measuredSpreads[chart]![at]! += weight * spread[at]!;
    await addLogDensities(densities, b, factor, charts[chart]!, responsibilities);
    onProgress?.({ step: b + 1, maxSteps: blocks.length, objective: Number.NaN });
    await pause();
  }
  const measured = charts.map((_, chart) => {
    const own = parts.filter((part) => part.chart === chart);
    return { weights: own.map(({ weight }) => weight), means: own.map(measuredMean), spread: measuredSpreads[chart]! };
  });
  const exact = coarsening === 0 || parts.length === 1;
  const power = exact ? 1 : likelihoodPower(coarsening, await informed(measured, r));
  const logWeights = parts.map(({ weight }) => Math.log(weight));
  const evidence = Float64Array.from({ length: batch }, (_, i) => {
    const own = responsibilities.subarray(i * parts.length, (i + 1) * parts.length);
    const whole = logSum(own);
    if (power < 1) for (let at = 0; at < own.length; at++) own[at] = power * own[at]! + (1 - power) * logWeights[at]!;
    normalise(own);
    return whole;
  });

  /** The likely parts of a signal by their blocks: all but those with a probability of at most `neglected` together. */
  const likely = (i: number, neglected = power < 1 ? UNSEEN : NEGLIGIBLE) =>
    likelyParts(parts, responsibilities.subarray(i * parts.length, (i + 1) * parts.length), neglected);
  /** Σ_j p_j E[v | y, j] over parts of block b. They share one matrix, so their innovations are added first. */
  const meanOf = async (i: number, b: number, some: readonly Likely[]): Promise<Float64Array> => {
    const sum = new Float64Array(k);
    const innovation = new Float64Array(r);
    const { u } = charts[blocks[b]!.chart]!;
    for (const { part, probability } of some) {
      const expected = measuredMean(part);
      for (let a = 0; a < k; a++) sum[a]! += probability * means[part.component * k + a]!;
      for (let q = 0; q < r; q++) innovation[q]! += probability * (u[i * r + q]! - expected[q]!);
    }
    for (const [a, v] of (await gains.moved(b, innovation)).entries()) sum[a]! += v;
    return sum;
  };
  const weighed = new Map<number, Weighed>(); // Σ_j p_j E[v | y, j] of every signal, chart by chart
  const ofSignals = Array.from({ length: batch }, (_, i) => likely(i));
  for (const [b, { chart }] of blocks.entries()) {
    // all signals together, for the factor may not be kept
    for (const [i, ofBlocks] of ofSignals.entries()) {
      const some = ofBlocks.get(b);
      if (!some) continue;
      const own = weighed.get(chart) ?? {
        chart,
        features: new Float64Array(batch * k),
        weights: new Float64Array(batch),
      };
      weighed.set(chart, own);
      for (const [a, v] of (await meanOf(i, b, some)).entries()) own.features[i * k + a]! += v;
      own.weights[i]! += some.reduce((sum, { probability }) => sum + probability, 0);
      await pause();
    }
  }
  for (let i = 0; i < batch; i++) shareOut([...weighed.values()], i, k);
  const { known, innovations } = await reduced.known([...weighed.values()], 1);
  const rest = await conditionalMeans(reduced.residual, innovations);
  const signals = Float32Array.from(known, (v, at) => v + rest[at]!);

  const spreads = new Map<number, Float64Array>(); // Var[x | y] in every block
  const spreadOf = async (b: number): Promise<Float64Array> => {
    const own = spreads.get(b) ?? (await variancesOf(reduced, gains, b, blocks[b]!, n));
    spreads.set(b, own);
    return own;
  };
  /** E[v | y, j] of the likely parts of a signal, chart by chart. */
  const likelyMeans = async (i: number, neglected?: number) => {
    const found = new Map<number, LikelyMean[]>();
    for (const [b, some] of likely(i, neglected)) {
      const own = found.get(blocks[b]!.chart) ?? [];
      found.set(blocks[b]!.chart, own);
      for (const { part, probability } of some) {
        own.push({ b, probability, mean: await meanOf(i, b, [{ part, probability: 1 }]) });
      }
    }
    return found;
  };
  const marginals = async (i: number): Promise<Marginals> => {
    const out: MarginalPart[] = [];
    for (const [chart, own] of await likelyMeans(i, UNSEEN)) {
      const features = Float64Array.from({ length: own.length * k }, (_, at) => own[Math.floor(at / k)]!.mean[at % k]!);
      const moved = await productTransposed(features, await reduced.dependence(chart), k);
      const origin = await reduced.origin(i, chart);
      for (const [row, { b, probability }] of own.entries()) {
        const mean = origin.map((v, p) => v + moved[row * n + p]!);
        out.push({ probability, mean, variance: await spreadOf(b) });
      }
    }
    const total = out.reduce((sum, { probability }) => sum + probability, 0);
    return out.map((part) => ({ ...part, probability: part.probability / total }));
  };
  const covarianceRoot = async (i: number, neglected?: number): Promise<Float64Array> => {
    const columns: Float64Array[] = []; // [n, k] for each chart
    const centres: { probability: number; mean: Float64Array }[] = []; // of x in each chart
    for (const [chart, own] of await likelyMeans(i, neglected)) {
      const { probability, mean, before, covariance } = await pooled(own, gains, blocks, k);
      const dependence = await reduced.dependence(chart);
      const root = await rootOf(covariance, before);
      columns.push(await product(dependence, root, n, k, k));
      const moved = await productTransposed(mean, dependence, k);
      const origin = await reduced.origin(i, chart);
      centres.push({ probability, mean: origin.map((v, p) => v + moved[p]!) });
    }
    if (centres.length > 1) columns.push(...apart(centres, n));
    return beside(columns, n);
  };
  return {
    mean: fromHost(signals, [batch, ...prior.shape]),
    responsibilities,
    evidence,
    noise: usedSigma(reduced.residual),
    covarianceRoot,
    unexplained: reduced.unexplained,
    covariance: async (i) => {
      const root = await covarianceRoot(i);
      const residual = await reduced.unexplained();
      return (await productTransposed(root, root, root.length / n)).map((v, at) => v + residual[at]!);
    },
    marginals,
    expectedEnergy: reduced.energy,
    deviation: async () => {
      const out = new Float32Array(batch * n);
      for (let i = 0; i < batch; i++) {
        await pause();
        const root = await covarianceRoot(i);
        const width = root.length / n;
        const residual = await reduced.variances();
        for (let p = 0; p < n; p++) out[i * n + p] = Math.sqrt(squaredNorm(root, p * width, width) + residual[p]!);
      }
      return fromHost(out, [batch, ...prior.shape]);
    },
    expectedEvidence: async (count, seed) => {
      const random = stream(seed, "expected evidence");
      const drawn = await reduced.reduce(await drawMeasurements(prior, parts, reduced, count, random));
      const own = new Float64Array(count * parts.length);
      for (const [b, { chart }] of blocks.entries()) {
        await addLogDensities(densities, b, await gains.factorOf(b), drawn[chart]!, own);
        await pause();
      }
      return Float64Array.from({ length: count }, (_, s) =>
        logSum(own.subarray(s * parts.length, (s + 1) * parts.length)),
      );
    },
    draw: (count, seed) =>
      drawPosterior({ ...{ prior, reduced, parts, gains, responsibilities, batch, count, seed, operator } }),
  };
}

/** Weights of a signal in the charts add up to 1, although negligible parts are left out. */
function shareOut(weighed: readonly Weighed[], i: number, k: number): void {
  const total = weighed.reduce((sum, { weights }) => sum + weights[i]!, 0);
  for (const { features, weights } of weighed) {
    weights[i]! /= total;
    for (let a = 0; a < k; a++) features[i * k + a]! /= total;
  }
}

/** `count` measurements y = Φ(centre + Dv) + (Φr + w) of the mixture, [count, m]. */
async function drawMeasurements(
  prior: Mixture,
  parts: readonly Part[],
  reduced: Reduced,
  count: number,
  random: Random,
) {
  const k = prior.means.shape[1]!;
  const weights = Float64Array.from(parts, ({ weight }) => weight);
  const drawn = Array.from(drawComponents(weights, random, count), (at) => parts[at]!);
  const weighed = reduced.charts.map((_, chart) => ({
    chart,
    features: new Float64Array(count * k),
    weights: Float64Array.from(drawn, (part) => Number(part.chart === chart)),
  }));
  for (const [s, { component, chart }] of drawn.entries()) {
    weighed[chart]!.features.set(drawFeaturesOf(prior, component, random), s * k);
  }
  const { factor, m } = reduced.residual;
  const e = random.fillNormal(new Float64Array(count * m));
  const noise = await productTransposed(e, factor, m); // Le
  return (await reduced.measured(weighed, count)).map((v, at) => v + noise[at]!);
}

/** E[v | y, j] of a likely part. */
interface LikelyMean {
  readonly b: number;
  readonly probability: number;
  readonly mean: Float64Array;
}

/**
 * The probability of a chart, and the mean of its features given y with Σ_j p_j Cov, [k, k], about it: Σ p(Σ_j − WWᵀ) + Σ p gap gapᵀ. `before`
 * is the diagonal of Σ pΣ_j.
 */
async function pooled(own: readonly LikelyMean[], gains: Gains, blocks: readonly Block[], k: number) {
  const probability = own.reduce((sum, part) => sum + part.probability, 0);
  const mean = new Float64Array(k);
  for (const part of own) for (let a = 0; a < k; a++) mean[a]! += (part.probability / probability) * part.mean[a]!;
  const apart = new Float64Array(k * own.length); // columns √p (mean_j − mean)
  for (const [j, part] of own.entries()) {
    const root = Math.sqrt(part.probability);
    for (let a = 0; a < k; a++) apart[a * own.length + j] = root * (part.mean[a]! - mean[a]!);
  }
  const ofBlock = new Map<number, number>();
  for (const { b, probability: p } of own) ofBlock.set(b, (ofBlock.get(b) ?? 0) + p);
  const reaches: Float64Array[] = [];
  const covariance = new Float64Array(k * k);
  for (const [b, p] of ofBlock) {
    const whole = await gains.covarianceOf(blocks[b]!.covariance);
    for (let at = 0; at < whole.length; at++) covariance[at]! += p * whole[at]!;
    reaches.push((await gains.reachOf(b)).map((v) => Math.sqrt(p) * v));
  }
  const before = Float64Array.from({ length: k }, (_, a) => covariance[a * (k + 1)]!);
  const known = beside(reaches, k);
  const explained = await productTransposed(known, known, known.length / k);
  const between = await productTransposed(apart, apart, own.length);
  for (let at = 0; at < covariance.length; at++) covariance[at]! += between[at]! - explained[at]!;
  return { probability, mean, before, covariance };
}

/** Columns √p (x − x̄) [n, 1] of the charts' means of x. */
function apart(centres: readonly Pick<LikelyMean, "probability" | "mean">[], n: number) {
  const total = centres.reduce((sum, { probability }) => sum + probability, 0);
  const mean = new Float64Array(n);
  for (const own of centres) for (let p = 0; p < n; p++) mean[p]! += (own.probability / total) * own.mean[p]!;
  return centres.map((own) => own.mean.map((v, p) => Math.sqrt(own.probability) * (v - mean[p]!)));
}

/** Parts of the variances before y by which rounding of the difference Σ − WWᵀ may be off. */
const ROUNDED = [1e-15, 1e-13, 1e-11, 1e-9, 1e-7];

/** F with M + diag(a) = FFᵀ: a is rounding of each feature's own variance before y, or of the largest, where features do not vary. */
function rootOf(M: Float64Array, before: Float64Array): Promise<Float64Array> {
  const largest = before.reduce((a, b) => Math.max(a, b), 0);
  return raisedCholesky(M, before.length, [
    ...ROUNDED.map((part) => (a: number) => part * before[a]!),
    ...ROUNDED.map((part) => () => part * largest),
  ]);
}

/** Var[x | y] of every number in a block, diag(E(LLᵀ − WWᵀ)Eᵀ + R), [n]. */
async function variancesOf(reduced: Reduced, gains: Gains, b: number, { chart, covariance }: Block, n: number) {
  const matrix = await reduced.dependence(chart);
  const k = matrix.length / n;
  const reach = await gains.reachOf(b);
  const r = reach.length / k;
  const before = await product(matrix, gains.rootOf(covariance), n, k, k);
  const explained = await product(matrix, reach, n, k, r);
  return (await reduced.variances()).map(
    (variance, p) => variance + Math.max(0, squaredNorm(before, p * k, k) - squaredNorm(explained, p * r, r)),
  );
}

/** Places in the list of parts, of each block. */
function placesByBlock(parts: readonly Part[], blocks: number): number[][] {
  const places: number[][] = Array.from({ length: blocks }, () => []);
  for (const [at, { block }] of parts.entries()) places[block]!.push(at);
  return places;
}

/** What the densities of measurements need. */
interface Densities {
  readonly parts: readonly Part[];
  readonly places: readonly (readonly number[])[];
  measuredMean(part: Part): Float64Array;
}

/** Adds log π_j p(y | j) of the parts of block b to `out` [rows, parts], p(y | j) = N(u; Bμ_j, I + BΣBᵀ) times the constant. */
async function addLogDensities(
  { parts, places, measuredMean }: Densities,
  b: number,
  factor: Float64Array,
  { u, constants }: ReducedChart,
  out: Float64Array,
): Promise<void> {
  const rows = constants.length;
  const r = u.length / rows;
  const logDet = logDeterminant(factor, r);
  const whitened = await solveLowerBlocked(factor, r, u.slice());
  const own = places[b]!;
  const centres = new Float64Array(own.length * r);
  for (const [j, at] of own.entries()) centres.set(measuredMean(parts[at]!), j * r);
  await solveLowerBlocked(factor, r, centres);
  for (const [j, at] of own.entries()) {
    const constant = Math.log(parts[at]!.weight) - 0.5 * logDet;
    for (let i = 0; i < rows; i++) {
      let gap = 0;
      for (let q = 0; q < r; q++) gap += (whitened[i * r + q]! - centres[j * r + q]!) ** 2;
      out[i * parts.length + at]! += constants[i]! + constant - 0.5 * gap;
    }
  }
}

export interface Likely {
  readonly part: Part;
  /** P(j | y). */
  readonly probability: number;
}

/** The parts of a signal but for the least probable ones, of at most `neglected` together, grouped by their blocks. */
function likelyParts(parts: readonly Part[], responsibilities: Float64Array, neglected: number): Map<number, Likely[]> {
  const found = new Map<number, Likely[]>();
  const least = leastOf(responsibilities, neglected);
  for (const [at, probability] of responsibilities.entries()) {
    if (!(probability > least)) continue;
    const part = parts[at]!;
    const own = found.get(part.block) ?? [];
    found.set(part.block, own);
    own.push({ part, probability });
  }
  return found;
}

/** The largest of some probabilities with those up to it adding up to at most `neglected`; 0 if there is none. */
function leastOf(probabilities: Float64Array, neglected: number): number {
  const rising = probabilities.slice().sort();
  let sum = 0;
  let least = 0;
  for (const p of rising) {
    sum += p;
    if (!(sum <= neglected)) break;
    least = p;
  }
  return least;
}

/** log Σ exp of some logarithms. */
function logSum(logs: Float64Array): number {
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(logs.reduce((sum, v) => sum + Math.exp(v - most), 0));
}

/** Turns logarithms of weights into weights that sum to 1, in place. */
function normalise(logs: Float64Array): void {
  const whole = logSum(logs);
  for (let j = 0; j < logs.length; j++) logs[j] = Math.exp(logs[j]! - whole);
}
