import type * as tf from "#tf";
import { fromHost, sizeOf } from "../../data/array.ts";
import type { Random } from "../../data/random.ts";
import { dot, squaredNorm } from "../../data/vector.ts";
import { compile } from "../../engine/index.ts";
import { filled } from "../batch.ts";
import type { WhitenedProblem } from "../penalised/whitening.ts";
import type { PatchPrecision } from "./precision.ts";

/**
 * Conjugate gradients end when the last third of their steps made ‖x‖² larger by less than this part; their least and most steps. ‖x‖ only grows
 * (Steihaug 1983). One small step proves nothing: the directions of least precision, which matter most, come last.
 */
const [TOLERANCE, LEAST_STEPS, STEPS] = [0.02, 8, 300];

/** Part of ‖b‖² from which a residual counts as none: float32 products know no smaller one. */
const SOLVED = 1e-13;

export interface Drawn {
  /** Draws of N(0, H⁻¹), [rows, n]. */
  readonly draws: Float64Array;
  /** Whether conjugate gradients reached their tolerance. */
  readonly settled: boolean;
}

/** One draw from each stream. */
export type PosteriorDraws = (precision: PatchPrecision, streams: readonly Random[]) => Promise<Drawn>;

/**
 * Calls `use` with draws of N(0, H⁻¹), H = Φ'Φ/σ² + J with J the precision of patches. By perturbation (Papandreou, Yuille, "Gaussian sampling by
 * local perturbations", NIPS 2010): x of Hx = Φ'ε₁/σ + J^{1/2}ε₂ with standard normal ε₁, ε₂, by conjugate gradients, `rows` draws at a time.
 */
export async function withPosteriorDraws<R>(
  { operator, shape }: Pick<WhitenedProblem, "operator" | "shape">,
  { sigma, rows, pause }: { readonly sigma: number; readonly rows: number; readonly pause: () => Promise<void> },
  use: (draws: PosteriorDraws) => Promise<R>,
): Promise<R> {
  const [n, m] = [sizeOf(shape), sizeOf(operator.outShape)];
  const normal = await compile(
    (given: { x: tf.Tensor }) => operator.adjoint(operator.forward(given.x)),
    { x: filled(rows, shape) },
    { name: "patches: Φ'Φx" },
  );
  const adjoint = await compile(
    (given: { y: tf.Tensor }) => operator.adjoint(given.y),
    { y: filled(rows, operator.outShape) },
    { name: "patches: Φ'y" },
  );
  /** σ²Hx, whose numbers are of the size of Φ'Φx. */
  const turnedBy = async (precision: PatchPrecision, x: Float32Array) => {
    const out = new Float64Array((await normal.run({ x: fromHost(x, [rows, ...shape]) })).data);
    await precision.add(out, x, sigma ** 2);
    await pause();
    return out;
  };
  const draws: PosteriorDraws = async (precision, streams) => {
    const noise = new Float32Array(rows * m);
    for (const [row, random] of streams.entries()) random.fillNormal(noise.subarray(row * m, (row + 1) * m));
    const residual = Float64Array.from(
      (await adjoint.run({ y: fromHost(noise, [rows, ...operator.outShape]) })).data,
      (v) => sigma * v,
    );
    await precision.addDraws(residual, streams, sigma ** 2);
    return solved((x) => turnedBy(precision, x), residual, n);
  };
  try {
    return await use(draws);
  } finally {
    await normal.dispose();
    await adjoint.dispose();
  }
}

/** x of Ax = b for every row of n numbers, by conjugate gradients from x = 0 (Hestenes, Stiefel 1952). Takes `b` as its memory. */
async function solved(
  turnedBy: (x: Float32Array) => Promise<Float64Array>,
  b: Float64Array,
  n: number,
): Promise<Drawn> {
  const x = new Float64Array(b.length);
  const direction = b.slice();
  const firsts = Array.from({ length: b.length / n }, (_, row) => row * n);
  const sizes = firsts.map((first) => squaredNorm(b, first, n));
  const solvedAt = sizes.map((size) => SOLVED * size);
  const grown: Float64Array[] = []; // ‖x‖² of every row after every step
  for (let step = 0; step < STEPS; step++) {
    const turned = await turnedBy(new Float32Array(direction));
    for (const [row, first] of firsts.entries()) {
      const size = sizes[row]!;
      if (size <= solvedAt[row]!) continue;
      const curvature = dot(direction, first, turned, first, n);
      if (!(curvature > 0)) return { draws: x, settled: false }; // Φ and patches see nothing of this direction
      const length = size / curvature;
      for (let i = first; i < first + n; i++) {
        x[i]! += length * direction[i]!;
        b[i]! -= length * turned[i]!;
      }
      const next = squaredNorm(b, first, n);
      for (let i = first; i < first + n; i++) direction[i] = b[i]! + (next / size) * direction[i]!;
      sizes[row] = next;
    }
    const now = Float64Array.from(firsts, (first) => squaredNorm(x, first, n));
    if (sizes.every((size, row) => size <= solvedAt[row]!)) return { draws: x, settled: now.every(Number.isFinite) };
    const before = grown[Math.floor((2 * step) / 3)];
    const calm = (v: number, row: number) => Number.isFinite(v) && v - before![row]! <= TOLERANCE * v;
    if (step >= LEAST_STEPS && before && now.every(calm)) return { draws: x, settled: true };
    grown.push(now);
  }
  return { draws: x, settled: false };
}
