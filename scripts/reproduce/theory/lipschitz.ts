import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../../src/data/array.ts";
import { symmetricEigen } from "../../../src/data/linalg.ts";
import { stream } from "../../../src/data/random.ts";
import { dot, squaredNorm } from "../../../src/data/vector.ts";
import { compile } from "../../../src/engine/index.ts";
import { generate } from "../../../src/solve/index.ts";
import { decodedSlopes } from "../../../src/solve/latent/laplace.ts";
import { rowEnergies } from "../../../src/solve/rows.ts";

/** How much G stretches, one number a latent or pair of them. */
export interface Stretches {
  /** ‖J u‖ at draws z ~ N(0, I), u a random direction. */
  readonly random: Float64Array;
  /** ‖J u‖ at latents of data, u the direction to the latent of another sample. */
  readonly data: Float64Array;
  /** The largest singular value of J at draws: the local Lipschitz constant. */
  readonly largest: Float64Array;
  /** ‖G(z) − G(z′)‖/‖z − z′‖ of pairs of draws. */
  readonly pairs: Float64Array;
}

/** Stretches of G at `count` draws of z and at latents of data [samples, k], of which each next one is a direction. J by central differences. */
export async function stretches(
  prior: GeneratorPrior,
  latents: NdArray<Float32Array>,
  count: number,
  seed: number,
): Promise<Stretches> {
  const k = prior.latent;
  const random = stream(seed, "theory", "lipschitz");
  const z = random.fillNormal(new Float32Array(2 * count * k));
  const draws = fromHost(z.slice(0, count * k), [count, k]);
  const grams = await gramsAt(prior, draws);
  const directions = random.fillNormal(new Float32Array(count * k));
  const samples = latents.shape[0]!;
  const ahead = Float32Array.from(latents.data, (v, at) => latents.data[(at + k) % (samples * k)]! - v);
  const signals = await generate(prior, fromHost(z, [2 * count, k]));
  const n = sizeOf(prior.shape);
  const apart = (data: Float32Array, width: number) => {
    const half = count * width;
    return rowEnergies(
      fromHost(
        data.slice(0, half).map((v, i) => v - data[half + i]!),
        [count, width],
      ),
    );
  };
  const [far, near] = [apart(signals.data as Float32Array, n), apart(z, k)];
  return {
    random: stretchedBy(grams, directions, k),
    data: stretchedBy(await gramsAt(prior, latents), ahead, k),
    largest: grams.largest(),
    pairs: far.map((v, i) => Math.sqrt(v / near[i]!)),
  };
}

interface Grams {
  readonly data: Float32Array;
  largest(): Float64Array;
}

/** JᵀJ at every latent, [rows, k, k]. */
async function gramsAt(prior: GeneratorPrior, z: NdArray<Float32Array>): Promise<Grams> {
  const [rows = 0, k = 0] = z.shape;
  const compiled = await compile(
    (given: { z: tf.Tensor }) => {
      const slopes = tf.reshape(decodedSlopes(prior, given.z, tf.zeros([rows], "int32")), [rows, k, -1]) as tf.Tensor3D;
      return tf.matMul(slopes, slopes, false, true);
    },
    { z },
  );
  const data = (await compiled.run({ z })).data as Float32Array;
  await compiled.dispose();
  const largest = () =>
    Float64Array.from({ length: rows }, (_, row) => {
      const gram = data.subarray(row * k * k, (row + 1) * k * k);
      return Math.sqrt(symmetricEigen(gram, k, 1).values[0]!);
    });
  return { data, largest };
}

/** √(uᵀJᵀJu)/‖u‖ of every row's direction u. */
function stretchedBy({ data }: Grams, directions: Float32Array, k: number): Float64Array {
  return Float64Array.from({ length: directions.length / k }, (_, row) => {
    let square = 0;
    for (let i = 0; i < k; i++)
      square += directions[row * k + i]! * dot(data, (row * k + i) * k, directions, row * k, k);
    return Math.sqrt(Math.max(0, square) / squaredNorm(directions, row * k, k));
  });
}
