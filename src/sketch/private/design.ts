import ndarray from "ndarray";
import { sizeOf } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { FourierSpec } from "../families/fourier.ts";
import type { FeatureNetwork } from "../feature-network.ts";
import { fingerprint } from "../fingerprint.ts";
import { lowestCosines } from "./dct.ts";
import { type Part, type PartName, partNames, partsOf, type Shares } from "./parts.ts";

/** Version of what a private design means. */
export const PRIVATE_DESIGN_VERSION = 1;

/**
 * What is summed of private data. Nothing in it comes from the data, but for the reference, which an earlier private release of them may have told
 * (`first-pass.ts`).
 */
export interface PrivateDesign {
  readonly version: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** The lowest cosines that are features, K (`lowestCosines`); absent where the features are the sample's own numbers. */
  readonly cosines?: number;
  /** Number of labels, if everything is summed once for each. */
  readonly labels?: number;
  /** Fourier moments of the features; absent without. */
  readonly fourier?: FourierSpec;
  /** Features of a network, which is public: nobody may learn from it who is in the data. Absent without. */
  readonly network?: FeatureNetwork;
  /** Its weights, with it. */
  readonly weights?: Float32Array;
  /** The norm to which the features relative to the reference are shrunk. */
  readonly clip: number;
  /** What part of the budget each sum has. */
  readonly shares: Shares;
  /** [groups, k]: is subtracted from the features, by label. */
  readonly reference: Float32Array;
  /** SHA-256 of everything above. */
  readonly fingerprint: string;
}

export interface PrivateDesignOptions {
  readonly shape: readonly number[];
  /** `raw` or `dct:K`; default raw up to 100 numbers a sample, else dct:100. */
  readonly features?: string;
  readonly labels?: number;
  readonly fourier?: Omit<FourierSpec, "kind">;
  /** A network that does not come from the data, and its weights (`featureNetwork`). */
  readonly network?: FeatureNetwork;
  readonly weights?: Float32Array;
  readonly clip: number;
  /** Default `SHARES`; other sums have none. */
  readonly shares?: Partial<Shares>;
  /** Default 0. */
  readonly reference?: Float32Array;
}

/** Samples of more numbers have cosines as features by default, so many. */
const COSINES = 100;

/** The parts of the budget without Fourier moments. Chosen on digits of MNIST's training part; counts and means need little. */
export const SHARES = {
  count: 0.03,
  mean: 0.17,
  square: 0.77,
  energy: 0.02,
  rest: 0.01,
  fourier: 0,
  network: 0,
  networkSquares: 0,
} as const satisfies Shares;

/** The part that Fourier moments have by default, where there are some. */
export const FOURIER_SHARE = 0.3;

/** The parts that moments of a network's features have by default, where there are some. */
export const NETWORK_SHARES = { network: 0.5, networkSquares: 0.25 } as const;

/** Errors (InputError): features of another kind, more cosines than numbers, a clipping norm or shares that are not positive numbers. */
export async function privateDesign(options: PrivateDesignOptions): Promise<PrivateDesign> {
  const { shape, labels, clip, network, weights } = options;
  const fourier = options.fourier && ({ kind: "fourier", ...options.fourier } as const);
  if (!(clip > 0 && clip < Infinity))
    throw new InputError(`private sketch: clip: must be a positive number, got ${clip}`);
  const sample = sizeOf(shape);
  const features = options.features ?? (sample > COSINES ? `dct:${COSINES}` : "raw");
  const cosines = features === "raw" ? undefined : Number(/^dct:(\d+)$/.exec(features)?.[1]);
  if (cosines !== undefined && !(cosines >= 1 && cosines <= sample)) {
    throw new InputError(
      `private sketch: features: expected raw or dct:K with K from 1 to ${sample}, got "${features}"; components of a pilot would show its samples`,
    );
  }
  const k = cosines ?? sample;
  const groups = labels ?? 1;
  const asked = {
    ...SHARES,
    ...(fourier && { fourier: FOURIER_SHARE }),
    ...(network && NETWORK_SHARES),
  };
  const shares = sharesOf(options.shares ?? asked, k < sample);
  if (shares.fourier > 0 !== (fourier !== undefined)) {
    throw new InputError("private sketch: shares: Fourier moments need frequencies and a share, or neither");
  }
  if ([shares.network, shares.networkSquares].some((share) => share > 0 !== (network !== undefined))) {
    throw new InputError(
      "private sketch: shares: moments of features need a network and shares network and networkSquares, or none of these",
    );
  }
  const reference = options.reference ?? new Float32Array(groups * k);
  const settings = {
    ...{ version: PRIVATE_DESIGN_VERSION, shape: [...shape] },
    ...(cosines !== undefined && { cosines }),
    ...(labels !== undefined && { labels }),
    ...(fourier && { fourier }),
    ...(network && { network }),
    ...{ clip, shares },
  };
  return sealedPrivate({ ...settings, ...(weights && { weights }), reference });
}

/** The design with its fingerprint computed. */
export async function sealedPrivate(content: Omit<PrivateDesign, "fingerprint">): Promise<PrivateDesign> {
  const { reference, weights, ...settings } = content;
  const arrays = { reference, ...(weights && { weights }) };
  const named = Object.entries(arrays).map(([name, array]) => [name, ndarray(array, [array.length])]);
  return { ...content, fingerprint: await fingerprint(settings, Object.fromEntries(named)) };
}

/** Shares that add up to 1, from any positive numbers. */
function sharesOf(given: Partial<Shares>, rest: boolean): Shares {
  const of = (name: PartName) => (name === "rest" && !rest ? 0 : (given[name] ?? 0));
  const bad = partNames.find((name) => !(of(name) >= 0 && of(name) < Infinity));
  if (bad) throw new InputError(`private sketch: shares: ${bad}: must be a number of at least 0, got ${given[bad]}`);
  const sum = partNames.reduce((total, name) => total + of(name), 0);
  if (!(of("count") > 0 && of("mean") > 0)) {
    throw new InputError("private sketch: shares: counts and means are needed; give them a share");
  }
  return Object.fromEntries(partNames.map((name) => [name, of(name) / sum])) as Shares;
}

/** Labels, or 1. */
export const groupsOf = ({ labels }: Pick<PrivateDesign, "labels">): number => labels ?? 1;

/** Features of a sample, k. */
export const featuresIn = ({ cosines, shape }: Pick<PrivateDesign, "cosines" | "shape">): number =>
  cosines ?? sizeOf(shape);

/** The features as columns of a matrix [d, k]; undefined for the sample's own numbers. */
export const basisOf = ({ cosines, shape }: Pick<PrivateDesign, "cosines" | "shape">): Float64Array | undefined =>
  cosines === undefined ? undefined : lowestCosines(shape, cosines);

/** The sums of a design. */
export const partsIn = (design: PrivateDesign): ReadonlyMap<PartName, Part> =>
  partsOf({
    ...{ groups: groupsOf(design), features: featuresIn(design), frequencies: design.fourier?.m ?? 0 },
    learned: design.network?.features ?? 0,
    ...{ clip: design.clip, shares: design.shares },
  });
