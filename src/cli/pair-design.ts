import {
  type DenoiserModel,
  modelArrays,
  modelOfDesign,
  pairDataset,
  pairFamily,
} from "../../priors/denoiser/index.ts";
import { openPatches } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { sha256 } from "../data/hash.ts";
import type { Dataset } from "../data/rows.ts";
import type { DataDesignOptions } from "../sketch/data-design.ts";
import { rankFor, type SketchDesign, sharedDirectionsOf } from "../sketch/index.ts";
import { loadTrained } from "./prior-folder.ts";

/** σ of the noise where none is given. */
const SIGMA = 0.1;

export interface PairArgs {
  readonly data: unknown;
  readonly denoiser: string | undefined;
  readonly sigma: number | undefined;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** A data set of pairs, and its design. */
export interface Pairs {
  readonly dataset: Dataset;
  readonly design: DataDesignOptions;
}

/** The pairs of --denoiser. Errors (InputError): no patch prior of grey patches or denoiser in that folder, another σ than the denoiser's, no patches as data. */
export async function pairsFor({
  data,
  denoiser,
  sigma,
  seed,
  signal,
}: PairArgs & { readonly denoiser: string }): Promise<Pairs> {
  if (sigma !== undefined && !(sigma > 0 && sigma < Number.POSITIVE_INFINITY)) {
    throw new InputError(`--sigma: expected a positive number, got ${sigma}`);
  }
  const model = await modelFrom(denoiser, sigma, signal);
  const hash = (await sha256(Object.values(modelArrays("", model)).map((array) => array.data))).slice(0, 16);
  return {
    dataset: await pairsOf(data, model, { seed, signal }),
    design: pairFamily(model, { of: `prior ${hash}`, seed }),
  };
}

/** The pairs of a design of them; undefined for a design of other moments. */
export async function pairsOfDesign(
  data: unknown,
  design: SketchDesign,
  signal: AbortSignal,
): Promise<Dataset | undefined> {
  const found = modelOfDesign(design);
  return found && pairsOf(data, found.model, { seed: found.seed, signal });
}

async function modelFrom(folder: string, sigma: number | undefined, signal: AbortSignal): Promise<DenoiserModel> {
  const { kind, trained } = await loadTrained(folder);
  if (kind === "denoiser") {
    const { model } = trained;
    if (sigma === undefined || sigma === model.sigma) return model;
    throw new InputError(`--sigma: ${folder} is for ${model.sigma}, got ${sigma}; leave --sigma out`);
  }
  if (kind !== "patches") {
    throw new InputError(`--denoiser: ${folder} is of the kind ${kind}, expected a patch prior or a denoiser`);
  }
  const { side, channels, weights, values, vectors } = trained.model;
  if (channels !== 1) throw new InputError(`--denoiser: ${folder} is of patches in colour; give one of grey patches`);
  const rank = rankFor(side * side, channels);
  const spectra = { weights, values: values.data, vectors: vectors.data };
  const cells = await sharedDirectionsOf(spectra, { rank, channels, signal });
  return { side, sigma: sigma ?? SIGMA, cells, stages: [] };
}

async function pairsOf(
  data: unknown,
  model: DenoiserModel,
  watched: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Dataset> {
  const [spec, ...more] = data as readonly string[];
  const source = more.length === 0 ? await openPatches(spec!) : undefined;
  if (!source)
    throw new InputError(`--denoiser: expected one data set, patches:DATA, got ${(data as string[]).join(" ")}`);
  const { images, patches, sideGiven } = source;
  if (sideGiven && patches.side !== model.side) {
    throw new InputError(
      `patches: side: the denoiser is of ${model.side}×${model.side} patches, got ${patches.side}; leave side out`,
    );
  }
  return pairDataset(images, model, { stride: patches.stride, ...watched });
}
