import { fromHost } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { symmetricEigen } from "../data/linalg.ts";
import { multiply, transpose } from "../data/matmul.ts";
import { type Random, stream } from "../data/random.ts";
import { pauses } from "../engine/events.ts";
import { type Sketch, samplingFloor } from "../sketch/index.ts";
import { type Minimum, minimise } from "./minimise.ts";
import { type StandardMoments, someOf, standardMoments } from "./moments.ts";
import { departure, SHAPE, sourceMisfit, type WhitenedMoments } from "./source-misfit.ts";
import type { Learned, TaskOptions } from "./task.ts";

/** Frequencies of a descent from a random rotation for each unknown. */
const PER_UNKNOWN = 10;
const STEPS = 500;
/** Part by which five steps of the last descent, which has all frequencies, must lower the misfit. */
const TOLERANCE = 1e-7;
/** A source is called Gaussian if its characteristic function departs from e^(−t²/2) by less than this many times 1/√n: the noise of a moment, and some for what is fitted to it. */
const GAUSSIAN = 5;
/** Ratio of the largest to the smallest deviation of the features above which frequencies of one scale hardly see the narrow directions. */
const STRETCHED = 20;

/**
 * Independent components from the characteristic function (Eriksson, Koivunen 2003). Of x = E x + Σ sᵢaᵢ with independent sources sᵢ of variance 1, the whitened features are Bᵀs with an orthogonal B, and their
 * characteristic function at ω is Π φᵢ(bᵢᵀω). B and the φᵢ are fitted to the moments (`sourceMisfit`), from random rotations; of at most `restarts` descents the one of the least misfit is taken. There are as many
 * components as features. `mean` [shape]; `mixing` [d, …shape]: the aᵢ, of which the largest number is positive; `unmixing` [d, …shape]: sᵢ = wᵢᵀ(x − mean). The least Gaussian one is the first.
 *
 * Errors (InputError): a `k` other than the number of features; fewer than two features; a direction without variance; more unknowns than numbers of moments; those of `standardMoments`.
 */
export async function ica(sketch: Sketch, { k, restarts, seed, onRound, signal }: TaskOptions): Promise<Learned> {
  const all = standardMoments("ica", sketch);
  const { d, m } = all;
  if (k !== undefined && k !== d) {
    throw new InputError(
      `ica: the sketch has ${d} features, so ${d} components, got k = ${k}; sketch with --features pca:${k}, or leave -k out`,
    );
  }
  if (d < 2) throw new InputError("ica: needs at least 2 features, got 1");
  const unknowns = d * (d + SHAPE);
  if (unknowns > 2 * m) {
    throw new InputError(
      `ica: has ${unknowns} unknowns in ${d} features, more than the ${2 * m} numbers of ${m} frequencies; sketch with more --frequencies or fewer --features`,
    );
  }
  const { root, inverse, stretch } = roots(all);
  const objective = sourceMisfit(whitened(someOf(all, PER_UNKNOWN * unknowns, seed), root));
  const floor = samplingFloor(sketch);
  const pause = pauses(signal);
  let best: Minimum = { x: new Float64Array(0), value: Number.POSITIVE_INFINITY };
  for (let restart = 0; restart < restarts; restart++) {
    const found = await minimise(objective, startOf(d, stream(seed, "learn", "ica", restart)), {
      steps: STEPS,
      pause,
    });
    if (found.value < best.value) best = found;
    onRound?.(restart + 1, restarts, best.value);
    if (best.value < 2 * floor) break;
  }
  best = await minimise(sourceMisfit(whitened(all, root)), best.x, { steps: STEPS, tolerance: TOLERANCE, pause });
  const strengths = Array.from({ length: d }, (_, i) =>
    departure(best.x.subarray(d * d + i * SHAPE, d * d + (i + 1) * SHAPE)),
  );
  const order = Array.from(strengths, (_, i) => i).sort((i, j) => strengths[j]! - strengths[i]!);
  const rotation = orthogonal(best.x.slice(0, d * d), d);
  const b = Float64Array.from(order.flatMap((i) => [...rotation.subarray(i * d, (i + 1) * d)]));
  const mixing = all.directions(multiply(b, root, d, d, d));
  const unmixing = all.functionals(multiply(b, inverse, d, d, d));
  orient(mixing, unmixing, d);
  const shape = [d, ...sketch.design.shape];
  const gaussian = strengths.filter((s) => s < GAUSSIAN / Math.sqrt(all.count)).length;
  return {
    arrays: {
      mean: fromHost(Float32Array.from(all.points(new Float64Array(d))), sketch.design.shape),
      mixing: fromHost(Float32Array.from(mixing), shape),
      unmixing: fromHost(Float32Array.from(unmixing), shape),
    },
    data: { k: d, misfit: best.value, floor, gaussian, stretch },
    words: {
      misfit: `${best.value.toPrecision(3)}, mean squared over the moments; sampling noise is ${floor.toPrecision(3)}`,
      ...(gaussian > 1 && { Gaussian: `${gaussian} components, whose directions among themselves are arbitrary` }),
      ...(stretch > STRETCHED && {
        stretched: `the features' deviations differ by a factor of ${stretch.toPrecision(2)}; components may be wrong, as the sketch hardly sees its narrow directions`,
      }),
    },
    shown: [{ name: "mixing", directions: true }],
  };
}

