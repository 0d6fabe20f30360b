import type * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { batchedOnnx } from "../../src/engine/index.ts";
import type { GeneratorPrior } from "../prior.ts";

/**
 * A generator as an ONNX model for any number n of rows, weights inside: inputs `z` [n, latent] and, with conditions, `c` [n]
 * (int32), output `x` [n, ...shape]. Any ONNX runtime runs it.
 */
export function priorOnnx(prior: GeneratorPrior): Uint8Array {
  const inputs = (rows: number) => ({
    z: fromHost(new Float32Array(rows * prior.latent), [rows, prior.latent]),
    ...(prior.conditions && { c: fromHost(new Int32Array(rows), [rows]) }),
  });
  const decode = (given: { z: tf.Tensor; c?: tf.Tensor }) => prior.decode(given.z, given.c);
  return batchedOnnx(decode, inputs, {
    ...{ inputNames: prior.conditions ? ["c", "z"] : ["z"], outputNames: ["x"] }, // sorted, as `flatten` does
    metadata: describedOnnx(prior),
  });
}

const ROOT = "= UU' + diag(s^2), with U and s the members residualRoot.factor and residualRoot.standardDeviations";

/** What someone needs to draw from the file alone, and what the file leaves out; see docs/from-python.md. */
function describedOnnx({ latent, shape, conditions, residual, residualRoot }: GeneratorPrior): Record<string, string> {
  return {
    z: `float32 [n, ${latent}], every number drawn from N(0, 1)`,
    ...(conditions && {
      c: `int32 [n], the condition of each row, drawn with the probabilities`,
      probabilities: JSON.stringify([...conditions]),
    }),
    x: `float32 [n, ${shape.join(", ")}], G(z${conditions ? ", c" : ""}) in the units of the data, not clipped`,
    ...(residual && {
      left_out: `the residual r ~ N(0, C) of the prior x = G + r; C [n, n] ${residualRoot ? ROOT : "is the member residual"} of weights.npz`,
    }),
  };
}
