import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { checkedRange, type Dataset, type Range } from "../../data/rows.ts";
import { pauses } from "../../engine/events.ts";
import { labelsOf } from "../data-design.ts";
import type { Privacy } from "../privacy.ts";
import { type Bits, cryptographicBits, seededBits } from "./bits.ts";
import { calibrated } from "./calibrate.ts";
import { contributing, noPrivateSums, type PrivateSums } from "./contribution.ts";
import { type PrivateDesign, type PrivateDesignOptions, partsIn, privateDesign } from "./design.ts";
import { discreteGaussian, MOST_SIGMA } from "./discrete-gaussian.ts";
import { featuresAlone } from "./features-alone.ts";
import { referenceFrom } from "./first-pass.ts";
import { noiseOf, roughnessOf } from "./parts.ts";

/** What the data of one owner were promised. */
export interface Owner {
  /** A random name, so that no release is added twice. */
  readonly id: string;
  readonly epsilon: number;
  readonly delta: number;
  /** μ = Δ/σ of each release that the sketch was made by: of the first pass, if there was one, and of the sums themselves. */
  readonly passes: readonly number[];
  /** Present if the noise was drawn from this seed, so that anybody can take it away: then nothing is private. */
  readonly seed?: number;
}

/** What all owners were promised, at the least. */
export const privacyOf = (owners: readonly Owner[]): Privacy => ({
  epsilon: Math.max(...owners.map(({ epsilon }) => epsilon)),
  delta: Math.max(...owners.map(({ delta }) => delta)),
  owners: owners.length,
  ...(owners.some(({ seed }) => seed !== undefined) && { seeded: true }),
});

/** Noisy sums, the sketch of which `plausible` makes. Sums are multiples of the parts' grids (parts.ts). */
export interface PrivateSketch {
  readonly design: PrivateDesign;
  /** Whose data were summed. */
  readonly owners: readonly Owner[];
  readonly sums: PrivateSums;
}

