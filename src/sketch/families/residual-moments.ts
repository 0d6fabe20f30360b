import ndarray from "ndarray";
import * as tf from "#tf";
import { InputError } from "../../data/errors.ts";
import { columnMeans, type DesignArrays } from "../features.ts";
import { principalComponents } from "../pca.ts";
import { contradicts, contradictsCross, diagonalAt, type Family, triangleSize } from "./family.ts";

/** First and second moments of what the features of aligned images leave out, in pixels. */
export interface ResidualMomentsSpec {
  readonly kind: "residual-moments";
  /** Always: one sum over all labels. */
  readonly pooled: true;
  /** Present if only the squares of the pixels are summed, and second moments along this number of directions learned from the pilot. */
  readonly directions?: number;
}

export interface ResidualMomentsOptions {
  readonly kind: "residual-moments";
  /** Second moments along so many directions instead of between all pixels; default: between all. */
  readonly directions?: number;
}

/** The directions in a design, [d, directions]. */
const BASIS = "residual-moments.basis";

/** The directions that a design learned. Errors (InputError): it holds none. */
export function residualBasis(arrays: DesignArrays) {
  const basis = arrays[BASIS];
  if (basis) return basis;
  throw new InputError("residual moments: the design holds no directions; make it with a pilot");
}

/**
 * Φ(x) = (r, rrᵀ) of r = x − T(mean + Bu), with u the features of the image aligned and T its pose: what a mixture on u adds to them. Only the
 * lower triangle of rrᵀ is held. With `directions`: (r, r ⊙ r, vvᵀ), v = Dᵀr along the pilot's leading directions D of r.
 */
export const residualMoments: Family<ResidualMomentsSpec, ResidualMomentsOptions> = {
  title: "residual moments",
  aboutReference: false,
  summary: "mean and covariance of what the features of aligned images leave out",
  design: ({ directions }, { sample, poses }) => {
    if (poses === 0) throw new InputError("sketch: residual moments: images must be aligned; give poses");
    if (directions !== undefined && !(Number.isInteger(directions) && directions > 0 && directions <= sample)) {
      throw new InputError(`sketch: residual moments: directions: expected 1 to ${sample}, got ${directions}`);
    }
    return { kind: "residual-moments", pooled: true, ...(directions !== undefined && { directions }) };
  },
  learn: async ({ directions }, context): Promise<DesignArrays> => {
    if (directions === undefined) return {};
    const { residual } = await context.pilot("residual moments");
    const [rows, d] = residual.shape as [number, number];
    if (directions >= rows) {
      throw new InputError(
        `sketch: residual moments: ${directions} directions need a pilot of more samples, got ${rows}`,
      );
    }
    const mean = columnMeans(residual.data, rows, d);
    const centred = ndarray(
      residual.data.map((v, at) => v - mean[at % d]!),
      [rows, d],
    );
    const { vectors } = await principalComponents(centred, directions, context.signal);
    const basis = new Float32Array(d * directions);
    for (let i = 0; i < d; i++) for (let q = 0; q < directions; q++) basis[i * directions + q] = vectors[q * d + i]!;
    return { [BASIS]: ndarray(basis, [d, directions]) };
  },
  describe: ({ directions }) =>
    directions === undefined ? "sums of r and rrᵀ" : `sums of r, r ⊙ r, and vvᵀ along ${directions} directions`,
  sums: ({ directions }, { sample }) =>
    directions === undefined
      ? { r: [sample], rr: [triangleSize(sample)] }
      : { r: [sample], squares: [sample], vv: [triangleSize(directions)] },
  degrees: { r: 1, rr: 2, squares: 2, vv: 2 },
  inputs: ({ directions }, _, arrays) => (directions === undefined ? {} : { basis: residualBasis(arrays) }),
  impossible: ({ directions }, { dimensions: { sample }, count, sums, whole }) => {
    for (let i = 0; i < sample; i++) {
      const [name, at] = directions === undefined ? (["rr", diagonalAt(i)] as const) : (["squares", i] as const);
      if (contradicts(sums.r![i]!, sums[name]![at]!, count, whole.sums[name]![at]!, whole.count))
        return "a residual moment";
    }
    const [name, size] = directions === undefined ? (["rr", sample] as const) : (["vv", directions] as const);
    return contradictsCross(sums[name]!, whole.sums[name]!, whole.count, size) ? "a residual cross moment" : undefined;
  },
  block: ({ directions }, { residual: leftOut, weights }) => {
    const residual = leftOut();
    const r = tf.matMul(weights, residual);
    return directions === undefined ? { r } : { r, squares: tf.matMul(weights, tf.square(residual)) };
  },
  cells: ({ directions }) => ({ all: { cells: 1, squares: directions === undefined ? "rr" : "vv" } }),
  inCells: ({ directions }, { residual }, { basis }) => ({
    all: { a: directions === undefined ? residual() : tf.matMul(residual(), basis!) },
  }),
};
