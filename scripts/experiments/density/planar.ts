import type { NdArray } from "ndarray";
import { identity } from "../../../operators/identity.ts";
import { summarise } from "../../../src/compare/summary.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { measure } from "../../../src/measure/index.ts";
import { generate, problemOf } from "../../../src/solve/index.ts";
import { chooseStarts } from "../../../src/solve/latent/starts.ts";
import { modes } from "./modes.ts";
import { noRanking } from "./recovered.ts";
import { knownEstimates, spiral } from "./spiral.ts";

/** Estimates of a point of the plane. */
export const estimateNames = ["mode of z", "mode of x", "mean"] as const;

export interface SpiralRow {
  readonly sigma: number;
  /** Mean ‖x̂ − x‖² of each estimate, and its 95 % interval. */
  readonly errors: readonly { readonly mean: number; readonly interval: readonly [number, number] }[];
  /** Part of the points whose descent ends within 0.01 of the known mode: of z, and of x. */
  readonly agreeing: readonly [number, number];
}

/** Points of the spiral seen with noise: errors of both modes and of the mean, all by known densities, and whether descents find the modes. */
export async function spiralRow(sigma: number, count: number, seed: number, signal: AbortSignal): Promise<SpiralRow> {
  const z = fromHost(stream(seed, "spiral points").fillNormal(new Float32Array(count)), [count, 1]);
  const truth = await generate(spiral, z);
  const operator = identity({ inShape: [2] });
  const { y, noise } = await measure(truth, operator, { noise: sigma, seed });
  const known = Array.from({ length: count }, (_, i) => knownEstimates([y.data[2 * i]!, y.data[2 * i + 1]!], sigma));
  const problem = problemOf({ operator, y, noise });
  const starts = await chooseStarts(spiral, count, { restarts: 20, seed }, noRanking, true);
  const agreeing: number[] = [];
  for (const of of ["z", "x"] as const) {
    const options = {
      steps: 400,
      learningRate: 0.1,
      schedule: "cosine",
      tolerance: 0,
      lambda: sigma ** 2,
      signal,
    } as const;
    const { best } = await modes(of, problem, spiral, starts, options);
    const found = await generate(spiral, best);
    agreeing.push(known.filter((own, i) => distance(found, i, own[of]) < 0.01).length / count);
  }
  const errors = (["z", "x", "mean"] as const).map((name) =>
    summarise(
      known.map((own, i) => distance(truth, i, own[name]) ** 2),
      { seed },
    ),
  );
  return { sigma, errors, agreeing: agreeing as [number, number] };
}

const distance = ({ data }: NdArray<Float32Array>, row: number, [x0, x1]: readonly [number, number]): number =>
  Math.hypot(data[2 * row]! - x0, data[2 * row + 1]! - x1);