/** C^½ and C^−½ [d, d] of the features' covariance, and the ratio of its extreme deviations. Errors (InputError): a direction without variance. */
function roots({ covariance, d }: StandardMoments) {
  const { values, vectors } = symmetricEigen(covariance, d);
  const seen = values.filter((v) => v > 1e-6 * values[0]!).length; // float32 samples tell no smaller variance from 0
  if (seen < d) {
    throw new InputError(
      `ica: only ${seen} of ${d} directions of the features have variance; sketch with --features pca:${seen}`,
    );
  }
  const power = (p: number) => {
    const scaled = vectors.map((v, at) => v * values[Math.floor(at / d)]! ** p);
    return multiply(transpose(vectors, d, d), scaled, d, d, d);
  };
  return { root: power(0.5), inverse: power(-0.5), stretch: Math.sqrt(values[0]! / values[d - 1]!) };
}

const whitened = ({ omega, re, im, m, d }: StandardMoments, root: Float64Array): WhitenedMoments => ({
  ...{ re, im },
  omega: omega.map((_, i) =>
    Float64Array.from({ length: m }, (_, j) => omega.reduce((sum, row, q) => sum + root[i * d + q]! * row[j]!, 0)),
  ),
});

/** A random rotation and small coefficients: at 0 all rotations would be alike. */
function startOf(d: number, random: Random): Float64Array {
  const x = random.fillNormal(new Float64Array(d * (d + SHAPE))).map((v, at) => (at < d * d ? v : 0.01 * v));
  x.set(orthogonal(x.slice(0, d * d), d));
  return x;
}

/** The orthogonal matrix nearest to B: (BBᵀ)^−½ B. */
function orthogonal(b: Float64Array, d: number): Float64Array {
  const { values, vectors } = symmetricEigen(multiply(b, transpose(b, d, d), d, d, d), d);
  const scaled = vectors.map((v, at) => v / Math.sqrt(values[Math.floor(at / d)]!));
  return multiply(multiply(transpose(vectors, d, d), scaled, d, d, d), b, d, d, d);
}

/** Turns rows of both in place so that the largest number of each row of the mixing is positive. */
function orient(mixing: Float64Array, unmixing: Float64Array, d: number): void {
  const size = mixing.length / d;
  for (let i = 0; i < d; i++) {
    const rows = [mixing, unmixing].map((of) => of.subarray(i * size, (i + 1) * size));
    if (rows[0]!.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)) >= 0) continue;
    for (const row of rows) for (let at = 0; at < size; at++) row[at] = -row[at]!;
  }
}
