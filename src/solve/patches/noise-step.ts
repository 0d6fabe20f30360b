import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LinearOperator } from "../../../operators/operator.ts";
import { fromHost } from "../../data/array.ts";
import { compile } from "../../engine/index.ts";
import type { NoiseModel } from "../../measure/noise/noise.ts";
import { filled } from "../batch.ts";
import type { ImageStep } from "./image-step.ts";

/** Steps of the splitting in one image step. The next one goes on from where it ended. */
const STEPS = 8;

/** An image step for a noise that is not Gaussian, and what frees its compiled function. */
export interface NoiseStep {
  readonly step: ImageStep;
  dispose(): Promise<void>;
}

/** The image step for Φ = I: argmin_x misfit(x, y) + λ‖x − centre‖², the proximal map of the misfit at the centre. */
export async function denoisingStep({ prox, name }: NoiseModel, shape: readonly number[]): Promise<NoiseStep> {
  const signals = filled(1, shape);
  const compiled = await compile(
    ({ centre, y, t }: Record<"centre" | "y" | "t", tf.Tensor>) => prox!(centre, y, t),
    { centre: signals, y: signals, t: filled(1, []) },
    { name: `patches: ${name}` },
  );
  return {
    step: async (y, centre, lambda) =>
      (await compiled.run({ centre, y, t: filled(1, [], 1 / (2 * lambda)) })) as NdArray<Float32Array>,
    dispose: () => compiled.dispose(),
  };
}

/**
 * The image step for any linear Φ: argmin_x misfit(Φx, y) + λ‖x − centre‖² by the alternating direction method of multipliers with c = Φx
 * (Boyd et al. 2011, §3.1.1) at the penalty 1, which suits a misfit that is like ½‖Φx − y‖²:
 *
 *     x = argmin ½‖c − u − Φx‖² + λ‖x − centre‖²,   c = prox(Φx + u),   u = u + Φx − c.
 *
 * `average` is the first, the image step for Gaussian noise. One signal at a time: a new y begins anew.
 */
export async function splitStep(
  operator: LinearOperator,
  { prox, name }: NoiseModel,
  average: ImageStep,
): Promise<NoiseStep> {
  const measured = filled(1, operator.outShape);
  const one = filled(1, [], 1);
  const compiled = await compile(
    ({ x, u, y, t }: Record<"x" | "u" | "y" | "t", tf.Tensor>) => {
      const seen = tf.add(operator.forward(x), u);
      const c = prox!(seen, y, t);
      const after = tf.sub(seen, c);
      return { u: after, wanted: tf.sub(c, after) };
    },
    { x: filled(1, operator.inShape), u: measured, y: measured, t: one },
    { name: `patches: Φx with ${name}` },
  );
  let state: { readonly y: NdArray<Float32Array>; u: NdArray<Float32Array>; wanted: NdArray<Float32Array> } | undefined;
  const advanced = async (x: NdArray<Float32Array>, y: NdArray<Float32Array>, u: NdArray<Float32Array>) => {
    const { u: after, wanted } = await compiled.run({ x, u, y, t: one });
    state = { y, u: after as NdArray<Float32Array>, wanted: wanted as NdArray<Float32Array> };
    return state;
  };
  return {
    step: async (y, centre, lambda) => {
      let own =
        state?.y === y ? state : await advanced(centre, y, fromHost(new Float32Array(measured.size), measured.shape));
      let x = centre;
      for (let at = 0; at < STEPS; at++) {
        x = await average(own.wanted, centre, lambda);
        own = await advanced(x, y, own.u);
      }
      return x;
    },
    dispose: () => compiled.dispose(),
  };
}
