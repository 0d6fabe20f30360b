import ndarray from "ndarray";
import * as tf from "#tf";
import { linearOperator } from "../../operators/operator.ts";
import { type ComparisonTable, compare } from "../../src/compare/compare.ts";
import type { Method } from "../../src/compare/method.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import { problemOf } from "../../src/solve/index.ts";

/** Two 2×2 signals, all 1 and all 0, measured by Φx = 2x. */
export function doubling(range?: readonly [number, number]) {
  const operator = linearOperator({
    name: "double",
    inShape: [2, 2],
    outShape: [2, 2],
    forward: (x) => tf.mul(2, x),
  });
  const truth = ndarray(Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0), [2, 2, 2]);
  const y = ndarray(Float32Array.of(2, 2, 2, 2, 0, 0, 0, 0), [2, 2, 2]);
  return { truth, problems: [problemOf({ operator, noise: gaussianNoise(0.1), y, ...(range && { range }) })] };
}

/** A method that always answers with one grey. */
export const constant = (name: string, grey: number): Method => ({
  name,
  recover: async () => ({
    estimate: ndarray(new Float32Array(8).fill(grey), [2, 2, 2]),
    outcomes: ["converged", "converged"],
    chosen: { solver: "constant", noise: "gaussian(sigma=0.1)", sigma: 0.1, lambda: 0.1 },
    ...{ warnings: [], steps: 1, history: [], seconds: 2 },
  }),
});

export const tinyComparison = (): Promise<ComparisonTable> =>
  compare({ ...doubling(), methods: [constant("grey", 0.5), constant("black <&>", 0)] });
