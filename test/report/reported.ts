import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { linearOperator } from "../../operators/operator.ts";
import { compare } from "../../src/compare/compare.ts";
import type { Method } from "../../src/compare/method.ts";
import { stream } from "../../src/data/random.ts";
import { gaussianNoise } from "../../src/measure/noise/gaussian.ts";
import type { ReportAbout } from "../../src/report/page.ts";
import { problemOf } from "../../src/solve/index.ts";

const shape = [12, 12];
const n = 144;
const uniform = stream(1, "reported signals");
const truth = ndarray(
  Float32Array.from({ length: 2 * n }, () => uniform.uniform()),
  [2, ...shape],
);

const filled = (value: (at: number) => number): NdArray<Float32Array> =>
  ndarray(
    Float32Array.from({ length: 2 * n }, (_, at) => value(at)),
    [2, ...shape],
  );

/** A method that gives the same signals whatever was measured, and a posterior if it has a deviation. */
const given = (name: string, estimate: NdArray<Float32Array>, deviation?: (at: number) => number): Method => ({
  name,
  recover: async () => ({
    ...{ estimate, outcomes: ["converged", "converged"], warnings: [], steps: 1, history: [], seconds: 1 },
    chosen: { solver: "given", noise: "gaussian(sigma=0.1)", sigma: 0.1 },
    ...(deviation && {
      marginals: async (i: number) => [
        {
          probability: 1,
          mean: Float64Array.from(estimate.data.subarray(i * n, (i + 1) * n)),
          variance: Float64Array.from({ length: n }, (_, at) => deviation(at) ** 2),
        },
      ],
    }),
  }),
});

/** A report of two images of 12 × 12 with everything that a page can show: a sweep of measured rows, a posterior, three methods. */
export async function reported() {
  const problems = [6, 12].map((rows) =>
    problemOf({
      noise: gaussianNoise(0.1),
      y: ndarray(
        Float32Array.from({ length: 2 * rows * 12 }, (_, at) => truth.data[at < rows * 12 ? at : at - rows * 12 + n]!),
        [2, rows, 12],
      ),
      operator: linearOperator({
        ...{ name: `rows(m=${12 * rows})`, inShape: shape, outShape: [rows, 12] },
        forward: (x) => tf.slice(x, [0, 0, 0], [x.shape[0]!, rows, 12]),
      }),
    }),
  );
  const noise = stream(2, "reported errors").fillNormal(new Float32Array(2 * n));
  const sure = given(
    "sure",
    filled((at) => truth.data[at]! + 0.1 * noise[at]!),
    () => 0.15,
  );
  const methods = [
    sure,
    given(
      "grey",
      filled(() => 0.5),
    ),
    given(
      "black <&>",
      filled(() => 0),
    ),
  ];
  const about: ReportAbout = {
    ...{ title: "A <title>", paragraphs: ["What was done."], facts: { seed: 1, data: 'a "set"' } },
    ...{ commands: ["sketchprior compare data.npy --operator 'a b'"], versions: { node: process.versions.node } },
  };
  return { table: await compare({ truth, problems, methods }), about };
}