export interface PrivateOptions {
  readonly epsilon: number;
  readonly delta: number;
  /** The part of μ² that a first pass takes to learn the reference; default .05, 0 for no first pass. With a `PrivateDesign` there is none. */
  readonly firstPass?: number;
  /** The samples to sketch; default all. */
  readonly range?: Range;
  /** Draws the noise from a seed, for tests: nothing is private then. Default: the system's cryptographic source. */
  readonly seed?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export const FIRST_PASS = 0.05;

/** Sums of more samples could be inexact: their integers are up to 2³⁴, those of the energy (parts.ts). */
export const MOST_SAMPLES = 2 ** 19;

/**
 * A private sketch of a data set: the sums of `contributing` with discrete Gaussian noise, (ε, δ)-private for data sets that differ by one sample
 * that is added or removed. What is not covered: whatever else is published of the data, the time that this takes, and people with several samples (k of them: the guarantee of
 * kε, and more δ).
 * Errors (InputError): ε, δ, or a first pass out of range; samples of another shape, labels that are absent or outside the design's; more than 2¹⁹ samples;
 * so little privacy left for a sum that its noise is beyond the sampler.
 */
export async function privateSketch(
  dataset: Dataset,
  given: PrivateDesign | Omit<PrivateDesignOptions, "shape" | "reference">,
  options: PrivateOptions,
): Promise<PrivateSketch> {
  const { epsilon, delta, seed } = options;
  requirePrivacy(epsilon, delta);
  const first = "fingerprint" in given ? 0 : (options.firstPass ?? FIRST_PASS);
  if (!(first >= 0 && first < 1)) {
    throw new InputError(`private sketch: first pass: expected a part of the budget, from 0 to below 1, got ${first}`);
  }
  const bits = seed === undefined ? cryptographicBits() : seededBits(seed);
  const base = "fingerprint" in given ? given : await privateDesign({ ...given, shape: dataset.shape });
  const pilot = first > 0 ? await firstDesign(base) : undefined;
  const mu = calibrated(epsilon, delta, (all) => {
    const own = (design: PrivateDesign, part: number) =>
      roughnessOf(partsIn(design), design.shares, all * Math.sqrt(part));
    return own(base, 1 - first) + (pilot ? own(pilot, first) : 0);
  });
  const passes = pilot ? [mu * Math.sqrt(first), mu * Math.sqrt(1 - first)] : [mu];
  let design = base;
  const pass = async (of: PrivateDesign, own: number, done: number): Promise<PrivateSums> => {
    requireNoise(of, own);
    const sums = await exactSums(dataset, of, options, done, passes.length);
    return noisy(sums, of, own, bits);
  };
  if (pilot && !("fingerprint" in given)) {
    const sums = await pass(pilot, passes[0]!, 0);
    design = await privateDesign({ ...given, shape: dataset.shape, reference: referenceFrom(pilot, sums, passes[0]!) });
  }
  const sums = await pass(design, passes.at(-1)!, passes.length - 1);
  const owner = { id: crypto.randomUUID(), epsilon, delta, passes, ...(seed !== undefined && { seed }) };
  return { design, owners: [owner], sums };
}

/** Errors (InputError): no privacy. */
export function requirePrivacy(epsilon: number, delta: number): void {
  if (!(epsilon > 0 && epsilon < Infinity)) {
    throw new InputError(`private sketch: epsilon: must be a positive number, got ${epsilon}`);
  }
  if (!(delta > 0 && delta < 1)) {
    throw new InputError(`private sketch: delta: must be a number between 0 and 1, got ${delta}`);
  }
}

/** The means that a first pass releases, of samples that are not centred yet: so with three times the clipping norm. */
const firstDesign = ({ shape, cosines, labels, clip }: PrivateDesign): Promise<PrivateDesign> =>
  privateDesign({
    ...{ shape, clip: 3 * clip, shares: { count: 0.1, mean: 0.9 } },
    features: cosines === undefined ? "raw" : `dct:${cosines}`,
    ...(labels !== undefined && { labels }),
  });

function requireNoise(design: PrivateDesign, mu: number): void {
  for (const [name, part] of partsIn(design)) {
    if (noiseOf(part, design.shares[name], mu).diagonal <= MOST_SIGMA) continue;
    throw new InputError(
      `private sketch: the ${name} sums get so small a part of this epsilon that nothing of them would be left; give more of either`,
    );
  }
}

/** The sums before noise. They never leave this process. */
async function exactSums(
  dataset: Dataset,
  design: PrivateDesign,
  { range, signal, onProgress }: PrivateOptions,
  done: number,
  passes: number,
): Promise<PrivateSums> {
  if (!sameShape(dataset.shape, design.shape)) {
    throw new InputError(
      `private sketch: ${dataset.name} holds samples of shape [${dataset.shape}], the design is for [${design.shape}]`,
    );
  }
  const { from, to } = checkedRange(dataset.name, dataset.count, range);
  if (to - from > MOST_SAMPLES) {
    throw new InputError(
      `private sketch: ${dataset.name}: at most ${MOST_SAMPLES} samples are summed exactly, got ${to - from}; sketch parts and merge them`,
    );
  }
  const labels = design.labels === undefined ? undefined : await labelsOf(dataset);
  const sums = noPrivateSums(design);
  const pause = pauses(signal);
  const add = contributing(design);
  const features = await featuresAlone(design);
  const d = design.shape.reduce((size, n) => size * n, 1);
  for await (const { first, data } of dataset.batches(512, { from, to })) {
    const rows = data.shape[0]!;
    for (let i = 0; i < rows; i++) {
      const label = labels?.[first + i] ?? 0;
      if (label >= (design.labels ?? 1)) {
        throw new InputError(
          `private sketch: ${dataset.name}: row ${first + i} has the label ${label}, the design is for 0 to ${design.labels! - 1}`,
        );
      }
      const x = data.data.subarray(i * d, (i + 1) * d);
      add(x, label, sums, await features?.of(x));
      await pause();
    }
    onProgress?.(done * (to - from) + first + rows - from, passes * (to - from));
  }
  await features?.dispose();
  return sums;
}

/** The sums with noise. Float64 holds sums and noise exactly, and rounds what is released. */
function noisy(sums: PrivateSums, design: PrivateDesign, mu: number, bits: Bits): PrivateSums {
  const out: PrivateSums = {};
  for (const [name, part] of partsIn(design)) {
    const sigma = noiseOf(part, design.shares[name], mu);
    const [draw, drawOff] = [discreteGaussian(sigma.diagonal, bits), discreteGaussian(sigma.off, bits)];
    const isOff = part.triangle === undefined ? () => false : offDiagonal(part.triangle);
    out[name] = sums[name]!.map((v, at) => v + (isOff(at) ? drawOff() : draw()));
  }
  return out;
}

/** Whether a number is off the diagonal of its lower triangle, of rows of such triangles of matrices [k, k]. */
export function offDiagonal(k: number): (at: number) => boolean {
  const diagonal = new Uint8Array((k * (k + 1)) / 2);
  for (let i = 0, at = -1; i < k; i++) {
    at += i + 1;
    diagonal[at] = 1;
  }
  return (at) => diagonal[at % diagonal.length] === 0;
}
