import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { atomsOf, sparseCode } from "../../../priors/dictionary/index.ts";
import { acceptsShape } from "../../../priors/patches/index.ts";
import type { DictionaryPrior } from "../../../priors/prior.ts";
import { fromHost, sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { Sizes } from "../../data/grid.ts";
import { checkedOptions, type OptionTable } from "../../data/options.ts";
import { stream } from "../../data/random.ts";
import { clipped } from "../../data/range.ts";
import { pauses } from "../../engine/events.ts";
import { compile } from "../../engine/index.ts";
import { filled } from "../batch.ts";
import { sizeOfOperator } from "../penalised/size.ts";
import { whitenedProblem } from "../penalised/whitening.ts";
import { all, hasGaussianNoise, isLinearProblem } from "../requirements.ts";
import { isFiniteRow, takeRows } from "../rows.ts";
import type { Solver } from "../solver.ts";
import { filterImage } from "./filter-image.ts";
import { withImageSteps } from "./image-step.ts";
import { raisedSigma } from "./raised-sigma.ts";
import { fallingBy, firstOf } from "./schedule.ts";

const options = {
  steps: { type: "integer", default: 8, description: "steps of codes, s falling by one factor from first to last" },
  spacing: { type: "integer", default: 3, description: "pixels between patches" },
  threshold: { type: "number", default: 2.7, description: "an atom is taken if it is above this many s" },
} as const satisfies OptionTable;

/** Patches that are coded at a time. */
const BLOCK = 4096;
/** s of the first step, as a multiple of the noise of x, and of the last. */
const [FIRST, LAST] = [25, 0.5];

/**
 * Sparse codes of all patches (Elad, Aharon 2006, for denoising), by half-quadratic splitting as EPLL's (Zoran, Weiss 2011; Sulam, Elad 2015):
 *
 *     min_x ‖y − Φx‖²/(2σ²) + (1/p²) Σ_P ½t² ‖w_P‖₀,   with z_P = mean(Px) + D'w_P near Px,
 *
 * in turn, with s falling from step to step,
 *
 *     w_P = argmin_w ‖Px − mean(Px) − D'w‖² + t²s²‖w‖₀   by orthogonal matching pursuit (`sparseCode`),
 *     x = argmin_x ‖y − Φx‖²/(2σ²) + ‖x − z̄‖²/(2s²),
 *
 * where z̄ averages the overlapping z_P. It begins with the x of least ‖y − Φx‖²/(2σ²) + ‖∇x‖²/(2g²), g the roughness of the patches that D was learned from.
 */
export const sparseCoding: Solver<DictionaryPrior> = {
  name: "sparse-coding",
  summary: "dictionary of patches, images of any size, by half-quadratic splitting (Elad, Aharon 2006)",
  options,
  uncertainty: false,
  accepts: (prior, problem) =>
    prior.kind === "dictionary"
      ? all(acceptsShape(prior, problem.shape), isLinearProblem(problem), hasGaussianNoise(problem))
      : `${prior.name} is no dictionary`,
  solve: async (problem, prior, { seed = 1, onProgress, signal, own }) => {
    const { steps, spacing, threshold } = checkedOptions("sparse-coding", options, own);
    for (const [name, value] of Object.entries({ steps, spacing, threshold })) {
      if (value > 0) continue;
      throw new InputError(
        `sparse-coding: ${name}: expected a number above 0, got ${value}; leave it out for the default`,
      );
    }
    const whitened = whitenedProblem(problem);
    const { shape, range } = problem;
    const [height = 0, width = 0, channels = 1] = shape;
    const sizes: Sizes = { height, width, channels, side: prior.side };
    const [batch, n] = [problem.y.shape[0]!, sizeOf(shape)];
    const gain = (await sizeOfOperator(whitened.operator)).norm;
    const { noise, sigma, raised } = raisedSigma(problem, gain);
    const schedule = fallingBy("sparse-coding", { steps, first: firstOf(noise, FIRST), last: LAST * noise });
    const pause = pauses(signal);
    const coder = await coderOf(prior, threshold);
    const estimate = new Float32Array(batch * n);
    const within = (x: NdArray<Float32Array>) => (range ? clipped(x, range) : x);
    try {
      await withImageSteps(whitened, signal, async (average, smooth) => {
        for (let i = 0; i < batch; i++) {
          const filtering = { spacing, most: BLOCK, random: stream(seed, "patch grids"), pause, signal };
          const y = takeRows(whitened.y, [i]);
          let x = within(await smooth(y, filled(1, shape), sigma ** 2 / (2 * prior.roughness ** 2)));
          for (const [at, s] of schedule.entries()) {
            await pause();
            const { image } = await filterImage(x.data, s, { patch: coder, sizes }, filtering);
            x = within(await average(y, fromHost(image, x.shape), sigma ** 2 / (2 * s ** 2)));
            onProgress?.({ step: i * steps + at + 1, maxSteps: batch * steps, objective: Number.NaN });
          }
          estimate.set(x.data, i * n);
        }
      });
    } finally {
      await coder.dispose();
    }
    return {
      estimate: fromHost(estimate, [batch, ...shape]),
      outcomes: Array.from({ length: batch }, (_, i) => (isFiniteRow(estimate, i, batch) ? "completed" : "non-finite")),
      chosen: { solver: "sparse-coding", noise: problem.noise.name, sigma, ...(raised && { raised }) },
      ...{ steps, history: [], warnings: [] },
    };
  },
};

/** Replaces patches [n, d] without their mean by their codes' sums: an atom is taken if it is above `threshold` s. */
async function coderOf({ atoms }: DictionaryPrior, threshold: number) {
  const [count, d] = atoms.shape as [number, number];
  const own = atomsOf(atoms.data, count);
  const rows = fromHost(new Float32Array(BLOCK * d), [BLOCK, d]);
  const compiled = await compile(
    ({ v, atoms: a }: Record<"v" | "atoms", tf.Tensor>) => tf.matMul(v, a, false, true),
    { v: rows, atoms },
    { name: "products with atoms" },
  );
  const run = async (patches: Float32Array, s: number): Promise<Float32Array> => {
    const gain = (threshold * s) ** 2;
    const out = new Float32Array(patches.length);
    for (let from = 0; from < patches.length / d; from += BLOCK) {
      const some = patches.subarray(from * d, (from + BLOCK) * d);
      rows.data.set(some);
      const { data: products } = await compiled.run({ v: rows, atoms });
      for (let i = 0; i < some.length / d; i++) {
        const code = sparseCode(products.subarray(i * count, (i + 1) * count), own, { most: Math.ceil(d / 2), gain });
        for (const [j, atom] of code.atoms.entries()) {
          for (let q = 0; q < d; q++) out[(from + i) * d + q]! += code.weights[j]! * atoms.data[atom * d + q]!;
        }
      }
    }
    return out;
  };
  return { run, dispose: () => compiled.dispose() };
}
