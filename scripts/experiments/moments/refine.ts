import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import type { MixtureModel } from "../../../priors/mixture/index.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { type AdamMoments, adamMoments, adamRate, adamUpdate } from "../../../src/engine/adam.ts";
import { compile } from "../../../src/engine/index.ts";
import { type IterateOptions, iterate } from "../../../src/engine/iterate.ts";
import type { MixtureTensors } from "./characteristic.ts";
import type { MomentBatch, MomentTarget } from "./target.ts";

/** What a refinement may move: log π, the means in units of their covariance's root, and the logarithms of factors of its columns. */
export const partNames = ["weights", "means", "covariances"] as const;
export type PartName = (typeof partNames)[number];

export interface RefineOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  readonly parts: readonly PartName[];
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
}

export interface Refined {
  readonly model: MixtureModel;
  /** The step whose mixture it is, 0 for the start. */
  readonly step: number;
  /** `heldOutMisfit` of it. */
  readonly misfit: number;
}

/** Moments of a step; those held out to choose the step, and how often they are looked at. */
const BATCH = 1024;
const HELD = 1024;
const EVERY = 20;
/** The misfit of moments that agree up to their sampling noise. */
const NOISE = 1;

type Arrays = readonly NdArray<Float32Array>[];
type State = { readonly values: Arrays; readonly moments: AdamMoments<NdArray<Float32Array>> };

/**
 * Moves a mixture by label towards moments of the data by Adam; the step size falls along a cosine. The step that is best at held-out
 * moments is kept. It ends early if the misfit of a step reaches the noise.
 */
export async function refine(
  model: MixtureModel,
  target: MomentTarget,
  { parts, steps, learningRate, seed, ...run }: RefineOptions,
): Promise<Refined> {
  const { tested, trained } = split(target, seed);
  const size = Math.min(BATCH, trained.length);
  const batch = (index: number) =>
    target.batch(Int32Array.from({ length: size }, (_, i) => trained[(index * size + i) % trained.length]!));

  const start = startOf(model, parts);
  const fixed = fixedOf(model);
  type Given = { values: readonly tf.Tensor[]; fixed: Record<keyof typeof fixed, tf.Tensor> };
  const misfit = ({ values, fixed, batch }: Given & { batch: Readonly<Record<string, tf.Tensor>> }) =>
    target.misfit(moved(parts, values, fixed), batch);
  const heldOut = { fixed, batch: target.batch(tested) };
  const test = await compile(misfit, { values: start, ...heldOut }, { name: "moment misfit" });
  const misfitOf = async (values: Arrays) => (await test.run({ values, ...heldOut })).data[0]!;
  const step = await compile(
    (given: Given & { batch: Record<string, tf.Tensor>; moments: AdamMoments<tf.Tensor>; rate: tf.Tensor }) => {
      const loss = (...values: tf.Tensor[]) => misfit({ ...given, values });
      const { value, grads } = tf.valueAndGrads(loss)([...given.values]);
      const { parameters, moments } = adamUpdate(given.values, grads, given.moments, given.rate);
      return { value: value as tf.Tensor, values: parameters, moments };
    },
    { values: start, fixed, batch: batch(0) as Record<string, MomentBatch[string]>, ...initialAdam(start) },
    { name: "moment step" },
  );
  let best = { values: start, step: 0, misfit: await misfitOf(start) };
  await iterate<State>({
    ...{ ...run, maxSteps: steps, tolerance: NOISE, state: { values: start, moments: adamMoments(start) } },
    step: async (state, index) => {
      const rate = adamRate(learningRate * 0.5 * (1 + Math.cos((Math.PI * index) / steps)), index);
      const { value, ...next } = await step.run({ ...state, fixed, batch: batch(index), rate });
      const objective = value.data[0]!;
      if ((index + 1) % EVERY === 0 || index + 1 === steps || objective <= NOISE) {
        const misfit = await misfitOf(next.values);
        if (misfit < best.misfit) best = { values: next.values, step: index + 1, misfit };
      }
      return { state: next, objective, change: objective };
    },
  });
  const result = best.step > 0 ? await modelOf(model, parts, best.values) : model;
  await Promise.all([test.dispose(), step.dispose()]);
  return { model: result, step: best.step, misfit: best.misfit };
}

