import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import type { MixturePrior } from "../../../priors/prior.ts";
import { drawLabelled } from "../../../priors/samples.ts";
import { characteristicFunction } from "../../../scripts/experiments/moments/characteristic.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { components, k, n, toyMixture } from "../../priors/mixtures.ts";

const test = suite("characteristic function of a mixture");
const m = 40;

const frequencies = (scale: number) =>
  ndarray(
    stream(1, "frequencies")
      .fillNormal(new Float32Array(m * n))
      .map((v) => v * scale),
    [m, n],
  );

/** The inputs of the compiled function: those of a mixture, with these weights. */
const arrays = (
  { means, covarianceOf, factors, centre, matrix, residual }: MixturePrior,
  weights: NdArray<Float32Array>,
) => ({
  ...{ weights, means, factors, centre, matrix, residual },
  covarianceOf: ndarray(covarianceOf, [components]),
});

/** One row of weights a label, and one for all. */
const byLabel = ndarray(Float32Array.of(0.2, 0.8, 0, 0, 0, 0, 0.6, 0.4, 0.1, 0.4, 0.3, 0.2), [3, components]);

test("it is the mean of exp(iωᵀx) over samples, of every label its own", async () => {
  const omega = frequencies(0.5);
  const own = arrays(toyMixture, byLabel);
  const compiled = await compile(
    (given: { mixture: Record<keyof typeof own, tf.Tensor>; omega: tf.Tensor }) =>
      characteristicFunction(given.mixture, given.omega),
    { mixture: own, omega },
  );
  const { cos, sin } = await compiled.run({ mixture: own, omega });
  const count = 20_000;
  for (const [group, label] of [0, 1, undefined].entries()) {
    const { signals } = await drawLabelled(toyMixture, count, 2, label);
    for (let j = 0; j < m; j++) {
      let [re, im] = [0, 0];
      for (let row = 0; row < count; row++) {
        let phase = 0;
        for (let i = 0; i < n; i++) phase += omega.data[j * n + i]! * signals.data[row * n + i]!;
        re += Math.cos(phase) / count;
        im += Math.sin(phase) / count;
      }
      const gap = Math.hypot(re - cos.get(group, j), im - sin.get(group, j));
      assert.ok(gap < 4 / Math.sqrt(count), `label ${label}, frequency ${j}: ${gap}`); // deviation at most 1/√count
    }
  }
  await compiled.dispose();
});

test("its gradients in weights, means and factors are the slopes of its value", async () => {
  const omega = frequencies(0.3);
  const own = arrays(toyMixture, byLabel);
  const names = ["weights", "means", "factors"] as const;
  const value = await compile(
    (given: { mixture: Record<keyof typeof own, tf.Tensor>; omega: tf.Tensor }) => {
      const loss = (...moved: tf.Tensor[]) => {
        const [weights, means, factors] = moved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const { cos, sin } = characteristicFunction({ ...given.mixture, weights, means, factors }, given.omega);
        return tf.sum(tf.add(tf.square(cos), tf.mul(2, sin))) as tf.Scalar;
      };
      return tf.valueAndGrads(loss)(names.map((name) => given.mixture[name]));
    },
    { mixture: own, omega },
  );
  const { grads } = await value.run({ mixture: own, omega });
  const at = async (name: (typeof names)[number], entry: number, step: number) => {
    const moved = ndarray(own[name].data.slice(), own[name].shape);
    moved.data[entry]! += step;
    return (await value.run({ mixture: { ...own, [name]: moved }, omega })).value.data[0]!;
  };
  for (const [i, name] of names.entries()) {
    for (const entry of [0, k + 1]) {
      const slope = ((await at(name, entry, 1e-2)) - (await at(name, entry, -1e-2))) / 2e-2;
      // central differences of a value of about 20 in float32
      assert.ok(Math.abs(slope - grads[i]!.data[entry]!) < 1e-2 * (1 + Math.abs(slope)), `${name} ${entry}: ${slope}`);
    }
  }
  await value.dispose();
});

test.run();
