import ndarray, { type NdArray } from "ndarray";
import * as tf from "#tf";
import { cholesky, solveLower, solveLowerTransposed } from "../data/cholesky.ts";
import { InputError } from "../data/errors.ts";
import { compile } from "../engine/index.ts";

/**
 * Poses of images: how far the drawn mass leans, and how wide it is. Every image has one pose of a grid. Warped by it, upright and of one
 * width, images differ less from each other, so that fewer cells tell more; the pose itself is one more thing that is unknown in recovery.
 * (Aligned mixtures: Frey and Jojic 2003, "Transformation-invariant clustering using the EM algorithm".)
 */
export interface PoseSpec {
  /** Slants of the grid in rising order: columns that the mass moves to the right from one row to the next. */
  readonly slants: readonly number[];
  /** Widths of the grid in rising order, relative to `width`. */
  readonly widths: readonly number[];
  /** The typical width, in columns: the median over the pilot of the deviation of the mass from its slanted axis. */
  readonly width: number;
}

/** Number of poses, |slants| · |widths|. Pose p has slant ⌊p / |widths|⌋ and width p mod |widths|. */
export const poseCount = ({ slants, widths }: PoseSpec): number => slants.length * widths.length;

/** Added to the moments C_yy and the widths, in columns: images without mass are upright. */
const TINY = 1e-6;
/** The least mass that is divided by, whatever the units. */
const LEAST = 1e-30;

/**
 * Slant and width of every image of x [n, H·W], [n, 2]. With the brightness above 0 as mass and its central moments C: slant C_xy/C_yy, width
 * √(C_xx − C_xy²/C_yy).
 */
function slantAndWidth(x: tf.Tensor, [height, width]: ImageShape): tf.Tensor {
  const at = Array.from({ length: height * width }, (_, i) => [
    Math.floor(i / width) - (height - 1) / 2,
    (i % width) - (width - 1) / 2,
  ]) as [number, number][];
  const monomials = tf.tensor2d(at.map(([row, column]) => [1, row, column, row * row, row * column, column * column]));
  const sums = tf.matMul(tf.relu(x) as tf.Tensor2D, monomials);
  const [mass, ...rest] = tf.split(sums, 6, 1);
  const [y, z, yy, yz, zz] = rest.map((sum) => tf.div(sum, tf.maximum(mass!, LEAST)));
  const cyy = tf.add(tf.sub(yy!, tf.square(y!)), TINY);
  const cyz = tf.sub(yz!, tf.mul(y!, z!));
  const czz = tf.sub(zz!, tf.square(z!));
  const slant = tf.div(cyz, cyy);
  return tf.concat([slant, tf.sqrt(tf.relu(tf.sub(czz, tf.mul(slant, cyz))))], 1);
}

/** Height and width of a grey image. */
type ImageShape = readonly [height: number, width: number];

/** The pose of every image of x [n, H·W], one-hot, [n, poses]: the nearest slant, and the nearest width by its logarithm. */
export function posesOf({ slants, widths, width }: PoseSpec, x: tf.Tensor, shape: ImageShape): tf.Tensor {
  const [slant, own] = tf.split(slantAndWidth(x, shape), 2, 1);
  const nearest = (value: tf.Tensor, grid: readonly number[]): tf.Tensor => {
    const index = tf.argMin(tf.abs(tf.sub(value, tf.tensor2d([...grid], [1, grid.length]))), 1);
    return tf.cast(tf.equal(tf.expandDims(index, 1), tf.range(0, grid.length, 1, "int32")), "float32");
  };
  const leaning = nearest(slant!, slants);
  const relative = tf.log(tf.div(tf.add(own!, TINY), width));
  const wide = nearest(relative, widths.map(Math.log));
  return tf.reshape(tf.mul(tf.expandDims(leaning, 2), tf.expandDims(wide, 1)), [-1, slants.length * widths.length]);
}

/**
 * Every row of x [n, H·W] warped by the matrices of its pose: Σ_p 1[pose = p] M_p x, row by row of the image, with `poses` one-hot [n, P]
 * and M [P, H, W, W].
 */
