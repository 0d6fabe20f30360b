import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { l1 } from "../../../priors/penalties/l1.ts";
import { wavelet } from "../../../priors/penalties/wavelet.ts";
import type { GeneratorPrior, NormPenalty } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { requirePositive } from "../../data/options.ts";
import { adamMoments, adamRate, adamUpdate } from "../../engine/adam.ts";
import { compile, type TensorsOf } from "../../engine/index.ts";
import type { IterateOptions } from "../../engine/iterate.ts";
import { type IteratedRows, iterateRows, type RowCode, type RowState } from "../../engine/iterate-rows.ts";
import { filled, norms, squares, TINY } from "../batch.ts";
import { sizeOfOperator } from "../penalised/size.ts";
import { whitenedProblem } from "../penalised/whitening.ts";
import type { Problem } from "../problem.ts";
import { all, hasGaussianNoise, isLinearProblem } from "../requirements.ts";
import { rowEnergies } from "../rows.ts";
import { decodeRows, schedules } from "./descent.ts";

/** In what a signal leaves the range of a generator: pixels, or wavelets. */
export const escapeNames = ["pixels", "wavelets"] as const;
export type EscapeName = (typeof escapeNames)[number];

export interface EscapeOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  readonly escape: EscapeName;
  /** μ; absent: the discrepancy principle. */
  readonly weight?: number;
}

const penalties: { readonly [K in EscapeName]: (shape: readonly number[]) => NormPenalty } = {
  pixels: l1,
  wavelets: wavelet,
};

/** Where the search begins: one point a signal. */
type Points = {
  /** [signals, latent] */
  readonly z: NdArray<Float32Array>;
  /** [signals], for priors that take conditions. */
  readonly c: NdArray<Int32Array>;
};

export interface Escaped extends Omit<IteratedRows<RowState>, "state"> {
  /** G(z) + ν, [signals, ...shape]. */
  readonly estimate: NdArray<Float32Array>;
  /** z, [signals, latent]. */
  readonly latents: NdArray<Float32Array>;
  /** ν, [signals, ...shape]. */
  readonly escaped: NdArray<Float32Array>;
}

/** One row a signal. */
type State = {
  readonly z: NdArray<Float32Array>;
  readonly first: NdArray<Float32Array>;
  readonly second: NdArray<Float32Array>;
  readonly nu: NdArray<Float32Array>;
};

const STEPS = 600;
/** Adam's step size: z is near its place. */
const RATE = 0.05;
/** In the first 4/5 of the steps the weights fall to this part of where they start. */
const LOWEST = 1e-4;
const FALLING = 0.8;
/** Without noise y counts as fitted when the residual is this part of it. */
const EXACT = 1e-3;
/** With a given μ, x has settled when it moves by less than this part of it in a step. */
const SETTLED = 1e-5;

/**
 * Range escape (Dhar, Grover, Ermon 2018): x = G(z) + ν with few deviations ν from what G can make,
 *
 *     min over z, ν of ‖y − Φ(G(z) + ν)‖² + λ‖z‖² + μ r(ν),   r = ‖ν‖₁ (pixels) or ‖Ψν‖₁ (wavelets),
 *
 * for linear Φ and Gaussian noise, from the points where descents without ν ended. Each step is one of Adam in z, and one of the proximal gradient in ν
 * of size 1/(2‖Φ‖²). μ falls from r°(2Φᵀ(y − ΦG(z))), where ν = 0 is best, until ‖y − Φx‖² ≤ mσ², so that ν explains no noise (`discrepancy`;
 * Morozov 1966); without noise until ‖y − Φx‖ ≤ 1e-3 ‖y‖. λ falls with it: it was made for the misfit of G, which ν takes over, and would hold z back.
 * With a given μ, λ stays, and the row ends when x has `settled`. If the problem has a range, x is G(z) + ν cut to it.
 *
 * Errors (InputError): Φ that is not linear, noise that is not Gaussian, a weight that is not positive.
 */
