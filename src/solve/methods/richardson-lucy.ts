import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LinearOperator } from "../../../operators/operator.ts";
import { contiguous, fromHost, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { requireCounts } from "../../data/options.ts";
import { stream } from "../../data/random.ts";
import { compile } from "../../engine/index.ts";
import { iterateRows } from "../../engine/iterate-rows.ts";
import { filled, squares, TINY } from "../batch.ts";
import { applyToRows } from "../operator-matrix.ts";
import { whitenedProblem } from "../penalised/whitening.ts";
import { all, isLinearProblem, linearOperatorOf } from "../requirements.ts";
import { rowSigmas } from "../row-sigma.ts";
import { recoveryMethod } from "./method.ts";

type State = { readonly x: NdArray<Float32Array>; readonly c: NdArray<Float32Array> };

/**
 * Richardson-Lucy, also known as maximum likelihood by expectation maximisation (MLEM), for any Φ without negative elements:
 *
 *     x ← x · Φ'(y/Φx) / Φ'1        for counts,
 *     x ← x · (Φ'y)₊ / Φ'Φx         for Gaussian noise (the image space reconstruction algorithm, Daube-Witherspoon, Muehllehner 1986),
 *
 * from a flat x ≥ 0 whose Φx has the sum of y. Every step raises the likelihood of Poisson counts, or of Gaussian noise; x stays ≥ 0. Gone on with, the noise
 * is fitted more and more, so a signal stops at the first step with ‖y − Φx‖² ≤ mσ², the discrepancy principle (Morozov 1966), σ the root mean
 * square of the noise of its own y. Noise that is not Gaussian counts as Poisson's. Pixels that Φ does not see stay flat.
 *
 * Source: Richardson 1972; Lucy 1974; for tomography Shepp, Vardi 1982.
 * Errors (InputError): Φ with negative elements.
 */
export const richardsonLucy = recoveryMethod({
  summary: "greatest likelihood with x ≥ 0, for Φ ≥ 0 (blurs, tomography), stopped at the size of the noise",
  options: { steps: { type: "integer", default: 500, description: "most iterations; all of them without noise" } },
  samples: [
    { shape: [8, 7], operator: "blur:sigma=1", spec: "richardson-lucy" },
    { shape: [6, 6], operator: "radon:angles=9", spec: "richardson-lucy:steps=20" },
    { shape: [6, 5, 2], operator: "downsample:factor=2,method=area", spec: "richardson-lucy" },
  ],
  check: ({ steps }) => requireCounts("richardson-lucy", { steps }),
  accepts: (problem) => {
    const least = problem.range?.[0] ?? 0;
    return all(
      isLinearProblem(problem),
      least >= 0 || `its signals are at least 0, the range begins at ${least}; take a penalty`,
    );
  },
  solve: async (problem, { steps: maxSteps }, { onProgress, signal }) => {
    const gaussian = problem.noise.gaussian !== undefined;
    const { y, noise, operator } = gaussian
      ? whitenedProblem(problem)
      : { ...problem, operator: linearOperatorOf("richardson-lucy", problem) };
    await requireNonNegative(operator);
    const [batch, n, m] = [y.shape[0]!, sizeOf(operator.inShape), sizeOf(operator.outShape)];
    const flat = (await applyToRows(operator, filled(1, [n], 1))).data;
    const total = flat.reduce((a, b) => a + b, 0);
    const levels = sumsOfRows(contiguous(y) as Float32Array, batch).map((sum) => sum / (total || 1));
    const start: State = {
      x: fromHost(
        Float32Array.from({ length: batch * n }, (_, at) => levels[Math.floor(at / n)]!),
        [batch, ...operator.inShape],
      ),
      c: fromHost(
        Float32Array.from({ length: batch * m }, (_, at) => levels[Math.floor(at / m)]! * flat[at % m]!),
        y.shape,
      ),
    };
    const targets = Array.from(rowSigmas(noise, y), (sigma) => m * sigma ** 2);
    const compiled = await compile(iteration(operator, gaussian), { y, state: start }, { name: "richardson-lucy" });
    try {
      const { state, codes, steps, history } = await iterateRows<State>({
        ...{ rows: batch, state: start, maxSteps },
        ...(onProgress && { onProgress }),
        ...(signal && { signal }),
        step: async (before) => {
          const { residual, ...after } = await compiled.run({ y, state: before });
          return {
            state: after,
            objectives: residual.data,
            changes: new Float32Array(batch).fill(Number.NaN), // the distance from the solution is not known
            codes: targets.map((target, i) => (residual.data[i]! <= target ? "discrepancy" : undefined)),
          };
        },
      });
      return { estimate: state.x, outcomes: codes, steps, history, warnings: [] };
    } finally {
      await compiled.dispose();
    }
  },
});

/** One step: the next x with its c = Φx, and ‖y − Φx‖² of every row. */
const iteration =
  (operator: LinearOperator, gaussian: boolean) =>
  ({ y, state }: { y: tf.Tensor; state: { x: tf.Tensor; c: tf.Tensor } }) => {
    const counts = tf.relu(y);
    const [wanted, had] = gaussian
      ? [tf.relu(operator.adjoint(y)), operator.adjoint(state.c)]
      : [operator.adjoint(tf.div(counts, tf.maximum(state.c, TINY))), operator.adjoint(tf.onesLike(y))];
    const x = tf.where(tf.greater(had, 0), tf.mul(state.x, tf.div(wanted, tf.maximum(had, TINY))), state.x);
    const c = operator.forward(x);
    return { x, c, residual: squares(tf.sub(y, c)) };
  };

/** The sums of the numbers above 0 of every row. */
function sumsOfRows(data: Float32Array, rows: number): Float64Array {
  const width = data.length / rows;
  return Float64Array.from({ length: rows }, (_, i) =>
    data.subarray(i * width, (i + 1) * width).reduce((sum, v) => sum + Math.max(v, 0), 0),
  );
}

/** Columns of Φ that are looked at. Operators with negative elements have them all over. */
const COLUMNS = 16;

/** Errors (InputError): one of some columns of Φ, drawn at random, has a negative element that is no rounding. */
async function requireNonNegative(operator: LinearOperator): Promise<void> {
  const n = sizeOf(operator.inShape);
  const units = new Float32Array(COLUMNS * n);
  const random = stream(1, "columns of an operator");
  for (let i = 0; i < COLUMNS; i++) units[i * n + Math.floor(random.uniform() * n)] = 1;
  const { data } = await applyToRows(operator, fromHost(units, [COLUMNS, n]));
  const [least, most] = data.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [0, 0] as [
    number,
    number,
  ]);
  if (least >= -1e-6 * most) return;
  throw new InputError(
    `richardson-lucy: expected an operator without negative elements, as blur or radon, got ${operator.name}; take a penalty`,
  );
}
