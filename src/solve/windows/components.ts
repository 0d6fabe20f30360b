import type { WindowPrior } from "../../../priors/prior.ts";
import { cholesky, invertLower, logDeterminant } from "../../data/cholesky.ts";
import { multiplyTransposed, transpose } from "../../data/matmul.ts";

/** The components of a window, or of the part of it that is inside the image, of d numbers. */
export interface Components {
  readonly d: number;
  /** m [components, d]. */
  readonly means: Float64Array;
  /** S⁻¹, [components · d, d]. */
  readonly precisions: Float64Array;
  /** log det S⁻¹, [components]. */
  readonly logDets: Float64Array;
}

/** The components of parts of windows, each made once. */
export function componentsOf({ means, covariances }: WindowPrior) {
  const known = new Map<string, Components>();
  const [count = 0, whole = 0] = means.shape;
  const made = async (inside: Int32Array, pause: () => Promise<void>): Promise<Components> => {
    const d = inside.length;
    const out = { d, means: new Float64Array(count * d), precisions: new Float64Array(count * d * d) };
    const logDets = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      await pause();
      const own = new Float64Array(d * d);
      for (const [a, i] of inside.entries()) {
        out.means[k * d + a] = means.data[k * whole + i]!;
        for (const [b, j] of inside.entries()) own[a * d + b] = covariances.data[(k * whole + i) * whole + j]!;
      }
      const factor = cholesky(own, d);
      logDets[k] = -logDeterminant(factor, d);
      out.precisions.set(inverseOf(factor, d), k * d * d);
    }
    return { ...out, logDets };
  };
  return async (inside: Int32Array, pause: () => Promise<void>): Promise<Components> => {
    const key = inside.join();
    const found = known.get(key) ?? (await made(inside, pause));
    known.set(key, found);
    return found;
  };
}

/** A⁻¹ of A = LLᵀ. */
export function inverseOf(factor: Float64Array, d: number): Float64Array {
  const columns = transpose(invertLower(factor, d), d, d);
  return multiplyTransposed(columns, columns, d);
}
