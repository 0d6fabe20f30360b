import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { frobeniusNorm } from "../../../operators/norms.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { requireCounts } from "../../data/options.ts";
import { squaredNorm } from "../../data/vector.ts";
import { type AdamMoments, adamMoments, adamRate, adamUpdate } from "../../engine/adam.ts";
import { compile } from "../../engine/index.ts";
import { iterate } from "../../engine/iterate.ts";
import { filled, squares } from "../batch.ts";
import { misfitOf } from "../misfit.ts";
import type { Problem } from "../problem.ts";
import type { Outcome } from "../recovery.ts";
import { rowSigmas } from "../row-sigma.ts";
import { takeRows } from "../rows.ts";
import { type Hourglass, hourglass, initialWeights, inputOf } from "./hourglass.ts";
import { recoveryMethod } from "./method.ts";

/** What goes from step to step: the network, and the average of the images that it made. */
type State<T> = {
  readonly weights: readonly T[];
  readonly moments: AdamMoments<T>;
  readonly average: T;
};

interface StepInputs {
  readonly y: tf.Tensor;
  readonly state: State<tf.Tensor>;
  /** Adam's rate, the part of the average that is kept, and the unit of x: rank 0. */
  readonly rate: tf.Tensor;
  readonly keep: tf.Tensor;
  readonly unit: tf.Tensor;
}

/** Adam's step size, that of the paper. */
const RATE = 0.01;
/**
 * The average keeps this part of itself in every step. The paper's 0.99 is for thousands of steps; these networks need a hundred. Of 0.9, 0.95 and 0.98 the
 * first had the least error on three MNIST training digits, 2000 to 2002, with Gaussian measurements, a mask and noise alone.
 */
const MEMORY = 0.9;

/** Least side of an image, and that of the smallest maps of the network. */
const SIDE = 4;

/**
 * Deep image prior: x̂ = f_w(z) with w fitted to y alone,
 *
 *     min_w f(Φ(f_w(z)), y),
 *
 * f the noise's misfit (of `relaxed` where Φ is flat), z fixed, f_w an untrained convolutional network (`hourglass`), by Adam. Such a network makes images sooner than noise, and in the end noise too:
 * so it stops at the first step with ‖y − Φ(x̄)‖² ≤ mσ², the discrepancy principle (Morozov 1966), σ the root mean square of the noise of the signal's own y. The estimate x̄ is a running average of the images of the last ten steps or so. Where the range is known, x is a sigmoid into it;
 * else it is in units of ‖y‖/‖Φ‖_F. Every signal gets a network of its own, from the same start.
 *
 * Source: Ulyanov, Vedaldi, Lempitsky 2018. Without their noise on z, and with a smaller network.
 */
