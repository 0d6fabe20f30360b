import ndarray from "ndarray";
import type { MixturePrior } from "../../priors/prior.ts";
import { stream } from "../../src/data/random.ts";

/** Sizes of the mixture below: n numbers a signal, k features, two labels of two components with one covariance each. */
export const [n, k, components, covariances] = [6, 4, 4, 2];

const normal = (shape: number[], name: string, scale: number) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = stream(3, "toy mixture", name).fillNormal(new Float32Array(size));
  return ndarray(
    data.map((v) => v * scale),
    shape,
  );
};

const lower = normal([covariances, k, k], "factors", 0.3);
for (let at = 0; at < lower.size; at++) {
  const [row, column] = [Math.floor(at / k) % k, at % k];
  if (column > row) lower.data[at] = 0;
  if (column === row) lower.data[at] = 1 / (1 + row);
}

const weights = Float64Array.of(0.1, 0.4, 0.3, 0.2);

const means = normal([components, k], "means", 1);
for (let a = 0; a < k; a++) {
  const middle = weights.reduce((sum, w, j) => sum + w * means.get(j, a), 0);
  for (let j = 0; j < components; j++) means.set(j, a, means.get(j, a) - middle);
}

/** A mixture whose components lie apart, their mean 0, with a small residual. */
export const toyMixture: MixturePrior = {
  ...{ kind: "mixture", name: "toy", shape: [n] },
  weights,
  means,
  covarianceOf: Int32Array.of(0, 0, 1, 1),
  labels: Int32Array.of(0, 0, 1, 1),
  factors: lower,
  centre: normal([n], "centre", 1),
  matrix: normal([n, k], "matrix", 0.6),
  residual: ndarray(
    Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1e-3 : 0)),
    [n, n],
  ),
};
