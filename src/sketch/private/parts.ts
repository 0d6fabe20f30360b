import { triangleSize } from "../families/family.ts";

/**
 * The sums of a private sketch, which are released together:
 *
 *   count   1;  mean  q;  square  the lower triangle of qqᵀ;
 *   energy  |u|² relative to the reference, up to twice the clipping norm, of all labels;  rest  |x|² − |u|² where features are fewer than numbers;
 *   fourier  cos ωⱼᵀu, then sin ωⱼᵀu;
 *   network  the features v of a network, of norm at most 1;  networkSquares  v ⊙ v, of all labels: by label noise would hide them.
 */
export const partNames = ["count", "mean", "square", "energy", "rest", "fourier", "network", "networkSquares"] as const;
export type PartName = (typeof partNames)[number];

/** What part of the budget, of μ², each sum has; together 1. A sum without a share is not made. */
export type Shares = Readonly<Record<PartName, number>>;

/** Q: a feature of the size of the clipping norm is this integer. Squares are up to 2³², the energy up to 2³⁴, so that float64 sums of 2¹⁹ samples are exact. */
export const FINENESS = 2 ** 16;

/** Norms are told apart up to so many clipping norms, by the sum `energy`. */
export const REACH = 2;

/** One sum: integers, and how far a single sample can move them. */
export interface Part {
  readonly shape: readonly number[];
  /** What 1 means, in the data's units. */
  readonly grid: number;
  /** The largest norm of one sample's contribution. Of a `triangle`, numbers off the diagonal count √2 times: it is the norm of the whole matrix. */
  readonly bound: number;
  /** The largest sum of absolute values of one sample's contribution, over the whole matrix of a triangle. */
  readonly absolute: number;
  /** The width of the symmetric matrix whose lower triangle is summed. */
  readonly triangle?: number;
}

/** What the parts depend on. */
export interface PartSizes {
  readonly groups: number;
  /** Features, k. */
  readonly features: number;
  /** Fourier frequencies; 0 without. */
  readonly frequencies: number;
  /** Features of a network, p; 0 without. */
  readonly learned: number;
  readonly clip: number;
  readonly shares: Shares;
}

/** The sums that have a share. */
export function partsOf(sizes: PartSizes): ReadonlyMap<PartName, Part> {
  const { groups, features: k, frequencies: m, learned: p, clip, shares } = sizes;
  const q = FINENESS;
  const all: Record<PartName, Part> = {
    count: { shape: [groups], grid: 1 / q, bound: q, absolute: q },
    mean: { shape: [groups, k], grid: clip / q, bound: q, absolute: q * Math.sqrt(k) },
    square: {
      ...{ shape: [groups, triangleSize(k)], grid: (clip / q) ** 2, triangle: k },
      ...{ bound: q * q, absolute: q * q * k },
    },
    energy: { shape: [1], grid: (clip / q) ** 2, bound: (REACH * q) ** 2, absolute: (REACH * q) ** 2 },
    rest: { shape: [1], grid: (clip / q) ** 2, bound: q * q, absolute: q * q },
    fourier: { shape: [groups, 2 * m], grid: 1 / q, bound: q * Math.sqrt(m), absolute: q * m * Math.SQRT2 },
    network: { shape: [groups, p], grid: 1 / q, bound: q, absolute: q * Math.sqrt(p) },
    networkSquares: { shape: [p], grid: 1 / (q * q), bound: q * q, absolute: q * q },
  };
  return new Map(partNames.filter((name) => shares[name] > 0).map((name) => [name, all[name]]));
}

/**
 * σ of the noise on each number of a part: `diagonal` for all, and for numbers off the diagonal of a triangle that, over √2. With the noise of all parts together
 * Σ (a/σ)² ≤ μ² for the contribution a of any sample.
 */
export function noiseOf({ bound }: Part, share: number, mu: number): { diagonal: number; off: number } {
  const diagonal = bound / (mu * Math.sqrt(share));
  return { diagonal, off: diagonal * Math.SQRT1_2 };
}

/** Σ |a|/σ² over all parts: at most this for any sample. */
export function roughnessOf(parts: ReadonlyMap<PartName, Part>, shares: Shares, mu: number): number {
  return [...parts].reduce(
    (sum, [name, part]) => sum + part.absolute / noiseOf(part, shares[name], mu).diagonal ** 2,
    0,
  );
}