export const deepImagePrior = recoveryMethod({
  summary: "untrained convolutional network fitted to y, any Φ and noise, stopped at the size of the noise",
  options: {
    steps: { type: "integer", default: 1500, description: "most Adam steps a signal; all of them without noise" },
    channels: { type: "integer", default: 32, description: "channels of the network" },
  },
  samples: [
    { shape: [9, 10], operator: "blur:sigma=1", spec: "deep-image-prior:steps=5,channels=4" },
    { shape: [8, 8, 3], operator: "mask:keep=0.5", spec: "deep-image-prior:steps=3,channels=2" },
  ],
  check: ({ steps, channels }) => requireCounts("deep-image-prior", { steps, channels }),
  accepts: ({ shape }) =>
    ((shape.length === 2 || shape.length === 3) && Math.min(...shape.slice(0, 2)) >= SIDE) ||
    `expected images of at least ${SIDE} × ${SIDE}, got signals of [${shape.join(", ")}]; take a penalty`,
  solve: async (problem, { steps: maxSteps, channels }, { onProgress, signal, seed = 1 }) => {
    const { y, noise, shape, range, operator } = problem;
    const [batch, m, n] = [y.shape[0]!, sizeOf(operator.outShape), sizeOf(shape)];
    const spec = networkFor(shape, channels);
    const weights = initialWeights(spec, seed);
    const start: State<NdArray<Float32Array>> = { weights, moments: adamMoments(weights), average: filled(1, shape) };
    const gain = range ? 1 : await frobeniusNorm(operator);
    const example = { y: takeRows(y, [0]), state: start, rate: number(0), keep: number(0), unit: number(1) };
    const compiled = await compile(step(problem, spec, inputOf(spec, seed)), example, { name: "deep-image-prior" });
    const sigmas = rowSigmas(noise, y);
    const fitted = async (i: number) => {
      const row = takeRows(y, [i]);
      const target = m * sigmas[i]! ** 2;
      const unit = number(Math.sqrt(squaredNorm(contiguous(row) as Float32Array)) / gain || 1);
      return iterate({
        ...{ state: start, maxSteps },
        ...(signal && { signal }),
        onProgress: ({ step: own, objective }) =>
          onProgress?.({ step: i * maxSteps + own, maxSteps: batch * maxSteps, objective }),
        step: async (state, index) => {
          const keep = number(Math.min(MEMORY, index / (index + 1)));
          const given = { y: row, state, rate: adamRate(RATE, index), keep, unit };
          const { loss, residual, ...after } = await compiled.run(given);
          return { state: after, objective: loss.data[0]!, change: Math.max(0, residual.data[0]! - target) };
        },
      });
    };
    const estimate = new Float32Array(batch * n);
    const outcomes: Outcome[] = [];
    let [steps, history]: [number, readonly number[]] = [0, []];
    try {
      for (let i = 0; i < batch; i++) {
        const ended = await fitted(i);
        estimate.set(ended.state.average.data, i * n);
        outcomes.push(ended.code === "converged" ? "discrepancy" : ended.code); // the change is how far y is missed
        if (ended.steps > steps) [steps, history] = [ended.steps, ended.history];
      }
    } finally {
      await compiled.dispose();
    }
    return { estimate: fromHost(estimate, [batch, ...shape]), outcomes, steps, history, warnings: [] };
  },
});

const number = (value: number): NdArray<Float32Array> => fromHost(Float32Array.of(value), []);

/** As many halvings as leave maps of at least `SIDE`. */
function networkFor(shape: readonly number[], channels: number): Hourglass {
  const [height, width, depth = 1] = shape as [number, number, number?];
  const levels = Math.max(1, Math.floor(Math.log2(Math.min(height, width) / SIDE)));
  return { image: [height, width], depth, channels, levels };
}

/** One step for one signal: the misfit of its image, Adam's update, and the average with its ‖y − Φ(x̄)‖². */
function step(problem: Problem, spec: Hourglass, input: NdArray<Float32Array>) {
  const { operator, shape, range } = problem;
  return ({ y, state, rate, keep, unit }: StepInputs) => {
    const z = tf.tensor(input.data, input.shape);
    const signalOf = (weights: readonly tf.Tensor[]) => {
      const u = tf.reshape(hourglass(spec, weights, z), [1, ...shape]);
      return range ? tf.add(range[0], tf.mul(range[1] - range[0], tf.sigmoid(u))) : tf.mul(unit, u);
    };
    const misfit = (...weights: tf.Tensor[]) => tf.sum(misfitOf(problem, signalOf(weights), y)) as tf.Scalar;
    const { value: loss, grads } = tf.valueAndGrads(misfit)([...state.weights]);
    const average = tf.add(tf.mul(keep, state.average), tf.mul(tf.sub(1, keep), signalOf(state.weights)));
    const { parameters, moments } = adamUpdate(state.weights, grads, state.moments, rate);
    const residual = squares(tf.sub(y, operator.forward(average)));
    return { loss, residual, weights: parameters, moments, average };
  };
}
