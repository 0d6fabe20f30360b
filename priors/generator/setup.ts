import { InputError } from "../../src/data/errors.ts";
import type { Iterated, StepReport } from "../../src/engine/iterate.ts";
import { dimensionsOf, type Sketch } from "../../src/sketch/index.ts";
import { factsOfSketch } from "../facts.ts";
import { folding, withoutNorm } from "./folding.ts";
import { holdOut } from "./frequencies.ts";
import { type GeneratorModel, generatorPrior } from "./model.ts";
import { initialWeights, type NetworkSpec, parseNetwork, type Weights } from "./network.ts";
import { completed, type TrainOptions, type TrainSettings } from "./options.ts";
import { residualOf } from "./residual.ts";
import type { TrainState } from "./step.ts";
import {
  type FeatureTarget,
  featureTargetOf,
  floorOf,
  gaussianStart,
  isFeatureTarget,
  type MomentTarget,
  type Target,
  targetOf,
} from "./target.ts";
import type { TrainedGenerator } from "./train.ts";
import { isBest, isSettled, type Validated, validator } from "./validation.ts";

/** What a training starts from. */
export interface Setup {
  readonly settings: TrainSettings;
  readonly network: NetworkSpec;
  readonly target: MomentTarget;
  /** The target without the frequencies held out. */
  readonly training: Target | FeatureTarget;
  /** The target of the frequencies held out, if any. */
  readonly held?: Target;
  /** Initial weights. */
  readonly weights: Weights;
}

/** Errors (InputError): options out of range, a sketch without Fourier moments and moments of features, or without covariance, or of constant data. */
export async function setUp(sketch: Sketch, given: TrainOptions): Promise<Setup> {
  const conv = parseNetwork(given.network ?? "mlp", sketch.design.shape);
  const byFeatures = sketch.design.families.some(({ kind }) => kind === "network-moments");
  const output = conv ? "pixels" : "features";
  const target = byFeatures ? await featureTargetOf(sketch, output) : await targetOf(sketch, output);
  const labels = target.probabilities?.length;
  const { features } = dimensionsOf(sketch.design);
  const settings = completed(byFeatures ? withoutFrequencies(given) : given, features, labels);
  const { latent, hidden, activation, batchNorm, linear, seed } = settings;
  const size = { latent, output: target.decoder.scale.size, ...(labels !== undefined && { labels }) };
  const network: NetworkSpec = {
    ...size,
    hidden,
    activation,
    linear,
    ...(conv && { conv }),
    ...(batchNorm && { batchNorm }),
  };
  const weights = initialWeights(network, seed, linear ? gaussianStart(target, latent) : undefined);
  const parts = isFeatureTarget(target) ? { training: target } : holdOut(target, settings);
  return { settings, network, target, ...parts, weights };
}

/** Moments of features have no frequencies that could be held out. Errors (InputError): some are to be. */
function withoutFrequencies(given: TrainOptions): TrainOptions {
  if (Number(given.validation ?? 0) === 0) return { ...given, validation: 0 };
  throw new InputError(
    `train: validation: moments of a network's features are not held out, got ${given.validation}; leave it out, training takes all its steps`,
  );
}

/** Follows a training: makes models of its weights and validates them. */
export interface Follower {
  modelOf(weights: Weights): Promise<GeneratorModel>;
  /** What step `index` reports, which had this loss and ended in `state`: validated where that is due. */
  report<S extends TrainState>(state: S, loss: number, index: number): Promise<StepReport<S>>;
  /** The trained generator of a run that ended. */
  trained(run: Iterated<TrainState>): Promise<TrainedGenerator>;
  dispose(): Promise<void>;
}

export async function follower(sketch: Sketch, setup: Setup): Promise<Follower> {
  const { settings, network, target, held, weights: initial } = setup;
  const plain = withoutNorm(network);
  const norm = await folding(network, settings, initial);
  const validation = held && (await validator(plain, held, settings, await norm.fold(initial)));
  const floor = held ? await floorOf(sketch) : 0;
  const modelOf = async (weights: Weights): Promise<GeneratorModel> => ({
    ...{ network: plain, weights: await norm.fold(weights), decoder: target.decoder },
    shape: sketch.design.shape,
    ...(target.probabilities && { conditions: target.probabilities }),
  });
  return {
    modelOf,
    report: async (state, loss, index) => {
      const done = index + 1;
      if (done !== settings.steps && done % settings.validateEvery !== 0) return { state, objective: loss, change: 1 };
      const point = await validation?.validate(await norm.fold(state.weights), done);
      const next = withPoint(state, point);
      const settled = isSettled(next.validation, floor, settings.patience);
      return { state: next, objective: isSound(next) ? loss : Number.NaN, change: settled ? 0 : 1 };
    },
    trained: async ({ state, history, code }) => {
      const best = state.best ?? { step: history.length, weights: state.weights };
      const model = await modelOf(best.weights);
      const residual = await residualOf(sketch, generatorPrior("generator", model), settings.seed);
      return {
        model: { ...model, ...residual },
        settings,
        sketch: factsOfSketch(sketch),
        history,
        validation: state.validation,
        kept: best.step,
        code,
      };
    },
    dispose: async () => {
      await Promise.all([validation?.dispose(), norm.dispose()]);
    },
  };
}

/** A state with one more point of its validation curve, if there is one. */
function withPoint<S extends TrainState>(state: S, point: Validated | undefined): S {
  if (!point) return state;
  const curve = [...state.validation, point];
  return { ...state, validation: curve, ...(isBest(curve) && { best: { step: point.step, weights: state.weights } }) };
}

/** Whether the new weights and the newest validation loss are finite. The loss of a step only tells this of the weights before it. */
const isSound = ({ weights, validation }: TrainState): boolean =>
  weights.every(({ data }) => data.every(Number.isFinite)) && Number.isFinite(validation.at(-1)?.loss ?? 0);
