import { identity } from "../../../operators/identity.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { measure } from "../../../src/measure/index.ts";
import { generate, problemOf } from "../../../src/solve/index.ts";
import { plainTerm } from "../../../src/solve/latent/data-term.ts";
import { descend } from "../../../src/solve/latent/descent.ts";
import { repeatRows, rowEnergies } from "../../../src/solve/rows.ts";
import { randomNetwork } from "./random-network.ts";
import type { Share } from "./success.ts";

/** A descent reaches the global minimum, which is 0, if its objective is below this part of ‖y‖². */
const REACHED = 1e-4;

/** How many restarts reach the global minimum. */
export interface Reached {
  /** Each layer is so many times as wide as the one before. */
  readonly expansivity: number;
  readonly plain: Omit<Share, "m">;
  /** Where each end also tries its negative, and goes on from there. */
  readonly negated: Omit<Share, "m">;
}

export interface MinimaOptions {
  readonly latent: number;
  readonly depth: number;
  readonly signals: number;
  readonly restarts: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * min_z ‖G(z*) − G(z)‖² for networks of relu layers and a last linear one with random weights, from random starts z ~ N(0, I), each signal with a network of its own. Hand and
 * Voroninski (2018): where each layer is wider than the one before by a constant and a logarithm, the only directions without descent are near z*, and
 * near a negative multiple of it. So a descent that ends goes on from −z, and the lower end counts.
 */
export async function reachedMinima(expansivity: number, options: MinimaOptions): Promise<Reached> {
  const { latent, depth, signals, restarts, seed, signal } = options;
  const widths = Array.from({ length: depth }, (_, i) => Math.round(latent * expansivity ** (i + 1)));
  const n = widths.at(-1)!;
  const counts = { plain: 0, negated: 0 };
  for (let i = 0; i < signals; i++) {
    const prior = randomNetwork(latent, widths.slice(0, -1), n, seed + i);
    const random = stream(seed + i, "theory", "minima");
    const truth = await generate(prior, fromHost(random.fillNormal(new Float32Array(latent)), [1, latent]));
    const { y, noise } = await measure(truth, identity({ inShape: [n] }), { noise: 0 });
    const term = plainTerm(problemOf({ operator: identity({ inShape: [n] }), y, noise }));
    const down = (z: Float32Array) =>
      descend(
        prior,
        { ...term, target: repeatRows(term.target, restarts) },
        { z: fromHost(z, [restarts, latent]), c: fromHost(new Int32Array(restarts), [restarts]), perSignal: 1 },
        fromHost(new Float32Array(restarts), [restarts]),
        { steps: 1000, learningRate: 0.05, schedule: "cosine", tolerance: 0, signal },
      );
    const first = await down(random.fillNormal(new Float32Array(restarts * latent)));
    const second = await down((first.z.data as Float32Array).map((v) => -v));
    const least = REACHED * rowEnergies(y)[0]!;
    const reached = Array.from(first.objectives.data, (objective, row) => [
      objective < least,
      Math.min(objective, second.objectives.data[row]!) < least,
    ]);
    counts.plain += reached.filter(([plain]) => plain).length;
    counts.negated += reached.filter(([, negated]) => negated).length;
  }
  const trials = signals * restarts;
  return {
    expansivity,
    plain: { successes: counts.plain, trials },
    negated: { successes: counts.negated, trials },
  };
}
