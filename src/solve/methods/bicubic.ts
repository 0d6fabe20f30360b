import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import { alongAxis } from "../../../operators/axes.ts";
import { bicubicUpsampling } from "../../../operators/downsample.ts";
import { isLinear } from "../../../operators/operator.ts";
import { compile } from "../../engine/index.ts";
import type { Problem } from "../problem.ts";
import { recoveryMethod } from "./method.ts";

const factorOf = ({ operator }: Problem): number | undefined =>
  isLinear(operator) && operator.form?.kind === "downsampling" ? operator.form.factor : undefined;

/**
 * The missing pixels interpolated by the cubic kernel k of Keys (a = −½), along each of the first two axes:
 *
 *     x̂[j] = Σ_i k((j + ½)/f − ½ − i) y[i],
 *
 * y mirrored at its edges: `imresize(y, f)` of MATLAB, the baseline of super-resolution. The noise is not used.
 *
 * Source: Keys 1981, "Cubic convolution interpolation for digital image processing".
 */
export const bicubic = recoveryMethod({
  summary: "super-resolution (downsample): pixels interpolated by a cubic kernel, as imresize does",
  options: {},
  samples: [
    { shape: [8, 6], operator: "downsample:factor=2", spec: "bicubic" },
    { shape: [7, 10, 3], operator: "downsample:factor=3,method=area", spec: "bicubic" },
    { shape: [9], operator: "downsample:factor=4", spec: "bicubic" },
  ],
  accepts: (problem) =>
    factorOf(problem) !== undefined ||
    `expected fewer pixels, as downsample:factor=2 gives them, got ${problem.operator.name}; take a penalty`,
  solve: async (problem) => {
    const { y, shape } = problem;
    const matrices = shape.slice(0, 2).map((n) => bicubicUpsampling(n, factorOf(problem)!));
    const upsampled = (input: tf.Tensor) => matrices.reduce((x, matrix, axis) => alongAxis(x, axis, matrix), input);
    const run = await compile((given: { y: tf.Tensor }) => upsampled(given.y), { y }, { name: "bicubic" });
    const estimate = (await run.run({ y })) as NdArray<Float32Array>;
    await run.dispose();
    return { estimate, outcomes: new Array(y.shape[0]!).fill("exact"), warnings: [], steps: 1, history: [] };
  },
});
