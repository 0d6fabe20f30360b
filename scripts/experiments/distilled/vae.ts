import * as tf from "#tf";
import { groupCount } from "../../../priors/cell-linear/network.ts";
import { matrixPower } from "../../../priors/cell-linear/roots.ts";
import { applyNetwork, initialWeights, type NetworkSpec, type Weights } from "../../../priors/generator/network.ts";
import { drawFeatures } from "../../../priors/mixture/draw.ts";
import { fromHost } from "../../../src/data/array.ts";
import { multiply, multiplyTransposed } from "../../../src/data/matmul.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { type GroupGaussians, groupGaussians } from "./groups.ts";
import type { DistilledNetwork, Kind } from "./kind.ts";
import { minimise } from "./minimise.ts";
import { deviations, turnedOutput } from "./units.ts";

/** The likelihood's covariance is measured again every `REFRESH` steps, with `MEASURED` draws. */
const REFRESH = 100;
const MEASURED = 4096;

/**
 * A variational autoencoder (Kingma, Welling 2014) by label, of features drawn from the mixture: v ~ N(G(z, label), E) and an
 * encoder q(z | v, label) = N(m, diag s²) minimise
 *
 *   ½ (v − G)ᵀE⁻¹(v − G) + ½ Σ (m² + s² − log s² − 1).
 *
 * E is a full covariance. Every 100 steps it is set to that of v − G, which is the best one for G. G and the encoder have linear paths by
 * label that start exactly as the label's own Gaussian. Without labels there is one condition for all.
 */
export const vae: Kind = {
  summary: "variational autoencoder by label, taught by samples of the mixture",
  defaults: { latent: 40, hidden: [500], steps: 4000, batch: 256, learningRate: 1e-3 },

  fit: async (mixture, settings, watched) => {
    const { latent, hidden, batch, seed, steps, learningRate } = settings;
    const k = mixture.means.shape[1]!;
    const start = groupGaussians(mixture, latent);
    const { conditions, rest } = start;
    const groups = conditions.length;
    const network: DistilledNetwork = {
      ...{ latent, hidden, features: k },
      groupOf: Array.from(conditions.keys()),
    };
    const whiten = matrixPower(rest, k, -0.5);
    const decoder = decoderSpec(network);
    const encoder = encoderSpec(network);
    const units = deviations(mixture);
    const first = affineStart(decoder, seed, gaussianDecoder(start, whiten, latent));
    const second = affineStart(encoder, seed + 1, gaussianEncoder(start, whiten, latent, units));
    const white = fromHost(Float32Array.from(whiten), [k, k]);

    const drawn = (count: number, name: string, index: number) => {
      const random = stream(seed, name, index);
      const { features, components } = drawFeatures(mixture, random, count);
      const labels = components.map((j) => mixture.labels?.[j] ?? 0);
      return [
        fromHost(features, [count, k]),
        fromHost(labels, [count]),
        fromHost(random.fillNormal(new Float32Array(count * latent)), [count, latent]),
      ] as const;
    };
    const pass = (weights: readonly tf.Tensor[], [v, c, e]: readonly tf.Tensor[]) => {
      const label = groups > 1 ? c : undefined;
      const code = applyNetwork(encoder, weights.slice(first.length), tf.div(v!, tf.tensor1d(units)), label);
      const [mean, log] = tf.split(code, 2, 1) as [tf.Tensor, tf.Tensor];
      const z = tf.add(mean, tf.mul(tf.exp(tf.mul(log, 0.5)), e!));
      const made = applyNetwork(decoder, weights.slice(0, first.length), z, label);
      const error = tf.sub(tf.matMul(v as tf.Tensor2D, tf.tensor2d(white.data, [k, k])), made);
      return { mean, log, error };
    };
    const objective = (weights: readonly tf.Tensor[], [precision, ...draws]: readonly tf.Tensor[]) => {
      const { mean, log, error } = pass(weights, draws);
      const misfit = tf.sum(tf.square(tf.matMul(error as tf.Tensor2D, precision as tf.Tensor2D)));
      const divergence = tf.sum(tf.sub(tf.addN([tf.square(mean), tf.exp(log)]), tf.add(log, 1)));
      return tf.div(tf.add(misfit, divergence), 2 * batch);
    };
    const measuring = { weights: [...first, ...second], draws: drawn(MEASURED, "vae rest", 0) };
    const measure = await compile(
      ({ weights, draws }: { weights: readonly tf.Tensor[]; draws: readonly tf.Tensor[] }) => {
        const { error } = pass(weights, draws);
        return tf.div(tf.matMul(error, error, true, false), MEASURED);
      },
      measuring,
    );
    const errorsOf = (weights: Weights, index: number) =>
      measure.run({ weights: [...weights], draws: drawn(MEASURED, "vae rest", index) });
    let precision = fromHost(identity(k), [k, k]);
    const fitted = await minimise(
      measuring.weights,
      objective,
      async (index, weights) => {
        if (index > 0 && index % REFRESH === 0) {
          const { data } = await errorsOf(weights, index);
          precision = fromHost(Float32Array.from(matrixPower(data, k, -0.5)), [k, k]);
        }
        return [precision, ...drawn(batch, "vae", index)];
      },
      { steps, learningRate, ...watched },
    );
    const { data: errors } = await errorsOf(fitted.weights, steps);
    await measure.dispose();
    const back = matrixPower(rest, k, 0.5);
    const half = multiply(back, errors, k, k, k);
    return {
      ...{ network, conditions, history: fitted.history, code: fitted.code },
      weights: turnedOutput(decoder, fitted.weights.slice(0, first.length), back),
      rest: multiplyTransposed(half, back, k),
    };
  },

  features: (network, weights, z, c) =>
    applyNetwork(decoderSpec(network), weights, z, groupCount(network) > 1 ? c : undefined),
};

