import path from "node:path";
import ndarray from "ndarray";
import { writeAtomic } from "../../src/data/files.ts";
import type { NpyArray } from "../../src/data/npy.ts";
import { encodeNpz, member } from "../../src/data/npz.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { type Sketch, sketchSize } from "../../src/sketch/index.ts";
import { emptyPriorFolder } from "../folder.ts";
import { readFloat32 } from "../generator/arrays.ts";
import { fitMixture, type MixtureOptions } from "./fit.ts";
import type { MixtureModel } from "./model.ts";

export const MIXTURE_FORMAT = { format: "sketchprior-mixture", version: 1 } as const;

const ARRAYS = "mixture.npz";

/** A mixture with what it was made from. */
export interface TrainedMixture {
  readonly model: MixtureModel;
  readonly settings: Required<MixtureOptions>;
  /** The sketch: its design's fingerprint, the samples it sums and how many numbers its sums are. */
  readonly sketch: { readonly fingerprint: string; readonly count: number; readonly numbers: number };
}

/** `fitMixture`, with what it was made from. */
export function trainMixture(sketch: Sketch, options: MixtureOptions = {}): TrainedMixture {
  const { design, count } = sketch;
  return {
    model: fitMixture(sketch, options),
    settings: { shrinkage: 50, ...options },
    sketch: { fingerprint: design.fingerprint, count, numbers: sketchSize(design) },
  };
}

/** Writes a prior's folder: `mixture.npz` with every array, and, last, `prior.json`. An interrupted save leaves no prior. */
export async function saveMixture(folder: string, { model, settings, sketch }: TrainedMixture): Promise<void> {
  const { shape, weights, covarianceOf, labels, residualRoot, ...floats } = model;
  const arrays: Record<string, NpyArray> = {
    ...floats,
    weights: ndarray(weights, [weights.length]),
    covarianceOf: ndarray(covarianceOf, [covarianceOf.length]),
    ...(residualRoot && {
      "residualRoot.factor": residualRoot.factor,
      "residualRoot.standardDeviations": residualRoot.standardDeviations!,
    }),
    ...(labels && { labels: ndarray(labels, [labels.length]) }),
  };
  await emptyPriorFolder(folder);
  await writeAtomic(path.join(folder, ARRAYS), encodeNpz({ arrays, metadata: MIXTURE_FORMAT }));
  const file = { ...MIXTURE_FORMAT, shape, settings, sketch };
  await writeAtomic(path.join(folder, "prior.json"), `${JSON.stringify(file, null, 2)}\n`);
}

/** Reads what `saveMixture` wrote; `settings` is the content of prior.json. Errors (InputError): missing or damaged arrays. */
export async function loadMixture(
  folder: string,
  { shape, settings, sketch }: Omit<TrainedMixture, "model"> & Pick<MixtureModel, "shape">,
): Promise<TrainedMixture> {
  const file = path.join(folder, ARRAYS);
  const npz = await readNpz(file, MIXTURE_FORMAT);
  const numbers = (name: string) => member(npz, name, file).data;
  const read = (name: string) => readFloat32(npz, name, file);
  const model: MixtureModel = {
    shape,
    weights: Float64Array.from(numbers("weights")),
    covarianceOf: Int32Array.from(numbers("covarianceOf")),
    means: read("means"),
    factors: read("factors"),
    centre: read("centre"),
    matrix: read("matrix"),
    residual: read("residual"),
    ...("residualRoot.factor" in npz.arrays && {
      residualRoot: {
        factor: read("residualRoot.factor"),
        standardDeviations: read("residualRoot.standardDeviations"),
      },
    }),
    ...("labels" in npz.arrays && { labels: Int32Array.from(numbers("labels")) }),
  };
  return { model, settings, sketch };
}