export function warped(x: tf.Tensor, poses: tf.Tensor, warps: tf.Tensor): tf.Tensor {
  const [count, height, width] = warps.shape as [number, number, number, number];
  const rows = tf.transpose(tf.reshape(x, [-1, height, width]), [1, 0, 2]); // [H, n, W]
  const parts = Array.from({ length: count }, (_, p) => {
    const own = tf.reshape(tf.slice(warps, [p, 0, 0, 0], [1, -1, -1, -1]), [height, width, width]);
    const chosen = tf.reshape(tf.slice(poses, [0, p], [-1, 1]), [1, -1, 1]);
    return tf.mul(tf.matMul(rows as tf.Tensor3D, own as tf.Tensor3D, false, true), chosen);
  });
  return tf.reshape(tf.transpose(tf.addN(parts), [1, 0, 2]), [-1, height * width]);
}

/** Rows [rows, H·W] warped by the matrices M_p of one pose, of M [P, H, W, W]; in float64. */
export function warpRows(
  rows: Float64Array,
  { data }: NdArray<Float32Array>,
  p: number,
  [height, width]: ImageShape,
): Float64Array {
  const out = new Float64Array(rows.length);
  for (let from = 0; from < rows.length; from += width) {
    const y = (from / width) % height;
    const matrix = (p * height + y) * width * width;
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += data[matrix + i * width + j]! * rows[from + j]!;
      out[from + i] = sum;
    }
  }
  return out;
}

/** The matrices that make images of each pose upright and of the typical width, [P, H, W, W]. */
export const aligning = (spec: PoseSpec, shape: readonly number[]): NdArray<Float32Array> =>
  warpsOf(spec, shape, (slant, width) => [slant, width]);

/** The matrices that bring aligned images into each pose, [P, H, W, W]: the inverse maps of the plane. */
export const posing = (spec: PoseSpec, shape: readonly number[]): NdArray<Float32Array> =>
  warpsOf(spec, shape, (slant, width) => [-slant / width, 1 / width]);

/**
 * M with row y of M_p x at column i the value of x in the same row at c + scale (i − c) + slant (y − c'), c and c' the image's centre, by cubic
 * B-spline interpolation (Unser 1999), 0 outside.
 */
function warpsOf(
  spec: PoseSpec,
  shape: readonly number[],
  map: (slant: number, width: number) => readonly [slant: number, scale: number],
): NdArray<Float32Array> {
  const [height, width] = imageShape(shape);
  const toSpline = splineCoefficients(width);
  const out = new Float32Array(poseCount(spec) * height * width * width);
  let at = 0;
  for (const own of spec.slants) {
    for (const relative of spec.widths) {
      const [slant, scale] = map(own, relative);
      for (let y = 0; y < height; y++) {
        for (let i = 0; i < width; i++, at += width) {
          const from = (width - 1) / 2 + scale * (i - (width - 1) / 2) + slant * (y - (height - 1) / 2);
          for (let l = Math.max(0, Math.ceil(from) - 2); l <= Math.min(width - 1, Math.floor(from) + 2); l++) {
            const weight = cubicSpline(from - l);
            for (let j = 0; j < width; j++) out[at + j]! += weight * toSpline[l * width + j]!;
          }
        }
      }
    }
  }
  return ndarray(out, [poseCount(spec), height, width, width]);
}

/** β³(t), the cubic B-spline. */
function cubicSpline(t: number): number {
  const s = Math.abs(t);
  if (s >= 2) return 0;
  return s < 1 ? 2 / 3 - s * s + (s * s * s) / 2 : (2 - s) ** 3 / 6;
}

/** The matrix [size, size] that takes values to the coefficients of the cubic spline through them: the inverse of β³(i − j). */
function splineCoefficients(size: number): Float64Array {
  const samples = Float64Array.from({ length: size * size }, (_, at) =>
    cubicSpline(Math.floor(at / size) - (at % size)),
  );
  const factor = cholesky(samples, size);
  const identity = Float64Array.from({ length: size * size }, (_, at) => Number(at % (size + 1) === 0));
  return solveLowerTransposed(factor, size, solveLower(factor, size, identity));
}

