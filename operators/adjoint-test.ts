import type * as tf from "#tf";
import { contiguous, type HostData } from "../src/data/array.ts";
import { InputError } from "../src/data/errors.ts";
import { dot } from "../src/data/vector.ts";
import { compile } from "../src/engine/index.ts";
import type { LinearOperator } from "./operator.ts";
import { normalSignals } from "./probes.ts";

/** Random pairs that are tried. */
const PAIRS = 4;

/**
 * The dot test: how far `adjoint` is from the true Φ', the largest |⟨Φx, y⟩ − ⟨x, Φ'y⟩| / max(‖Φx‖‖y‖, ‖x‖‖Φ'y‖) over four random
 * pairs. The second product stands for the size of sums whose terms cancel: Φx is then mostly rounding.
 * Below 1e-7 for a right adjoint in float32, from a mask to the sum of a million numbers; anything above 1e-5 is a wrong one.
 */
export async function dotTest(operator: LinearOperator, seed = 1): Promise<number> {
  const x = normalSignals(seed, "dot test x", PAIRS, operator.inShape);
  const y = normalSignals(seed, "dot test y", PAIRS, operator.outShape);
  const both = await compile(
    (input: { x: tf.Tensor; y: tf.Tensor }) => ({
      forward: operator.forward(input.x),
      adjoint: operator.adjoint(input.y),
    }),
    { x, y },
    { name: `dot test of ${operator.name}` },
  );
  const { forward, adjoint } = await both.run({ x, y });
  await both.dispose();
  const [rowsOfX, rowsOfY, measured, back] = [x, y, forward, adjoint].map((batch) => contiguous(batch));
  const dotOfRow = (i: number, a: HostData, b: HostData): number => {
    const width = a.length / PAIRS;
    return dot(a as Float32Array, i * width, b as Float32Array, i * width, width);
  };
  const gaps = Array.from({ length: PAIRS }, (_, i) => {
    const yAx = dotOfRow(i, measured!, rowsOfY!);
    const xAty = dotOfRow(i, rowsOfX!, back!);
    const normOf = (rows: HostData) => Math.sqrt(dotOfRow(i, rows, rows));
    const scale = Math.max(normOf(measured!) * normOf(rowsOfY!), normOf(rowsOfX!) * normOf(back!));
    return Math.abs(yAx - xAty) / (scale || 1);
  });
  return Math.max(...gaps);
}

/** Above this the adjoint is not that of `forward`: a hundred times what rounding in float32 gives (`dotTest`). */
export const MOST_GAP = 1e-5;

const trusted = new WeakSet<LinearOperator>();

/**
 * Requires that the operator passes the dot test, which runs once for each operator. It also finds an offset, Φ(0) ≠ 0, and a Φ that is
 * not linear.
 * Errors (InputError): an operator that says it is linear and fails the test.
 */
export async function requireAdjoint(operator: LinearOperator): Promise<void> {
  if (trusted.has(operator)) return;
  const gap = await dotTest(operator);
  if (!(gap < MOST_GAP)) {
    throw new InputError(
      `${operator.name} says it is linear, but ⟨Φx, y⟩ and ⟨x, Φ'y⟩ differ by ${gap.toPrecision(2)} of their size; ` +
        "correct its adjoint, or leave linear and adjoint out",
    );
  }
  trusted.add(operator);
}
