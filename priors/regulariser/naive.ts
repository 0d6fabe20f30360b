import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LinearOperator } from "../../operators/operator.ts";
import { fromHost, sizeOf } from "../../src/data/array.ts";
import { pauses } from "../../src/engine/events.ts";
import { compile } from "../../src/engine/index.ts";
import { iterate } from "../../src/engine/iterate.ts";
import { TINY } from "../../src/engine/tiny.ts";
import { perSignal, spread } from "../signals.ts";

type Images = NdArray<Float32Array>;

type State = { readonly x: Images; readonly r: Images; readonly p: Images };

/** Iterations of a compiled step, most steps, and the part of ‖Φ'y‖ at which the gradient ends them: its error is far below that of a naive reconstruction. */
const [ITERATIONS, MOST_STEPS, TOLERANCE] = [10, 30, 1e-3];

/** Pixels of the images that are reconstructed together: few enough for an interruption to be heeded between two steps. */
const PIXELS = 2 ** 17;

/**
 * Naive reconstructions by Tikhonov's formula (Φ'Φ + αI)⁻¹Φ'y, a linear map R of y, by conjugate gradients: what a critic learns to tell from true images.
 * y: [count, ...outShape]; returns [count, ...inShape]. An abort throws the signal's reason.
 */
export async function naive(
  operator: LinearOperator,
  y: NdArray<Float32Array>,
  alpha: number,
  signal: AbortSignal | undefined,
): Promise<Images> {
  const { inShape } = operator;
  const [n, m, count] = [sizeOf(inShape), sizeOf(operator.outShape), y.shape[0]!];
  const size = Math.min(count, Math.max(1, Math.floor(PIXELS / n)));
  const out = new Float32Array(count * n);
  const begin = await compile(
    (input: { y: tf.Tensor }) => operator.adjoint(input.y),
    { y: fromHost(new Float32Array(size * m), [size, ...operator.outShape]) },
    { name: `back-projection of ${operator.name}` },
  );
  const empty = (): Images => fromHost(new Float32Array(size * n), [size, ...inShape]);
  const step = await compile(steps(operator, alpha), { x: empty(), r: empty(), p: empty() } as State, {
    name: "naive",
  });
  const pause = pauses(signal);
  try {
    for (let first = 0; first < count; first += size) {
      const own = new Float32Array(size * m); // rows beyond the last stay 0
      own.set(y.data.subarray(first * m, Math.min(count, first + size) * m));
      const r = await begin.run({ y: fromHost(own, [size, ...operator.outShape]) });
      const norm = Math.sqrt(r.data.reduce((sum, v) => sum + v * v, 0)) || 1;
      const { state } = await iterate<State>({
        ...{ state: { x: empty(), r, p: r }, maxSteps: MOST_STEPS, tolerance: TOLERANCE, ...(signal && { signal }) },
        step: async (before) => {
          await pause();
          const { left, ...state } = await step.run({ ...before });
          return { state, objective: left.data[0]!, change: left.data[0]! / norm };
        },
      });
      out.set(state.x.data.subarray(0, Math.min(size, count - first) * n), first * n);
    }
  } finally {
    await Promise.all([begin.dispose(), step.dispose()]);
  }
  signal?.throwIfAborted();
  return fromHost(out, [count, ...inShape]);
}

/** Conjugate gradients (Hestenes, Stiefel 1952) for (Φ'Φ + αI)x = Φ'y, of every row by itself; `left` is ‖r‖ of all. */
const steps = (operator: LinearOperator, alpha: number) => (state: { x: tf.Tensor; r: tf.Tensor; p: tf.Tensor }) => {
  let { x, r, p } = state;
  const squares = (a: tf.Tensor) => tf.sum(perSignal(tf.square(a)), 1);
  let size = squares(r);
  for (let i = 0; i < ITERATIONS; i++) {
    const measured = operator.forward(p);
    const curvature = tf.add(squares(measured), tf.mul(alpha, squares(p)));
    const along = (t: tf.Tensor, v: tf.Tensor) => tf.mul(spread(t, v.rank), v);
    const a = tf.div(size, tf.maximum(curvature, TINY));
    x = tf.add(x, along(a, p));
    r = tf.sub(r, along(a, tf.add(operator.adjoint(measured), tf.mul(alpha, p))));
    const next = squares(r);
    p = tf.add(r, along(tf.div(next, tf.maximum(size, TINY)), p));
    size = next;
  }
  return { x, r, p, left: tf.sqrt(tf.sum(size)) };
};