export async function escapeRange(
  given: Problem,
  prior: GeneratorPrior,
  from: Points,
  lambda: NdArray<Float32Array>,
  { escape: by, weight, onProgress, signal }: EscapeOptions,
): Promise<Escaped> {
  requireEscape(given, weight);
  const { operator, y, noise, range } = whitenedProblem(given);
  const penalty = penalties[by](prior.shape);
  const [signals, m] = [y.shape[0]!, sizeOf(operator.outShape)];
  const stepSize = 1 / (2 * (1.01 * (await sizeOfOperator(operator)).norm) ** 2);
  const signalOf = (z: tf.Tensor, c: tf.Tensor, nu: tf.Tensor) => {
    const x = tf.add(decodeRows(prior, z, c), nu);
    return range ? tf.clipByValue(x, ...range) : x;
  };
  const residualOf = (z: tf.Tensor, c: tf.Tensor, nu: tf.Tensor, target: tf.Tensor) =>
    tf.sub(target, operator.forward(signalOf(z, c, nu)));
  const highest = await compile(
    ({ y: target, c, z }: { y: tf.Tensor; c: tf.Tensor; z: tf.Tensor }) => {
      const residual = residualOf(z, c, tf.zeros([signals, ...prior.shape]), target);
      return penalty.dualNorm(tf.mul(2, operator.adjoint(residual)));
    },
    { y, ...from },
  );
  const { data: first } = await highest.run({ y, ...from }).finally(highest.dispose);
  const limits = rowEnergies(y).map((energy) => Math.max(m * noise.sigma ** 2, EXACT ** 2 * energy));
  /** λ and μ of every signal in a step, and whether μ has fallen to where it stays. */
  const weightsAt = (index: number) => {
    const fallen = LOWEST ** Math.min(1, index / (FALLING * STEPS));
    const last = index >= FALLING * STEPS;
    const mu = first.map((v) => (weight === undefined ? v * fallen : last ? weight : Math.max(v * fallen, weight)));
    const weights = weight === undefined ? lambda.data.map((v) => v * fallen) : lambda.data;
    return { last, lambda: fromHost(weights, [signals]), mu: fromHost(mu, [signals]) };
  };
  const moments = adamMoments([from.z]);
  const nu = filled(signals, prior.shape);
  const state: State = { z: from.z, first: moments.first[0]!, second: moments.second[0]!, nu };
  const step = await compile(
    ({ y: target, c, lambda: weights, mu, rate, state: now }: Inputs) => {
      const smooth = (z: tf.Tensor, deviations: tf.Tensor) =>
        tf.sum(tf.add(squares(residualOf(z, c, deviations, target)), tf.mul(weights, squares(z)))) as tf.Scalar;
      const [along, downhill] = tf.grads(smooth)([now.z, now.nu]);
      const nu = penalty.prox(tf.sub(now.nu, tf.mul(stepSize, downhill!)), tf.mul(stepSize, mu));
      const { parameters, moments } = adamUpdate([now.z], [along!], { first: [now.first], second: [now.second] }, rate);
      const z = parameters[0]!;
      const misfit = squares(residualOf(z, c, nu, target));
      const x = signalOf(z, c, nu);
      const moved = norms(tf.sub(x, signalOf(now.z, c, now.nu)));
      return {
        state: { z, first: moments.first[0]!, second: moments.second[0]!, nu },
        misfit,
        objective: tf.addN([misfit, tf.mul(weights, squares(z)), tf.mul(mu, penalty.value(nu))]),
        change: tf.div(moved, tf.maximum(norms(x), TINY)),
      };
    },
    { y, c: from.c, lambda, mu: lambda, rate: adamRate(RATE, 0), state },
    { embed: true }, // hundreds of steps
  );
  const { state: end, ...ended } = await iterateRows<State>({
    ...{ rows: signals, state, maxSteps: STEPS },
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (now, index) => {
      const { last, ...weights } = weightsAt(index);
      const rate = adamRate(RATE * schedules.cosine(index, STEPS), index);
      const next = await step.run({ y, c: from.c, ...weights, rate, state: now });
      const codeOf = (i: number): RowCode | undefined => {
        if (weight === undefined) return next.misfit.data[i]! <= limits[i]! ? "discrepancy" : undefined;
        return last && next.change.data[i]! < SETTLED ? "settled" : undefined;
      };
      return {
        state: next.state,
        objectives: next.objective.data,
        changes: new Float32Array(signals).fill(Number.POSITIVE_INFINITY),
        codes: Array.from({ length: signals }, (_, i) => codeOf(i)),
      };
    },
  }).finally(step.dispose);
  const place = { z: end.z, c: from.c, nu: end.nu };
  const decode = await compile(
    ({ z, c, nu }: { z: tf.Tensor; c: tf.Tensor; nu: tf.Tensor }) => signalOf(z, c, nu),
    place,
  );
  const estimate = await decode.run(place).finally(decode.dispose);
  return { ...ended, estimate, latents: end.z, escaped: end.nu };
}

function requireEscape(problem: Problem, weight: number | undefined): void {
  requirePositive("csgm", { weight });
  const fits = all(isLinearProblem(problem), hasGaussianNoise(problem));
  if (fits === true) return;
  throw new InputError(`csgm: escape: needs a linear Φ and Gaussian noise, but ${fits}; leave escape out`);
}

interface Inputs {
  readonly y: tf.Tensor;
  readonly c: tf.Tensor;
  readonly lambda: tf.Tensor;
  readonly mu: tf.Tensor;
  readonly rate: tf.Tensor;
  readonly state: TensorsOf<State>;
}
