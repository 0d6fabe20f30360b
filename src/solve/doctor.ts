import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LinearOperator } from "../../operators/operator.ts";
import { contiguous, fromHost, sizeOf } from "../data/array.ts";
import { stream } from "../data/random.ts";
import { compile } from "../engine/index.ts";
import { iterate } from "../engine/iterate.ts";

export interface NormOptions {
  /** Stops when ten further iterations change the estimate by less than this fraction; default 1e-5. */
  readonly tolerance?: number;
  /** Most compiled steps of ten iterations; default 200. */
  readonly maxSteps?: number;
  /** Seed of the starting vector; default 1. */
  readonly seed?: number;
}

const ITERATIONS = 10;

/**
 * ‖Φ‖, the largest singular value of Φ (not its square), by the power method on Φ'Φ.
 * The estimate approaches from below; with close leading singular values the true norm can lie above it by a few times
 * the tolerance.
 */
export async function operatorNorm(operator: LinearOperator, options: NormOptions = {}): Promise<number> {
  const { tolerance = 1e-5, maxSteps = 200, seed = 1 } = options;
  const start = normalBatch(seed, "operator norm", 1, operator.inShape);
  const step = await compile(powerSteps(operator), { x: start }, { name: `norm of ${operator.name}` });
  const { state } = await iterate({
    state: { x: start, norm: 0 },
    maxSteps,
    tolerance,
    step: async ({ x, norm }) => {
      const next = await step.run({ x });
      const estimate = next.norm.data[0]!;
      return { state: { x: next.x, norm: estimate }, objective: estimate, change: Math.abs(1 - norm / estimate) };
    },
  });
  await step.dispose();
  return state.norm;
}

/** v = x/‖x‖, x ← Φ'Φv, ten times; then the norm is ‖Φv‖. A zero operator gives 0. */
const powerSteps =
  (operator: LinearOperator) =>
  ({ x }: { x: tf.Tensor }) => {
    let norm: tf.Tensor = tf.scalar(0);
    let next = x;
    for (let i = 0; i < ITERATIONS; i++) {
      const measured = operator.forward(tf.div(next, tf.maximum(tf.norm(next), 1e-30)));
      norm = tf.norm(measured);
      next = operator.adjoint(measured);
    }
    return { x: next, norm };
  };

/**
 * ‖Φ‖_F = √E‖Φg‖², g ~ N(0, I), estimated from 64 draws: within about 10 % for operators of a few measurements, closer for
 * more. It says what one unit of signal amplitude measures; solvers scale their steps by it, so that precision is enough.
 */
export async function frobeniusNorm(operator: LinearOperator, seed = 1): Promise<number> {
  const draws = 64;
  const g = normalBatch(seed, "frobenius norm", draws, operator.inShape);
  const squares = await compile(
    ({ g }: { g: tf.Tensor }) => tf.mean(tf.sum(tf.square(tf.reshape(operator.forward(g), [draws, -1])), 1)),
    { g },
    { name: `size of ${operator.name}` },
  );
  const mean = await squares.run({ g });
  await squares.dispose();
  return Math.sqrt(mean.data[0]!);
}

/**
 * How far `adjoint` is from the true Φ': the largest |⟨Φx, y⟩ − ⟨x, Φ'y⟩| / (‖Φx‖‖y‖) over four random pairs.
 * About 1e-7 for a right adjoint in float32; anything above 1e-5 is a wrong one.
 */
export async function adjointGap(operator: LinearOperator, seed = 1): Promise<number> {
  const pairs = 4;
  const x = normalBatch(seed, "adjoint gap x", pairs, operator.inShape);
  const y = normalBatch(seed, "adjoint gap y", pairs, operator.outShape);
  const both = await compile(
    (input: { x: tf.Tensor; y: tf.Tensor }) => ({
      forward: operator.forward(input.x),
      adjoint: operator.adjoint(input.y),
    }),
    { x, y },
    { name: `adjoint of ${operator.name}` },
  );
  const { forward, adjoint } = await both.run({ x, y });
  await both.dispose();
  const gaps = Array.from({ length: pairs }, (_, i) => {
    const [ax, aty] = [row(forward, i), row(adjoint, i)];
    const scale = Math.sqrt(dot(ax, ax) * dot(row(y, i), row(y, i)));
    return Math.abs(dot(ax, row(y, i)) - dot(row(x, i), aty)) / (scale || 1);
  });
  return Math.max(...gaps);
}

function normalBatch(seed: number, name: string, batch: number, shape: readonly number[]): NdArray<Float32Array> {
  return fromHost(stream(seed, name).fillNormal(new Float32Array(batch * sizeOf(shape))), [batch, ...shape]);
}

function row(batch: NdArray<Float32Array>, i: number): Float32Array {
  const width = batch.size / batch.shape[0]!;
  return (contiguous(batch) as Float32Array).subarray(i * width, (i + 1) * width);
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
