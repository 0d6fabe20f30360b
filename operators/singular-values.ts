import type * as tf from "#tf";
import { fromHost, sizeOf } from "../src/data/array.ts";
import { symmetricEigen } from "../src/data/linalg.ts";
import { dot } from "../src/data/vector.ts";
import { compile } from "../src/engine/index.ts";
import { adjoint } from "./adjoint.ts";
import { compose } from "./compose.ts";
import { identity } from "./identity.ts";
import { operatorNorm } from "./norms.ts";
import type { LinearOperator } from "./operator.ts";
import { scale } from "./scale.ts";
import { sum } from "./sum.ts";

/** What is known of the min(m, n) singular values of an operator of m measurements of n numbers. */
export interface SingularValues {
  /** The smallest of them; if they were not all computed, it is at most this. */
  readonly smallest: number;
  /** How many are above 1e-5 of the largest, which is float32's 0; if all were computed. */
  readonly rank?: number;
  /** The smallest of these; the largest over it is the condition of what is measured. */
  readonly leastMeasured?: number;
}

/** All singular values are computed if there are no more than this, */
const MOST = 1024;
/** and if their Gram matrix takes no more multiplications than this: a second or two. */
const MOST_WORK = 2 ** 31;
/** Below this part of the largest, a singular value is rounding. */
const ROUNDING = 1e-5;
/** Compiled steps, of ten iterations each, of the power method for the smallest one. */
const STEPS = 30;

/**
 * The singular values of an operator of norm `largest`: all of them in float64 for small ones. For others an upper bound of the smallest, √(‖Φ‖² − λ) with
 * λ the largest eigenvalue of ‖Φ‖²I − Φ'Φ (or ΦΦ', the smaller one) by power iteration, which in float32 is not below 1e-3 of ‖Φ‖.
 */
export async function singularValues(operator: LinearOperator, largest: number): Promise<SingularValues> {
  const [n, m] = [sizeOf(operator.inShape), sizeOf(operator.outShape)];
  const [few, many] = m < n ? [m, n] : [n, m];
  const short = m < n ? adjoint(operator) : operator; // takes the smaller space
  if (few <= MOST && few ** 2 * many <= MOST_WORK) return allOf(await images(short), few, many);
  const gram = compose(adjoint(short), short);
  const rest = sum([scale(largest ** 2 || 1, identity({ inShape: short.inShape })), scale(-1, gram)]);
  const found = await operatorNorm(rest, { maxSteps: STEPS });
  return { smallest: Math.sqrt(Math.max(0, largest ** 2 - found)) };
}

function allOf(rows: Float32Array, few: number, many: number): SingularValues {
  const gram = new Float64Array(few * few);
  for (let i = 0; i < few; i++) {
    for (let j = 0; j <= i; j++) {
      gram[i * few + j] = dot(rows, i * many, rows, j * many, many);
      gram[j * few + i] = gram[i * few + j]!;
    }
  }
  const values = symmetricEigen(gram, few).values.map((value) => Math.sqrt(Math.max(0, value)));
  const rank = values.filter((value) => value > ROUNDING * values[0]!).length;
  const smallest = rank < few ? 0 : values[few - 1]!;
  return { smallest, rank, ...(rank > 0 && { leastMeasured: values[rank - 1]! }) };
}

/** Unit vectors of one compiled run. */
const BATCH = 128;

/** What an operator makes of every unit vector, one a row. */
async function images({ inShape, outShape, forward, name }: LinearOperator): Promise<Float32Array> {
  const [n, m] = [sizeOf(inShape), sizeOf(outShape)];
  const units = (first: number) => {
    const data = new Float32Array(BATCH * n);
    for (let i = 0; i < BATCH && first + i < n; i++) data[i * n + first + i] = 1;
    return { x: fromHost(data, [BATCH, ...inShape]) };
  };
  const compiled = await compile(({ x }: { x: tf.Tensor }) => forward(x), units(0), { name });
  const out = new Float32Array(n * m);
  for (let first = 0; first < n; first += BATCH) {
    const { data } = await compiled.run(units(first));
    out.set(data.subarray(0, Math.min(BATCH, n - first) * m), first * m);
  }
  await compiled.dispose();
  return out;
}
