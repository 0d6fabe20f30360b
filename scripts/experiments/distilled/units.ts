import type { NetworkSpec, Weights } from "../../../priors/generator/network.ts";
import type { MixtureModel } from "../../../priors/mixture/model.ts";
import { fromHost } from "../../../src/data/array.ts";
import { multiply } from "../../../src/data/matmul.ts";

/** √E vᵢ² of every feature of a mixture, 1 where that is 0. */
export function deviations({ weights, means, covarianceOf, factors }: MixtureModel): Float32Array {
  const k = means.shape[1]!;
  const squares = new Float64Array(k);
  for (const [j, weight] of weights.entries()) {
    for (let a = 0; a < k; a++) {
      const from = (covarianceOf[j]! * k + a) * k;
      const variance = factors.data.subarray(from, from + a + 1).reduce((sum, v) => sum + v * v, 0);
      squares[a]! += weight * (means.data[j * k + a]! ** 2 + variance);
    }
  }
  return Float32Array.from(squares, (v) => Math.sqrt(v) || 1);
}

/** Weights of a network whose output u is uA, A [output, output]: the last layer, and the linear path if it has one, turned. */
export function turnedOutput({ output: k, linear }: NetworkSpec, weights: Weights, matrix: Float64Array): Weights {
  const first = weights.length - (linear ? 3 : 2);
  return weights.map((w, i) =>
    i < first ? w : fromHost(Float32Array.from(multiply(w.data, matrix, w.size / k, k, k)), w.shape),
  );
}

/** Weights of a network that takes inputs in other units: rows of the first layer, from `first` on, divided by these. */
export function scaledInput(weights: Weights, first: number, units: Float32Array): Weights {
  const [w, ...others] = weights;
  const columns = w!.shape[1]!;
  const divided = w!.data.map((v, at) => {
    const unit = units[Math.floor(at / columns) - first];
    return unit === undefined ? v : v / unit;
  });
  return [fromHost(divided, w!.shape), ...others];
}
