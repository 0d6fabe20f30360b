import type { NdArray } from "ndarray";
import { parseOperator } from "../../../operators/registry.ts";
import { l1 } from "../../../priors/penalties/l1.ts";
import type { GeneratorPrior } from "../../../priors/prior.ts";
import { relativeErrors } from "../../../src/compare/metrics.ts";
import { fromHost } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { measure } from "../../../src/measure/index.ts";
import { csgm, generate, recover } from "../../../src/solve/index.ts";

/** A recovery succeeds if ‖x̂ − x‖ is below this part of ‖x‖. */
export const SUCCESS = 0.05;

/** Signals of one draw of the generator and of Φ. */
const PER_DRAW = 8;
/** Starts of every descent. Theory is about the global minimum, which more of them find. */
const RESTARTS = 5;

/** Successes of the trials at one m. */
export interface Share {
  readonly m: number;
  readonly successes: number;
  readonly trials: number;
}

export interface ShareOptions {
  readonly trials: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/**
 * Signals G(z), z ~ N(0, I), from m measurements y = Φx without noise, Φ ~ N(0, 1/m): the share that is recovered, by descent to the minimum of
 * ‖y − Φ(G(z))‖². `prior(draw)` is another network for every 8 signals, or always the same trained one; Φ is always another.
 */
export async function generatorShare(
  prior: (draw: number) => GeneratorPrior,
  m: number,
  options: ShareOptions,
): Promise<Share> {
  return share(m, options, async (draw, count, seed) => {
    const g = prior(draw);
    const z = stream(seed, "theory", "latents", m).fillNormal(new Float32Array(count * g.latent));
    const truth = await generate(g, fromHost(z, [count, g.latent]));
    const { operator, y, noise } = await measured(truth, m, seed);
    const descent = { steps: 400, learningRate: 0.2, lambda: 0, restarts: RESTARTS, seed, signal: options.signal };
    return { truth, estimate: (await csgm({ operator, y, noise }, g, descent)).estimate };
  });
}

/** The same for signals of n numbers of which k are N(0, 1) and the others 0, by the l1 norm with a λ that hardly weighs. */
export function sparseShare(n: number, k: number, m: number, options: ShareOptions): Promise<Share> {
  return share(m, options, async (_, count, seed) => {
    const random = stream(seed, "theory", "sparse", m);
    const data = new Float32Array(count * n);
    for (let row = 0; row < count; row++) {
      for (const place of random.permutation(n).slice(0, k)) data[row * n + place] = random.normal();
    }
    const truth = fromHost(data, [count, n]);
    const { operator, y, noise } = await measured(truth, m, seed);
    const { estimate } = await recover({ operator, y, noise }, l1([n]), { lambda: 1e-3, signal: options.signal });
    return { truth, estimate };
  });
}

/** m of the first measure whose share reaches one half, linear between neighbours in log m; undefined where none does. */
export function halfway(shares: readonly Share[]): number | undefined {
  const sorted = [...shares]
    .sort((a, b) => a.m - b.m)
    .map(({ m, successes, trials }) => ({ m, part: successes / trials }));
  const at = sorted.findIndex(({ part }) => part >= 0.5);
  if (at < 0) return undefined;
  const [after, before] = [sorted[at]!, sorted[at - 1]];
  if (!before) return after.m;
  const t = (0.5 - before.part) / (after.part - before.part);
  return Math.exp((1 - t) * Math.log(before.m) + t * Math.log(after.m));
}

/** Wilson's 95 % interval of a share. */
export function wilson({ successes, trials }: Pick<Share, "successes" | "trials">): [number, number] {
  const z = 1.96;
  const p = successes / trials;
  const centre = (p + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials);
  const half = (z / (1 + z ** 2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z ** 2 / (4 * trials ** 2));
  return [centre - half, centre + half];
}

type Signals = NdArray<Float32Array>;

async function share(
  m: number,
  { trials, seed, signal }: ShareOptions,
  run: (draw: number, count: number, seed: number) => Promise<{ truth: Signals; estimate: Signals }>,
): Promise<Share> {
  let successes = 0;
  for (let done = 0; done < trials; done += PER_DRAW) {
    signal.throwIfAborted();
    const draw = done / PER_DRAW;
    const { truth, estimate } = await run(draw, Math.min(PER_DRAW, trials - done), seed + draw);
    successes += relativeErrors(truth, estimate).filter((error) => error < SUCCESS).length;
  }
  return { m, successes, trials };
}

async function measured(truth: Signals, m: number, seed: number) {
  const operator = parseOperator(`gaussian:m=${m}`, truth.shape.slice(1), seed);
  return measure(truth, operator, { noise: 0, seed });
}
