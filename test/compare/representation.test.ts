import ndarray from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { representationErrors } from "../../src/compare/representation.ts";

const test = suite("representation error");
const shape = [2, 2];

test("of a linear generator it is the distance from its range", async () => {
  /** G(z) = (z₁, z₂, 0, 0). */
  const prior: GeneratorPrior = {
    ...{ kind: "generator", name: "plane", latent: 2, shape },
    decode: (z) =>
      tf.reshape(
        tf.pad(z as tf.Tensor2D, [
          [0, 0],
          [0, 2],
        ]),
        [-1, 2, 2],
      ),
  };
  const truth = ndarray(Float32Array.of(0.3, -0.2, 0, 0, 0.5, 0.1, 2, -1), [2, ...shape]);
  const [within, beyond] = await representationErrors(prior, truth);
  // the first is in the range, the second (2, −1) away from it: 5/4; Adam with the default tolerance comes within 1e-4
  assert.ok(within! < 1e-4 && Math.abs(beyond! - 1.25) < 1e-4, `${within}, ${beyond}`);
});

test("of several conditions the best one counts, and a range cuts what G makes", async () => {
  /** G(z, c) = c + z/10 at every pixel. */
  const prior: GeneratorPrior = {
    ...{ kind: "generator", name: "levels", latent: 1, shape, conditions: Float64Array.of(0.5, 0.5) },
    decode: (z, c) =>
      tf.mul(
        tf.ones([1, 2, 2]),
        tf.reshape(tf.add(tf.mul(z, 0.1), tf.cast(tf.reshape(c!, [-1, 1]), "float32")), [-1, 1, 1]),
      ),
  };
  const truth = ndarray(Float32Array.of(1, 1, 1, 1, 0, 0, 0, 1), [2, ...shape]);
  const [equal, mixed] = await representationErrors(prior, truth, { range: [0, 1] });
  assert.ok(equal! < 1e-4 && Math.abs(mixed! - 3 / 16) < 1e-3, `${equal}, ${mixed}`); // the mean, 1/4, is best: 3/16
});

test.run();