/** Errors (InputError): grids that are empty, not finite, not rising, or have widths of 0 and less. */
export function requirePoses({ slants, widths, width }: PoseSpec): void {
  const rising = (grid: readonly number[]) =>
    grid.length > 0 && grid.every((v, i) => Number.isFinite(v) && (i === 0 || v > grid[i - 1]!));
  if (rising(slants) && rising(widths) && widths[0]! > 0 && width > 0 && width < Number.POSITIVE_INFINITY) return;
  throw new InputError(
    `design: poses: expected slants and positive widths in rising order and a typical width, got ${slants}; ${widths}; ${width}`,
  );
}

/** Errors (InputError): signals that are no grey images. */
export function imageShape(shape: readonly number[]): ImageShape {
  if (shape.length === 2) return shape as unknown as ImageShape;
  throw new InputError(`design: poses: signals must be grey images [height, width], got [${shape.join(", ")}]`);
}

/** Slants of a grid are multiples of this; wider steps were worse on digits, narrower ones no better. */
const SLANT_STEP = 0.2;
/** Typical widths below this, in columns, are those of images without mass. */
const LEAST_WIDTH = 0.01;
/** Relative widths of a grid. */
const WIDTHS = [1 / 1.22, 1, 1.22];
/** Grids reach over the slants of the pilot but for this part at both ends, and to at most `MOST_SLANT`. */
const OUTLIERS = 0.01;
const MOST_SLANT = 1;

/** The grids that a pilot [P, H·W] suggests: slants alone, slants and widths. */
export async function suggestedPoses(pilot: NdArray<Float32Array>, shape: readonly number[]): Promise<PoseSpec[]> {
  const image = imageShape(shape);
  const measured = await compile((x: tf.Tensor) => slantAndWidth(x, image), pilot, { name: "poses" });
  const { data } = await measured.run(pilot);
  await measured.dispose();
  const column = (c: number) => data.filter((_, at) => at % 2 === c).sort();
  const [slants, widths] = [column(0), column(1)];
  const quantile = (sorted: Float32Array, q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
  const width = quantile(widths, 0.5);
  const [low, high] = [quantile(slants, OUTLIERS), quantile(slants, 1 - OUTLIERS)].map((v) =>
    Math.round(Math.max(-MOST_SLANT, Math.min(MOST_SLANT, v)) / SLANT_STEP),
  );
  if (!(width > LEAST_WIDTH)) return [];
  const grid = Array.from({ length: high! - low! + 1 }, (_, i) => (low! + i) * SLANT_STEP);
  const grids = [
    { slants: grid, widths: [1], width },
    { slants: grid, widths: WIDTHS, width },
  ];
  return grids.filter((spec) => poseCount(spec) > 1);
}

/** A cell has each pose as often as it was seen there, and the poses of all cells with the weight of so many samples. */
const POOLED_SAMPLES = 5;

/** The counts of poses in a cell, with those of all cells: P(pose | cell) in proportion. `shares` are the parts of all samples, [poses]. */
export const expectedCounts = (seen: Float64Array, shares: Float64Array): Float64Array =>
  seen.map((n, p) => n + POOLED_SAMPLES * shares[p]!);

/** A pilot's rows [P, H·W], aligned. */
export async function alignedRows(
  spec: PoseSpec,
  rows: NdArray<Float32Array>,
  shape: readonly number[],
): Promise<NdArray<Float32Array>> {
  const image = imageShape(shape);
  const inputs = { x: rows, warps: aligning(spec, shape) };
  const align = await compile(
    ({ x, warps }: { x: tf.Tensor; warps: tf.Tensor }) => warped(x, posesOf(spec, x, image), warps),
    inputs,
    { name: "align" },
  );
  const out = (await align.run(inputs)) as NdArray<Float32Array>;
  await align.dispose();
  return out;
}
