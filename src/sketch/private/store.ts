import ndarray from "ndarray";
import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { NpyArray } from "../../data/npy.ts";
import { type Metadata, member, type Npz } from "../../data/npz.ts";
import { readNpz, writeNpz } from "../../data/npz-file.ts";
import type { PrivateSums } from "./contribution.ts";
import { featuresIn, groupsOf, type PrivateDesign, partsIn, sealedPrivate } from "./design.ts";
import type { Owner, PrivateSketch } from "./release.ts";

export const PRIVATE_FORMAT = { format: "sketchprior-private-sketch", version: 1 } as const;

/** What every file says of its own promise. */
const PROMISE = {
  neighbours: "data sets that differ by one sample, added or removed",
  mechanism:
    "discrete Gaussian noise on sums of integers, one joint L2 sensitivity (Balle, Wang 2018; Canonne, Kamath, Steinke 2020)",
  notCovered:
    "people with several samples, whatever else is published of the same data, how long the computation took, and the data before noise on the owner's machine",
} as const;

/** What the promise rests on, where features are those of a network. */
export const PUBLIC_NETWORK =
  "the network must be public and trained on other data: this file holds it, and the promise does not cover its own training";

/** The name of a network's weights in the file. */
const WEIGHTS = "design.network.weights";

const NOT_PRIVATE = "NOT PRIVATE: the noise was drawn from a known seed, and anybody can take it away";

/** Writes a private sketch as .npz: its design, what its owners were promised, and the noisy sums, in multiples of their grids. */
export async function savePrivateSketch(file: string, { design, owners, sums }: PrivateSketch): Promise<void> {
  const { reference, weights, ...settings } = design;
  const arrays: Record<string, NpyArray> = {
    "design.reference": ndarray(reference, [groupsOf(design), featuresIn(design)]),
    ...(weights && { [WEIGHTS]: ndarray(weights, [weights.length]) }),
  };
  for (const [name, { shape }] of partsIn(design)) arrays[name] = ndarray(sums[name]!, [...shape]);
  const open = owners.some(({ seed }) => seed !== undefined);
  const metadata = {
    ...PRIVATE_FORMAT,
    ...PROMISE,
    ...(weights && { network: PUBLIC_NETWORK }),
    ...(open && { warning: NOT_PRIVATE }),
    owners,
    design: settings,
  };
  await writeNpz(file, { metadata, arrays });
}

/** Reads a private sketch. Errors (InputError): those of `readNpz`; a design that does not match its fingerprint; sums of another shape, NaN or Inf. */
export const loadPrivateSketch = async (file: string): Promise<PrivateSketch> =>
  privateSketchIn(file, await readNpz(file, PRIVATE_FORMAT));

/** The same of the content of a file. */
export async function privateSketchIn(file: string, npz: Npz<Metadata>): Promise<PrivateSketch> {
  const { owners, design: stored } = npz.metadata as unknown as { owners: readonly Owner[]; design: PrivateDesign };
  const reference = Float32Array.from(member(npz, "design.reference", file).data);
  const { fingerprint, ...settings } = stored;
  const weights = settings.network && Float32Array.from(member(npz, WEIGHTS, file).data);
  const design = await sealedPrivate({ ...settings, ...(weights && { weights }), reference });
  if (design.fingerprint !== fingerprint) {
    throw new InputError(`${file}: the design does not match its fingerprint; the file is damaged or was edited`);
  }
  const sums: PrivateSums = {};
  for (const [name, { shape }] of partsIn(design)) {
    const { data, shape: found } = member(npz, name, file);
    const bad = data.findIndex((v) => !Number.isFinite(v));
    if (!sameShape(found, shape) || bad >= 0) {
      const what = bad >= 0 ? `holds ${data[bad]}` : `expected shape [${shape}], got [${found}]`;
      throw new InputError(`${file}: ${name}: ${what}; the file is damaged, sketch the data again`);
    }
    sums[name] = Float64Array.from(data);
  }
  return { design, owners, sums };
}
