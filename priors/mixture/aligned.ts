import { fromHost } from "../../src/data/array.ts";
import { InputError } from "../../src/data/errors.ts";
import { symmetricEigen } from "../../src/data/linalg.ts";
import { multiply, multiplyTransposed } from "../../src/data/matmul.ts";
import { dot } from "../../src/data/vector.ts";
import { fromTriangle, triangleSize } from "../../src/sketch/families/family.ts";
import {
  expectedCounts,
  familySpec,
  featureBasis,
  posing,
  residualBasis,
  type Sketch,
} from "../../src/sketch/index.ts";
import type { Poses } from "../prior.ts";
import { type Residual, residualOfRoot } from "../residual-root.ts";

/** Poses with a smaller expected number of samples in a cell are left out. */
const FEWEST = 0.3;

/** What the features of aligned images say of the images: x = offset + T_p(mean + Bu) + r. */
export interface Aligned extends Residual {
  /** mean [n] and B [n, k] of the design's principal components; u relative to 0. */
  readonly centre: Float64Array;
  readonly origin: Float64Array;
  readonly matrix: Float64Array;
  /** Cov u of all samples, [k, k]. */
  readonly features: Float64Array;
  /** The poses of components that are made of these cells. */
  poses(cells: readonly (readonly number[])[]): Poses;
}

/**
 * The decoder of aligned images is the design's own, and its residual has the mean and covariance of the sketch's residual moments. With
 * directions V, C = V S Vᵀ + diag(e): S along the directions, e what they leave of each pixel's variance.
 */
export async function aligned(sketch: Sketch, k: number): Promise<Aligned> {
  const { design, sums, count } = sketch;
  const { directions } = familySpec(design, "residual-moments", "mixture");
  const { mean, basis } = featureBasis(design.arrays)!;
  if (basis.shape[1] !== k) {
    throw new InputError(`mixture: aligned images need cells of all ${basis.shape[1]} features, got ${k}`);
  }
  const offset = sums["residual-moments.r"]!.map((v) => v / count);
  const known = {
    centre: Float64Array.from(mean.data),
    origin: new Float64Array(k),
    matrix: Float64Array.from(basis.data),
  };
  const warps = posing(design.poses!, design.shape);
  const poses = (cells: readonly (readonly number[])[]): Poses => ({
    ...{ warps, offset: fromHost(Float32Array.from(offset), [offset.length]) },
    weights: poseWeights(sums["local-moments.poses"]!, warps.shape[0]!, cells),
  });
  const uu = fromTriangle(summed(sums["local-moments.uu"]!, triangleSize(k)), k).map((v) => v / count);
  const u = summed(sums["local-moments.u"]!, k).map((v) => v / count);
  const features = uu.map((v, at) => v - u[Math.floor(at / k)]! * u[at % k]!);
  const residual = directions === undefined ? ofAll(sketch, offset) : await along(sketch, offset, directions);
  return { ...known, ...residual, features, poses };
}

/** P(p | j) [components, poses] of components that are made of these cells. */
function poseWeights(seen: Float64Array, count: number, cells: readonly (readonly number[])[]): Float64Array {
  const all = seen.reduce((a, b) => a + b, 0);
  const shares = new Float64Array(count);
  for (const [at, n] of seen.entries()) shares[at % count]! += n / all;
  const out = new Float64Array(cells.length * count);
  for (const [j, own] of cells.entries()) {
    const inCells = new Float64Array(count);
    for (const cell of own) for (let p = 0; p < count; p++) inCells[p]! += seen[cell * count + p]!;
    const expected = expectedCounts(inCells, shares).map((n) => (n < FEWEST ? 0 : n));
    const total = expected.reduce((a, b) => a + b, 0);
    out.set(
      expected.map((n) => n / total),
      j * count,
    );
  }
  return out;
}

/** The sum of rows of `size` numbers. */
function summed(rows: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size);
  for (const [at, v] of rows.entries()) out[at % size]! += v;
  return out;
}

function ofAll({ sums, count }: Sketch, mean: Float64Array): Residual {
  const n = mean.length;
  const square = fromTriangle(sums["residual-moments.rr"]!, n);
  const residual = Float32Array.from(square, (v, at) => v / count - mean[Math.floor(at / n)]! * mean[at % n]!);
  return { residual: fromHost(residual, [n, n]) };
}

function along({ design, sums, count }: Sketch, mean: Float64Array, directions: number): Promise<Residual> {
  const n = mean.length;
  const V = Float64Array.from(residualBasis(design.arrays).data);
  const centre = multiply(mean, V, 1, n, directions);
  const S = fromTriangle(sums["residual-moments.vv"]!, directions).map(
    (v, at) => v / count - centre[Math.floor(at / directions)]! * centre[at % directions]!,
  );
  const { values, vectors } = symmetricEigen(S, directions);
  const root = vectors.map((v, at) => v * Math.sqrt(Math.max(0, values[Math.floor(at / directions)]!))); // rows √λ q
  const factor = multiplyTransposed(V, root, directions); // V S^{1/2}, [n, directions]
  const squares = sums["residual-moments.squares"]!;
  const rest = Float32Array.from(squares, (v, i) => {
    const explained = dot(factor, i * directions, factor, i * directions, directions);
    return Math.sqrt(Math.max(0, v / count - mean[i]! ** 2 - explained));
  });
  return residualOfRoot({
    factor: fromHost(Float32Array.from(factor), [n, directions]),
    standardDeviations: fromHost(rest, [n]),
  });
}