const labelled = (network: DistilledNetwork) => {
  const labels = groupCount(network);
  return labels > 1 ? { labels } : {};
};

const decoderSpec = (network: DistilledNetwork): NetworkSpec => ({
  ...labelled(network),
  ...{ latent: network.latent, hidden: network.hidden, activation: "relu", output: network.features, linear: true },
});

const encoderSpec = (network: DistilledNetwork): NetworkSpec => ({
  ...labelled(network),
  ...{
    latent: network.features,
    hidden: network.hidden,
    activation: "relu",
    output: 2 * network.latent,
    linear: true,
  },
});

/** The affine map of a group: u = offset + v · slope. */
interface AffineMap {
  readonly offset: Float64Array;
  /** [inputs, outputs] */
  readonly slope: Float64Array;
}

/**
 * Weights of a network that computes these maps: its last layer is 0, next to a linear path [groups, 1 + inputs, outputs]. For a single
 * group the offset is the bias of the last layer instead. A random last layer would make the encoder useless at first, and E so large that
 * nothing is learned.
 */
function affineStart(spec: NetworkSpec, seed: number, maps: readonly AffineMap[]): Weights {
  const single = maps.length === 1;
  const rows = maps.flatMap(({ offset, slope }) => [...(single ? [] : offset), ...slope]);
  const height = rows.length / maps.length / spec.output;
  const path = fromHost(Float32Array.from(rows), single ? [height, spec.output] : [maps.length, height, spec.output]);
  const weights = initialWeights(spec, seed, path);
  const [last, bias] = [weights.length - 3, weights.length - 2];
  return weights.map((w, i) => {
    if (i === last) return fromHost(new Float32Array(w.size), w.shape);
    return i === bias && single ? fromHost(Float32Array.from(maps[0]!.offset), w.shape) : w;
  });
}

/** The decoder that makes every group's own Gaussian, in whitened features: offset μ_g, slope R_g. */
const gaussianDecoder = ({ means, roots }: GroupGaussians, whiten: Float64Array, rank: number) =>
  roots.map((root, g): AffineMap => {
    const k = means[g]!.length;
    return { offset: multiply(means[g]!, whiten, 1, k, k), slope: multiply(root, whiten, rank, k, k) };
  });

/**
 * The encoder that is exact for it: with B = R_gE^{-1/2} and H = I + BBᵀ, diagonal, q has the mean (v − μ_g)E^{-1/2}BᵀH⁻¹ and the
 * variances diag H⁻¹. Its inputs are in `units`.
 */
const gaussianEncoder = ({ means, roots }: GroupGaussians, whiten: Float64Array, rank: number, units: Float32Array) =>
  roots.map((root, g): AffineMap => {
    const k = means[g]!.length;
    const b = multiply(root, whiten, rank, k, k);
    const h = Array.from({ length: rank }, (_, i) => b.subarray(i * k, (i + 1) * k).reduce((sum, v) => sum + v * v, 1));
    const back = multiplyTransposed(whiten, b, k); // E^{-1/2}Bᵀ, [k, rank]
    const middle = multiply(means[g]!, back, 1, k, rank);
    const slope = new Float64Array(k * 2 * rank);
    for (const [at, v] of back.entries()) {
      const [a, i] = [Math.floor(at / rank), at % rank];
      slope[a * 2 * rank + i] = (units[a]! * v) / h[i]!;
    }
    const offset = Float64Array.from({ length: 2 * rank }, (_, i) =>
      i < rank ? -middle[i]! / h[i]! : -Math.log(h[i - rank]!),
    );
    return { offset, slope };
  });

const identity = (k: number): Float32Array =>
  Float32Array.from({ length: k * k }, (_, at) => Number(at % (k + 1) === 0));
