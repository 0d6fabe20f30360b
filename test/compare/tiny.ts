import ndarray from "ndarray";
import * as tf from "#tf";
import { linearOperator } from "../../operators/operator.ts";
import { type ComparisonTable, compare } from "../../src/compare/compare.ts";

/** Two 2×2 signals, all 1 and all 0, measured by Φx = 2x. */
export function doubling() {
  const operator = linearOperator({
    name: "double",
    inShape: [2, 2],
    outShape: [2, 2],
    forward: (x) => tf.mul(2, x),
  });
  const truth = ndarray(Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0), [2, 2, 2]);
  const y = ndarray(Float32Array.of(2, 2, 2, 2, 0, 0, 0, 0), [2, 2, 2]);
  return { truth, problems: [{ operator, noise: 0.1, y }] };
}

/** A method that always answers with one grey. */
export const constant = (name: string, grey: number) => ({
  name,
  recover: async () => ({
    estimate: ndarray(new Float32Array(8).fill(grey), [2, 2, 2]),
    ...{ seconds: 2, code: "converged", lambda: 0.1 },
  }),
});

export const tinyComparison = (): Promise<ComparisonTable> =>
  compare({ ...doubling(), methods: [constant("grey", 0.5), constant("black <&>", 0)] });
