import type { NdArray } from "ndarray";
import type * as tf from "#tf";
import type { GeneratorPrior } from "../../priors/prior.ts";
import { fromHost } from "../data/array.ts";
import { stream } from "../data/random.ts";
import { compile } from "../engine/index.ts";
import type { Fidelity } from "./fidelity.ts";
import { proposeConditions } from "./propose-conditions.ts";

/** Where descents start: one row a restart, `perSignal` rows a signal beside each other. */
export interface Starts {
  /** [rows, latent] */
  readonly z: NdArray<Float32Array>;
  /** Conditions [rows]; all 0 for a prior that takes none. */
  readonly c: NdArray<Int32Array>;
  readonly perSignal: number;
  /** Log evidence [rows] of starts that are the modes already: those of an affine generator. */
  readonly logEvidence?: Float64Array;
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
  /** Starts a signal; default: every condition once if there are at most 20, otherwise 5, or 20 of an affine generator; 4 without conditions. */
  readonly restarts?: number;
  /** The starts themselves, instead of `restarts`. */
  readonly starts?: GivenStarts;
  /** Seed of the random ones; default 1. */
  readonly seed?: number;
}

/** Up to as many conditions are all tried. */
const FEW_CONDITIONS = 20;
const SOME_CONDITIONS = 5;
const RESTARTS = 4;

/**
 * Starts for a batch of signals. Conditions are taken in the order of their evidence where the fidelity tells it
 * (`proposeConditions`), otherwise of ‖target − see(G(0, c))‖² − 2 log π_c, the most promising first, again from the beginning
 * where there are more restarts than conditions. z is 0 the first time that a condition is taken (with `fromZero`), otherwise
 * drawn from N(0, I); of an affine generator it is the mode at once.
 *
 * Errors: restarts that are no positive integer; given starts of another shape, or with conditions out of range.
 */
export async function chooseStarts(
  prior: GeneratorPrior,
  fidelity: Fidelity,
  options: StartOptions,
  fromZero: boolean,
): Promise<Starts> {
  const signals = fidelity.target.shape[0]!;
  if (options.starts) return checkedStarts(prior, signals, options.starts);
  const conditions = prior.conditions?.length ?? 1;
  const usual = conditions > FEW_CONDITIONS && !prior.affine ? SOME_CONDITIONS : Math.min(conditions, FEW_CONDITIONS);
  const { restarts = prior.conditions ? usual : RESTARTS, seed = 1 } = options;
  if (!(Number.isInteger(restarts) && restarts > 0)) {
    throw new RangeError(`latent recovery: restarts: expected a positive integer, got ${restarts}`);
  }
  if (prior.conditions && fidelity.whitened && restarts <= conditions) {
    const { z, conditions: c, logEvidence } = await proposeConditions(prior, prior.conditions, fidelity, restarts);
    const zeros = () => fromHost(new Float32Array(z.size), z.shape);
    const starts = { c: fromHost(c, [c.length]), perSignal: restarts };
    return prior.affine ? { ...starts, z, logEvidence } : { ...starts, z: zeros() };
  }
  const rows = signals * restarts;
  const { latent } = prior;
  const z = stream(seed, "latent starts").fillNormal(new Float32Array(rows * latent));
  const c = new Int32Array(rows);
  const promising = prior.conditions && (await promisingConditions(prior, prior.conditions, fidelity));
  for (let row = 0; row < rows; row++) {
    const restart = row % restarts;
    if (promising) c[row] = promising[Math.floor(row / restarts)]![restart % conditions]!;
    if (fromZero && restart < conditions) z.fill(0, row * latent, (row + 1) * latent);
  }
  return { z: fromHost(z, [rows, latent]), c: fromHost(c, [rows]), perSignal: restarts };
}

/** The conditions of every signal, in falling order of promise. */
async function promisingConditions(
  prior: GeneratorPrior,
  probabilities: Float64Array,
  { target, see }: Fidelity,
): Promise<number[][]> {
  const count = probabilities.length;
  const zeros = {
    z: fromHost(new Float32Array(count * prior.latent), [count, prior.latent]),
    c: fromHost(
      Int32Array.from({ length: count }, (_, c) => c),
      [count],
    ),
  };
  const middles = await compile(({ z, c }: { z: tf.Tensor; c: tf.Tensor }) => see(prior.decode(z, c)), zeros);
  const { data: seen } = await middles.run(zeros);
  await middles.dispose();
  const [signals = 0, m = 0] = target.shape;
  return Array.from({ length: signals }, (_, signal) => {
    const costs = Float64Array.from(probabilities, (p) => -2 * Math.log(p));
    for (let c = 0; c < count; c++) {
      for (let k = 0; k < m; k++) costs[c]! += (target.data[signal * m + k]! - seen[c * m + k]!) ** 2;
    }
    return Array.from(costs.keys()).sort((a, b) => costs[a]! - costs[b]!);
  });
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
    z: z ?? fromHost(new Float32Array(rows * prior.latent), shape),
    c: fromHost(conditions ?? new Int32Array(rows), [rows]),
    perSignal,
  };
}
