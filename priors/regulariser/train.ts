import { parseOperator } from "../../operators/registry.ts";
import { InputError } from "../../src/data/errors.ts";
import { sha256 } from "../../src/data/hash.ts";
import type { Dataset } from "../../src/data/rows.ts";
import { adamRate } from "../../src/engine/adam.ts";
import { compile } from "../../src/engine/index.ts";
import { iterate } from "../../src/engine/iterate.ts";
import type { DataFacts } from "../facts.ts";
import type { Watched } from "../kind.ts";
import { type Course, decodeTraining, encodeTraining, type Followed } from "./checkpoint.ts";
import type { RegulariserModel } from "./model.ts";
import { type RegulariserSettings, settingsOf } from "./options.ts";
import { cropsOf, pairsOf } from "./pairs.ts";
import { criticStep, initialState, modelOf } from "./step.ts";

export interface TrainedRegulariser extends Course {
  readonly model: RegulariserModel;
  readonly settings: RegulariserSettings;
  /** The data that were read, and the SHA-256 of the images made of them. */
  readonly data: DataFacts & { readonly sha256: string };
  /** Root mean square error of the naive reconstructions. */
  readonly error: number;
}

/**
 * Trains a regulariser: a critic Ψ that tells true images from naive reconstructions of what Φ measures of them (`pairsOf`), by Adam steps on random crops (`criticStep`). The same data, settings
 * and seed give the same numbers to the last bit on the same machine and thread count, and so does a training that was resumed.
 *
 * Errors (InputError): those of `settingsOf`, `openOperator`, `pairsOf` and `decodeTraining`; a loss that stopped being finite.
 */
export async function trainRegulariser(
  dataset: Dataset,
  given: object,
  { seed = 1, onProgress, signal, checkpoints, openOperator = async (...of) => parseOperator(...of) }: Watched = {},
): Promise<TrainedRegulariser> {
  const settings = settingsOf(given, dataset.shape, seed);
  const { steps, learningRate } = settings;
  const operator = await openOperator(settings.operator, settings.imageShape, settings.seed);
  const pairs = await pairsOf(dataset, operator, settings, signal);
  const of = { settings, images: await sha256([pairs.truths.data]), operator: operator.digest ?? null };
  const kept = await checkpoints?.load?.();
  const before = kept && decodeTraining(kept, of, checkpoints!.where);
  const initial: Followed = { ...initialState(settings, dataset.shape[2] ?? 1), gaps: [], slopes: [] };
  const input = ({ parameters, first, second }: Followed, index: number) => ({
    state: { parameters, first, second },
    crops: cropsOf(pairs, settings, dataset.shape, index),
    rate: adamRate((learningRate * (1 + Math.cos((Math.PI * index) / steps))) / 2, index),
  });
  const step = await compile(criticStep(pairs.error, settings.slope), input(initial, 0), { name: "critic" });
  const run = await iterate<Followed>({
    state: before?.state ?? initial,
    history: before?.history ?? [],
    maxSteps: steps,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    step: async (state, index) => {
      const { state: next, told } = await step.run(input(state, index));
      const gaps = [...state.gaps, told.gap.data[0]!];
      const slopes = [...state.slopes, told.steepness.data[0]!];
      return { state: { ...next, gaps, slopes }, objective: told.loss.data[0]!, change: 1 };
    },
    afterStep: async (reached) => {
      if (checkpoints && reached.history.length % checkpoints.every === 0) {
        await checkpoints.save(encodeTraining(of, reached));
      }
    },
  });
  await step.dispose();
  if (run.code === "cancelled" && run.steps > 0) await checkpoints?.save(encodeTraining(of, run));
  signal?.throwIfAborted();
  const { v, a } = run.state.parameters;
  if (run.code === "non-finite" || ![v, a].every(({ data }) => data.every(Number.isFinite))) {
    await checkpoints?.discard();
    throw new InputError(
      `train: the loss stopped being finite after ${run.steps} steps; try a smaller learning rate (was ${learningRate})`,
    );
  }
  const { gaps, slopes } = run.state;
  return {
    model: modelOf(run.state.parameters, pairs.error),
    ...{ settings, error: pairs.error, gaps, slopes },
    data: { name: dataset.name, count: pairs.count, sha256: of.images },
  };
}