/** `target.misfit` of a mixture at the moments that a refinement with this seed holds out. */
export async function heldOutMisfit(model: MixtureModel, target: MomentTarget, seed: number): Promise<number> {
  const given = { fixed: fixedOf(model), batch: target.batch(split(target, seed).tested) };
  const test = await compile(
    ({ fixed, batch }: { fixed: Record<keyof typeof given.fixed, tf.Tensor>; batch: Record<string, tf.Tensor> }) =>
      target.misfit(moved([], [], fixed), batch),
    given as { fixed: typeof given.fixed; batch: Record<string, MomentBatch[string]> },
    { name: "moment misfit" },
  );
  const { data } = await test.run(given);
  await test.dispose();
  return data[0]!;
}

/** The moments in two parts by chance. */
function split({ size }: MomentTarget, seed: number) {
  const held = Math.min(HELD, Math.floor(size / 4));
  const order = stream(seed, "moments").permutation(size);
  return { tested: order.subarray(0, held), trained: order.subarray(held) };
}

const initialAdam = (values: Arrays) => ({ moments: adamMoments(values), rate: adamRate(1, 0) });

/** The values of the parts where nothing is moved. */
function startOf({ weights, means, factors }: MixtureModel, parts: readonly PartName[]): Arrays {
  const [covariances, k] = factors.shape as [number, number];
  const zeros = (shape: readonly number[]) => fromHost(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const starts: Record<PartName, NdArray<Float32Array>> = {
    weights: fromHost(Float32Array.from(weights, Math.log), [weights.length]),
    means: zeros(means.shape),
    covariances: zeros([covariances, k]),
  };
  return parts.map((part) => starts[part]);
}

/** The mixture's arrays as inputs, with the label of every component as `member` [labels, components] of 0 and 1. */
function fixedOf({ weights, means, factors, covarianceOf, centre, matrix, residual, labels }: MixtureModel) {
  const components = weights.length;
  const groups = 1 + labels!.reduce((a, b) => Math.max(a, b), 0);
  const member = new Float32Array(groups * components);
  for (const [j, label] of labels!.entries()) member[label * components + j] = 1;
  return {
    ...{ means, factors, centre, matrix, residual },
    covarianceOf: ndarray(covarianceOf, [components]),
    logs: fromHost(Float32Array.from(weights, Math.log), [components]),
    member: fromHost(member, [groups, components]),
  };
}

/** π_j ∝ exp(log π_j), μ_j + L_c δ_j and L_c diag(exp s_c) of the moved parts log π, δ and s. */
function moved(
  parts: readonly PartName[],
  values: readonly tf.Tensor[],
  fixed: Record<keyof ReturnType<typeof fixedOf>, tf.Tensor>,
): MixtureTensors {
  const { logs, member, ...mixture } = fixed;
  const of = (part: PartName) => values[parts.indexOf(part)];
  const [shift, stretch] = [of("means"), of("covariances")];
  const own = tf.mul(member, tf.exp(of("weights") ?? logs));
  const roots = tf.gather(mixture.factors, mixture.covarianceOf as tf.Tensor1D);
  return {
    ...mixture,
    weights: tf.div(own, tf.sum(own, 1, true)),
    means: shift
      ? tf.add(mixture.means, tf.squeeze(tf.matMul(roots as tf.Tensor3D, tf.expandDims(shift, 2) as tf.Tensor3D), [2]))
      : mixture.means,
    factors: stretch ? tf.mul(mixture.factors, tf.exp(tf.expandDims(stretch, 1))) : mixture.factors,
  };
}

/** The mixture with its parts moved; each label keeps its probability. */
async function modelOf(model: MixtureModel, parts: readonly PartName[], values: Arrays): Promise<MixtureModel> {
  const fixed = fixedOf(model);
  const apply = await compile(
    (given: { values: readonly tf.Tensor[]; fixed: Record<keyof typeof fixed, tf.Tensor> }) => {
      const { weights, means, factors } = moved(parts, given.values, given.fixed);
      return { weights: tf.sum(weights, 0), means, factors };
    },
    { values, fixed },
    { name: "refined mixture" },
  );
  const { weights, means, factors } = await apply.run({ values, fixed });
  await apply.dispose();
  const labels = model.labels!;
  const probabilities = new Float64Array(fixed.member.shape[0]!);
  for (const [j, label] of labels.entries()) probabilities[label]! += model.weights[j]!;
  return {
    ...model,
    weights: Float64Array.from(weights.data, (w, j) => w * probabilities[labels[j]!]!),
    means,
    factors,
  };
}
