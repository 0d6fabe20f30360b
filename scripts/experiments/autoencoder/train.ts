import type { NdArray } from "ndarray";
import type { TrainedGenerator } from "../../../priors/generator/index.ts";
import type { Watched } from "../../../priors/kind.ts";
import { constant } from "../../../priors/signals.ts";
import { fromHost, sizeOf } from "../../../src/data/array.ts";
import { InputError } from "../../../src/data/errors.ts";
import { stream } from "../../../src/data/random.ts";
import { liesIn } from "../../../src/data/range.ts";
import { type Dataset, readRows } from "../../../src/data/rows.ts";
import { takeRows } from "../../../src/solve/rows.ts";
import { minimise } from "../distilled/minimise.ts";
import { autoencoder, type Both, glorotWeights, negativeEvidence, reconstruct } from "./network.ts";
import { covarianceLeft } from "./residual.ts";

/** The defaults are CSGM's for MNIST, which has 100 epochs. */
export interface AutoencoderOptions {
  /** Size of the latent z; default 20. */
  readonly latent?: number;
  /** Widths of the decoder's hidden layers, which the encoder passes in reverse; default [500, 500]. */
  readonly hidden?: readonly number[];
  /** Passes over the data; default 40. */
  readonly epochs?: number;
  /** Samples of a step; default 100. */
  readonly batch?: number;
  /** Adam's step size, the same in all steps; default 1e-3. */
  readonly learningRate?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** The generator of an autoencoder, and the mean loss of every epoch. */
export interface TrainedAutoencoder {
  readonly trained: TrainedGenerator;
  readonly losses: readonly number[];
}

/**
 * Trains the variational autoencoder of CSGM (Bora et al. 2017) on all samples x of a data set: softplus layers, a sigmoid output, the
 * cross-entropy of pixels in [0, 1] (`negativeEvidence`), Adam, every epoch in another order. Samples that do not fill the last batch of an
 * epoch are left out of it.
 *
 * Its decoder G is the prior. The residual is the covariance of x − G(μ(x)), μ the encoder's mean, over all samples.
 *
 * Errors (InputError): pixels outside [0, 1], fewer samples than a batch, a loss that stops being finite. Ends with the signal's reason.
 */
export async function trainAutoencoder(
  dataset: Dataset,
  {
    latent = 20,
    hidden = [500, 500],
    epochs = 40,
    batch = 100,
    learningRate = 1e-3,
    seed = 1,
    ...watched
  }: AutoencoderOptions & Pick<Watched, "onProgress" | "signal"> = {},
): Promise<TrainedAutoencoder> {
  const { count, name, shape } = dataset;
  if (!(learningRate > 0)) throw new InputError(`vae: learning rate: expected a positive number, got ${learningRate}`);
  const n = sizeOf(shape);
  const data = fromHost((await readRows(dataset, 0, count)).data, [count, n]);
  if (!liesIn(data, [0, 1])) throw new InputError(`vae: ${name} has numbers outside [0, 1], which are no pixels`);
  const perEpoch = Math.floor(count / batch);
  if (perEpoch === 0)
    throw new InputError(`vae: ${name} has ${count} samples, a batch ${batch}; give a smaller --batch`);
  const networks = autoencoder(n, latent, hidden);
  const start = glorotWeights(networks.decoder, seed, "decoder");
  const parts = <T>(weights: readonly T[]): Both<readonly T[]> => ({
    decoder: weights.slice(0, start.length),
    encoder: weights.slice(start.length),
  });
  const steps = epochs * perEpoch;
  const { weights, history, code } = await minimise(
    [...start, ...glorotWeights(networks.encoder, seed, "encoder")],
    (now, [x, e]) => negativeEvidence(networks, parts(now), x!, e!),
    drawn(data, batch, latent, seed),
    { steps, learningRate, schedule: "constant", ...watched },
  );
  watched.signal?.throwIfAborted();
  if (code === "non-finite") throw new InputError("vae: the loss stopped being finite; lower --learning-rate");
  const residual = await covarianceLeft(
    data,
    (x) => reconstruct(networks, parts(weights.map(constant)), x),
    watched.signal,
  );
  const decoder = { centre: filled(n, 0), scale: filled(n, 1) };
  const network = { ...networks.decoder, sigmoid: true } as const;
  return {
    trained: {
      model: { network, weights: parts(weights).decoder, decoder, shape, residual },
      settings: { latent, hidden, activation: "softplus", batch, steps, learningRate, schedule: "constant", seed },
      data: { name, count },
      ...{ history, validation: [], kept: steps, code },
    },
    losses: Array.from({ length: epochs }, (_, epoch) =>
      history.slice(epoch * perEpoch, (epoch + 1) * perEpoch).reduce((sum, v) => sum + v / perEpoch, 0),
    ),
  };
}

/** What step `index` draws: samples x [batch, n], in each epoch every one at most once, and e ~ N(0, I) [batch, latent]. */
function drawn(data: NdArray<Float32Array>, batch: number, latent: number, seed: number) {
  const count = data.shape[0]!;
  const perEpoch = Math.floor(count / batch);
  let order: { readonly epoch: number; readonly rows: Int32Array } | undefined;
  return (index: number) => {
    const epoch = Math.floor(index / perEpoch);
    if (order?.epoch !== epoch) order = { epoch, rows: stream(seed, "epoch", epoch).permutation(count) };
    const first = (index % perEpoch) * batch;
    const e = stream(seed, "encoder noise", index).fillNormal(new Float32Array(batch * latent));
    return [takeRows(data, [...order.rows.subarray(first, first + batch)]), fromHost(e, [batch, latent])];
  };
}

const filled = (n: number, value: number): NdArray<Float32Array> => fromHost(new Float32Array(n).fill(value), [n]);
