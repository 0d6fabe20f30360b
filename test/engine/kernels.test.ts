import { test } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { HostArray } from "../../src/data/array.ts";
import { type KernelName, kernelNames } from "../../src/engine/kernels/names.ts";
import type { Case } from "./cases/case.ts";
import { imageCases } from "./cases/images.ts";
import { logicCases } from "./cases/logic.ts";
import { mathCases } from "./cases/math.ts";
import { networkCases } from "./cases/networks.ts";
import { reductionCases } from "./cases/reductions.ts";
import { shapeCases } from "./cases/shapes.ts";
import { close, leakFree, runOnce, values } from "./support.ts";

/** A kernel without a case does not compile. */
const cases: { readonly [K in KernelName]: readonly Case[] } = {
  ...mathCases,
  ...logicCases,
  ...reductionCases,
  ...shapeCases,
  ...networkCases,
  ...imageCases,
};

/** The results of a case, and their gradients: of the sum of all elements, each weighted by the cosine of its number. */
function withGradients({ fn, inputs, by }: Case): (tensors: tf.Tensor[]) => tf.Tensor[] {
  const wanted = by ?? inputs.flatMap((array, i) => (array.data instanceof Float32Array ? [i] : []));
  const outputs = (xs: tf.Tensor[]): tf.Tensor[] => [fn(...xs)].flat();
  const weighted = (xs: tf.Tensor[]): tf.Scalar => {
    const sums = outputs(xs).map((y) => {
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(i));
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    });
    return tf.addN(sums) as tf.Scalar;
  };
  return (tensors) => {
    if (wanted.length === 0) return outputs(tensors);
    const loss = (...xs: tf.Tensor[]) => weighted(tensors.map((t, i) => xs[wanted.indexOf(i)] ?? t));
    return [...outputs(tensors), ...tf.grads(loss)(wanted.map((i) => tensors[i]!))];
  };
}

const shapesOf = (result: readonly HostArray[]): string[] => result.map((a) => `${a.dtype} [${a.shape}]`);

for (const name of kernelNames) {
  test(
    `${name}: values, gradients, shapes and dtypes are those of tfjs's cpu backend`,
    leakFree(async () => {
      for (const [i, one] of cases[name].entries()) {
        const title = `${name} case ${i}`;
        const fn = withGradients(one);
        const expected = await runOnce(fn, one.inputs, { engine: "tfjs", name: title });
        const actual = await runOnce(fn, one.inputs, { name: title });
        assert.equal(shapesOf(actual), shapesOf(expected), title);
        close(values(actual), values(expected), title, one.tolerance);
      }
    }),
  );
}

test("every case runs the kernel it stands for", async () => {
  tf.setBackend("cpu");
  for (const name of kernelNames) {
    const seen = new Set<string>();
    for (const one of cases[name]) {
      const tensors = one.inputs.map((a) => tf.tensor(a.data as Float32Array, a.shape, dtypeName(a)));
      const profile = await tf.profile(() => {
        withGradients(one)(tensors);
        return tf.scalar(0);
      });
      for (const kernel of profile.kernelNames) seen.add(kernel);
      if (seen.has(name)) break;
    }
    assert.ok(seen.has(name), `${name}: no case of it runs the kernel, only ${[...seen].join(", ")}`);
  }
  tf.disposeVariables();
});

const dtypeName = (a: HostArray): "float32" | "int32" | "bool" =>
  a.data instanceof Float32Array ? "float32" : a.data instanceof Int32Array ? "int32" : "bool";

test.run();
