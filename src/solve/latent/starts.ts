import type { NdArray } from "ndarray";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { contiguous, fromHost } from "../../data/array.ts";
import { stream } from "../../data/random.ts";

/** Where descents start: one row a restart, `perSignal` rows a signal beside each other. */
export interface Starts {
  /** [rows, latent] */
  readonly z: NdArray<Float32Array>;
  /** Conditions [rows]; all 0 for a prior that takes none. */
  readonly c: NdArray<Int32Array>;
  readonly perSignal: number;
  /** Log evidence [rows] of starts that are the modes already: those of an affine generator. */
  readonly logEvidence?: Float64Array;
  /** The part of every signal's evidence that lies in other conditions, [signals]; with `logEvidence`. */
  readonly leftOut?: Float64Array;
}

/** Starts that something else proposes, for all signals: rows as in `Starts`. */
export interface GivenStarts {
  readonly perSignal: number;
  /** [signals · perSignal, latent]; default 0. */
  readonly z?: NdArray<Float32Array>;
  /** [signals · perSignal], for priors that take conditions. */
  readonly conditions?: Int32Array;
}

export interface StartOptions {
  /**
   * Starts a signal. Default without conditions: 10, as in CSGM. Default with conditions: one for each if there are at most 20; otherwise the 5 most
   * promising ones, or 20 of an affine generator, which needs no descent.
   */
  readonly restarts?: number;
  /** The starts themselves; `restarts` is then not used. */
  readonly starts?: GivenStarts;
  /** Seed of the random ones; default 1. */
  readonly seed?: number;
}

export const startNames = ["restarts", "starts", "seed"] as const;

/** All conditions are tried if there are no more than this. Of an affine generator at most so many are tried. */
const FEW_CONDITIONS = 20;
/** So many are tried of other generators with more conditions. */
const SOME_CONDITIONS = 5;
/** So many random starts are tried without conditions: with 4, the error of a VAE at m = 25 is half as much again. */
const RESTARTS = 10;

/** The conditions of every signal that are worth a start, the most promising first. */
export interface Ranking {
  /** [signals · count], those of one signal beside each other. */
  readonly conditions: Int32Array;
  /** Latents to start from, [signals · count, latent]; absent: 0. */
  readonly z?: NdArray<Float32Array>;
  /** Log evidence of starts that are the modes already: those of an affine generator. */
  readonly logEvidence?: Float64Array;
  /** The part of every signal's evidence that lies in other conditions, [signals]; with `logEvidence`. */
  readonly leftOut?: Float64Array;
}

/**
 * Starts for a batch of signals. `rank` gives the most promising conditions, which are taken in that order. If there are more restarts
 * than conditions, they are taken again from the first. z is 0 the first time that a condition is taken, and otherwise drawn from
 * N(0, I). Without conditions all z are drawn, but the first is 0 if `fromZero` says so.
 *
 * Errors (RangeError): restarts that are no positive integer; given starts of another shape, or with conditions out of range.
 */
export async function chooseStarts(
  prior: GeneratorPrior,
  signals: number,
  options: StartOptions,
  rank: (count: number) => Promise<Ranking>,
  fromZero: boolean,
): Promise<Starts> {
  if (options.starts) return checkedStarts(prior, signals, options.starts);
  const total = prior.conditions?.length ?? 1;
  const usual = total > FEW_CONDITIONS && !prior.affine ? SOME_CONDITIONS : Math.min(total, FEW_CONDITIONS);
  const { restarts = prior.conditions ? usual : RESTARTS, seed = 1 } = options;
  if (!(Number.isInteger(restarts) && restarts > 0)) {
    throw new RangeError(`latent recovery: restarts: expected a positive integer, got ${restarts}`);
  }
  const rows = signals * restarts;
  const { latent } = prior;
  const count = Math.min(restarts, total);
  const ranking = prior.conditions ? await rank(count) : undefined;
  if (ranking?.z && restarts <= total) {
    const starts = { c: fromHost(ranking.conditions, [rows]), perSignal: restarts, z: ranking.z };
    const { logEvidence, leftOut } = ranking;
    return { ...starts, ...(logEvidence && { logEvidence }), ...(leftOut && { leftOut }) };
  }
  const z = stream(seed, "latent starts").fillNormal(new Float32Array(rows * latent));
  const c = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const restart = row % restarts;
    if (ranking) c[row] = ranking.conditions[Math.floor(row / restarts) * count + (restart % count)]!;
    if (ranking ? restart < count : fromZero && restart === 0) z.fill(0, row * latent, (row + 1) * latent);
  }
  return { z: fromHost(z, [rows, latent]), c: fromHost(c, [rows]), perSignal: restarts };
}

function checkedStarts(prior: GeneratorPrior, signals: number, { perSignal, z, conditions }: GivenStarts): Starts {
  const rows = signals * perSignal;
  const count = prior.conditions?.length ?? 1;
  const shape = [rows, prior.latent];
  if (z && z.shape.join() !== shape.join()) {
    throw new RangeError(`latent recovery: starts: expected z [${shape.join(", ")}], got [${z.shape.join(", ")}]`);
  }
  if (prior.conditions && conditions?.length !== rows) {
    throw new RangeError(`latent recovery: starts: expected ${rows} conditions, got ${conditions?.length ?? "none"}`);
  }
  if (!(Number.isInteger(perSignal) && perSignal > 0)) {
    throw new RangeError(`latent recovery: starts: perSignal: expected a positive integer, got ${perSignal}`);
  }
  const wrong = conditions?.find((c) => !(c >= 0 && c < count));
  if (wrong !== undefined) {
    throw new RangeError(`latent recovery: starts: expected conditions from 0 to ${count - 1}, got ${wrong}`);
  }
  return {
    z: fromHost(z ? (contiguous(z) as Float32Array) : new Float32Array(rows * prior.latent), shape),
    c: fromHost(conditions ?? new Int32Array(rows), [rows]),
    perSignal,
  };
}
