import { fromHost } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { pauses } from "../engine/events.ts";
import { fitScale, type Sketch, samplingFloor } from "../sketch/index.ts";
import { type Components, clOmpr } from "./cl-ompr.ts";
import { type StandardMoments, standardMoments } from "./moments.ts";
import type { Learned, TaskOptions } from "./task.ts";

/**
 * Compressive k-means: K centres from the Fourier moments of a sketch, by `clOmpr`, all clusters with one variance. `centres` [K, …shape] and
 * `weights` [K], the largest first. Errors (InputError): those of `mixtureOf`.
 */
export async function kmeans(sketch: Sketch, options: TaskOptions): Promise<Learned> {
  const { moments, found } = await mixtureOf("kmeans", "shared", sketch, options);
  const deviation = Math.sqrt(found.variances[0]!) * moments.scale;
  const k = found.weights.length;
  return {
    arrays: {
      centres: fromHost(Float32Array.from(moments.points(found.means)), [k, ...sketch.design.shape]),
      weights: fromHost(Float32Array.from(found.weights), [k]),
    },
    data: { k, deviation, misfit: found.misfit },
    words: { ...wordsOf(found), spread: `${deviation.toPrecision(3)} along one direction of the features` },
    shown: [{ name: "centres", directions: false }],
  };
}

/**
 * A mixture of K Gaussians from the Fourier moments of a sketch, by `clOmpr`, with diagonal covariances in the features. `means` [K, …shape] and `weights` [K], the largest first; in
 * the features `feature-means` and `feature-variances` [K, d]. Errors (InputError): those of `mixtureOf`.
 */
export async function gmm(sketch: Sketch, options: TaskOptions): Promise<Learned> {
  const { moments, found } = await mixtureOf("gmm", "diagonal", sketch, options);
  const { scale, d } = moments;
  const k = found.weights.length;
  return {
    arrays: {
      means: fromHost(Float32Array.from(moments.points(found.means)), [k, ...sketch.design.shape]),
      weights: fromHost(Float32Array.from(found.weights), [k]),
      "feature-means": fromHost(Float32Array.from(moments.features(found.means)), [k, d]),
      "feature-variances": fromHost(
        Float32Array.from(found.variances, (v) => v * scale ** 2),
        [k, d],
      ),
    },
    data: { k, misfit: found.misfit },
    words: wordsOf(found),
    shown: [{ name: "means", directions: false }],
  };
}

/** Errors (InputError): no K; more unknowns than numbers of moments; those of `standardMoments`. */
async function mixtureOf(who: string, spread: "shared" | "diagonal", sketch: Sketch, options: TaskOptions) {
  const { k, restarts, seed, onRound, signal } = options;
  if (k === undefined)
    throw new InputError(`${who}: needs the number of ${who === "gmm" ? "Gaussians" : "centres"}; give -k`);
  const moments = standardMoments(who, sketch);
  const { d, m } = moments;
  const unknowns = k * (spread === "shared" ? d + 1 : 2 * d + 1);
  if (unknowns > 2 * m) {
    throw new InputError(
      `${who}: k = ${k} has ${unknowns} unknowns in ${d} features, more than the ${2 * m} numbers of ${m} frequencies; ` +
        "give a smaller -k, or sketch with more --frequencies or fewer --features",
    );
  }
  if (k > moments.count)
    throw new InputError(`${who}: k = ${k} is more than the ${moments.count} samples of the sketch; give a smaller -k`);
  const variance = startVariance(moments);
  const found = await clOmpr(moments, {
    who,
    k,
    spread,
    restarts,
    seed,
    variance,
    floor: samplingFloor(sketch),
    ...(onRound && { onRound }),
    pause: pauses(signal),
  });
  return { moments, found };
}

/** The variance of a cluster along one direction, by the moduli of the moments; where they do not tell, a quarter of the whole. */
function startVariance({ omega, m, re, im, count }: StandardMoments): number {
  const norms = Float64Array.from({ length: m }, (_, j) =>
    Math.sqrt(omega.reduce((sum, row) => sum + row[j]! ** 2, 0)),
  );
  const moduli = re.map((v, j) => Math.hypot(v, im[j]!));
  return Math.min(1, (fitScale({ norms, moduli, count }) ?? 0.5) ** 2);
}

const wordsOf = ({ weights, misfit }: Components) => ({
  weights: Array.from(weights, (w) => w.toPrecision(2)).join(", "),
  misfit: `${misfit.toPrecision(3)}, mean squared over the moments`,
});
