import type { NdArray } from "ndarray";
import type { ForwardOperator } from "../../operators/operator.ts";
import { contiguous, fromHost, isArray, sameShape, sizeOf } from "../data/array.ts";
import type { ValueRange } from "../data/range.ts";
import { squaredNorm } from "../data/vector.ts";
import type { NoiseModel } from "../measure/noise/noise.ts";

/** An inverse problem y ~ p(y | Φ(x)): what every solver gets. */
export interface Problem {
  readonly operator: ForwardOperator;
  /** [batch, ...operator.outShape]. `problemOf` puts it in row-major order. */
  readonly y: NdArray<Float32Array>;
  readonly noise: NoiseModel;
  /** How the noise's σ was estimated, such as `sigma by evidence`; absent if it was given. */
  readonly sigmaBy?: string;
  /** Smallest and largest value that a signal can have, if they are known: a constraint of the problem. */
  readonly range?: ValueRange;
  /** Shape of one signal: `operator.inShape`. */
  readonly shape: readonly number[];
}

/** Least root mean square of y: the squares of numbers 1e-3 of it still have full float32 precision, which ends at 1e-38. */
const SMALLEST = 1e-15;

export type ProblemInput = Omit<Problem, "shape">;

/**
 * A problem, checked. One signal's measurements, of shape outShape alone, become a batch of one.
 *
 * Errors (RangeError, TypeError):
 * - no operator or no noise model;
 * - y that is no ndarray of float32, has another shape than the operator returns, holds values that are not finite, or is too small for
 *   float32 squares;
 * - a number of σᵢ that differs from the number of measurements;
 * - a range whose ends are not in order.
 */
export function problemOf({ operator, y, noise, range, sigmaBy }: ProblemInput): Problem {
  if (typeof operator?.forward !== "function") {
    throw new TypeError(
      `problem: operator: expected a ForwardOperator, got ${typeof operator}; make it with linearOperator`,
    );
  }
  if (typeof noise?.misfit !== "function") {
    throw new TypeError(
      `problem: noise: expected a NoiseModel, got ${noise}; make it with gaussianNoise(0.05), or call recover`,
    );
  }
  const batch = asBatch(operator, y);
  const { data } = batch;
  const bad = data.findIndex((v) => !Number.isFinite(v));
  const m = sizeOf(operator.outShape);
  if (bad >= 0) {
    throw new RangeError(
      `problem: measurement ${bad % m} of signal ${Math.floor(bad / m)} is ${data[bad]}; expected finite numbers`,
    );
  }
  const size = Math.sqrt(squaredNorm(data as Float32Array) / data.length);
  if (size > 0 && size < SMALLEST) {
    throw new RangeError(
      `problem: the root mean square of y is ${size.toPrecision(3)}, expected at least ${SMALLEST}, for float32 holds no smaller ` +
        "squares; choose smaller units",
    );
  }
  const { sigmas } = noise.gaussian ?? {};
  if (sigmas && sigmas.length !== m) {
    throw new RangeError(
      `problem: noise: expected ${m} sigmas, one for every measurement of ${operator.name}, got ${sigmas.length}`,
    );
  }
  if (range && !(range[0] < range[1])) {
    throw new RangeError(`problem: range: expected two numbers, the smaller first, got ${range.join(", ")}`);
  }
  return { operator, y: batch, noise, shape: operator.inShape, ...(sigmaBy && { sigmaBy }), ...(range && { range }) };
}

/** Errors (TypeError): y is not an ndarray of float32, but for example a plain array. */
export function requireMeasurements(y: unknown): void {
  if (isArray(y) && y.data instanceof Float32Array) return;
  throw new TypeError(
    "problem: y: expected an ndarray of float32, [batch, ...outShape]; make it with ndarray(Float32Array.from(values), shape)",
  );
}

function asBatch({ name, outShape }: ForwardOperator, y: NdArray<Float32Array>): NdArray<Float32Array> {
  requireMeasurements(y);
  const data = contiguous(y) as Float32Array;
  if (sameShape(y.shape.slice(1), outShape) && y.shape[0]! > 0) return fromHost(data, y.shape);
  if (sameShape(y.shape, outShape)) return fromHost(data, [1, ...outShape]);
  throw new RangeError(
    `problem: ${name} returns measurements [batch, ${outShape.join(", ")}], got y of [${y.shape.join(", ")}]`,
  );
}
