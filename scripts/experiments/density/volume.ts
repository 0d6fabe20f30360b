import * as tf from "#tf";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../../src/data/array.ts";
import { InputError } from "../../../src/data/errors.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { decodedSlopes } from "../../../src/solve/latent/laplace.ts";

/** Added to JᵀJ, as a part of its mean diagonal element: float32 tells no smaller eigenvalues from 0. */
const LEAST = 1e-6;
/** A slope of log det JᵀJ below this is rounding. */
const FLAT = 1e-2;

/**
 * log det JᵀJ of every row, J = ∂G/∂z [n, k]: twice the logarithm of the k-dimensional volume that G makes of a unit cube of latents at z.
 * z [rows, k] to [rows]. The density of x = G(z) on the manifold is p(z)/√det JᵀJ.
 *
 * The k tangents are central differences, one batched pass of 2k decodes a row, and the determinant is the product of the pivots of JᵀJ.
 * So reverse mode goes through all of it once. Reverse mode twice, for exact tangents, is no way to go: TensorFlow.js passes over the second
 * derivative of operations whose gradient uses their own output (tanh, exp, sigmoid), without an error.
 *
 * Of a G with relu JᵀJ is constant in pieces, and so is this: its gradient is 0 almost everywhere.
 */
export function logVolume(prior: GeneratorPrior, z: tf.Tensor): tf.Tensor {
  const [rows, k] = z.shape as [number, number];
  const slopes = tf.reshape(decodedSlopes(prior, z, tf.zeros([rows], "int32")), [rows, k, -1]) as tf.Tensor3D;
  const gram = tf.matMul(slopes, slopes, false, true);
  const mean = tf.div(tf.sum(tf.square(slopes), [1, 2], true), k);
  return logDeterminants(tf.add(gram, tf.mul(tf.mul(mean, LEAST), tf.eye(k))));
}

/** log det of symmetric positive definite matrices [rows, k, k], by elimination: [rows]. */
function logDeterminants(matrices: tf.Tensor): tf.Tensor {
  let rest = matrices as tf.Tensor3D;
  const logs: tf.Tensor[] = [];
  for (let left = rest.shape[1]; left > 0; left--) {
    const pivot = tf.slice(rest, [0, 0, 0], [-1, 1, 1]);
    logs.push(tf.reshape(tf.log(pivot), [-1]));
    if (left === 1) break;
    const below = tf.slice(rest, [0, 1, 0], [-1, left - 1, 1]);
    rest = tf.sub(
      tf.slice(rest, [0, 1, 1], [-1, left - 1, left - 1]),
      tf.div(tf.matMul(below, below, false, true), pivot),
    );
  }
  return tf.addN(logs);
}

/** The generator whose signals are G(z), flattened, and behind it log det JᵀJ: [n + 1]. A descent over z then sees both. */
export function withVolume(prior: GeneratorPrior): GeneratorPrior {
  const n = sizeOf(prior.shape);
  return {
    ...{ kind: "generator", name: `${prior.name} with its volume`, shape: [n + 1], latent: prior.latent },
    decode: (z) => tf.concat([tf.reshape(prior.decode(z), [-1, n]), tf.expandDims(logVolume(prior, z), 1)], 1),
  };
}

/** Errors (InputError): log det JᵀJ has the gradient 0 at all of a few draws: G is affine or, as with relu, affine in pieces. */
export async function requireCurved(option: string, prior: GeneratorPrior): Promise<void> {
  const draws = 4;
  const z = fromHost(stream(1, "curvature").fillNormal(new Float32Array(draws * prior.latent)), [draws, prior.latent]);
  const slope = await compile((given: { z: tf.Tensor }) => tf.grad((at) => tf.sum(logVolume(prior, at)))(given.z), {
    z,
  });
  const { data } = await slope.run({ z });
  await slope.dispose();
  // rounding alone leaves about 1e-5 of the differences
  if (data.some((v) => Math.abs(v) > FLAT)) return;
  throw new InputError(
    `${option}: ${prior.name} is affine, or affine in pieces: the modes of z and of x agree wherever both are found; give a smooth generator`,
  );
}
