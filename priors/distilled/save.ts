import path from "node:path";
import ndarray from "ndarray";
import { writeAtomic } from "../../src/data/files.ts";
import { encodeNpz, member } from "../../src/data/npz.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { emptyPriorFolder } from "../folder.ts";
import { numbered, readFloat32, readNumbered } from "../generator/arrays.ts";
import { priorOnnx } from "../generator/save.ts";
import type { TrainedMixture } from "../mixture/index.ts";
import type { Distilled } from "./distil.ts";
import { type DistilledModel, distilledPrior } from "./model.ts";

export const DISTILLED_FORMAT = { format: "sketchprior-distilled", version: 1 } as const;

const ARRAYS = "weights.npz";
const MODEL = "generator.onnx";

/** A distilled generator with what its mixture was made from. */
export interface TrainedDistilled extends Distilled, Pick<TrainedMixture, "sketch"> {}

type DistilledFile = Omit<TrainedDistilled, "model"> &
  Pick<DistilledModel, "kind" | "network" | "shape"> & { readonly weights: number };

/**
 * Writes a prior's folder: `weights.npz`, `generator.onnx` (inputs `z` [n, latent] and `c` [n] int32, output `x` [n, ...shape],
 * any n) and, last, `prior.json`. An interrupted save leaves no prior.
 */
export async function saveDistilled(folder: string, { model, ...rest }: TrainedDistilled): Promise<void> {
  const { kind, network, shape, weights, conditions, centre, matrix, residual } = model;
  const arrays = {
    ...numbered("weights", weights),
    ...{ centre, matrix, residual },
    conditions: ndarray(conditions, [conditions.length]),
  };
  await emptyPriorFolder(folder);
  await writeAtomic(path.join(folder, ARRAYS), encodeNpz({ arrays, metadata: DISTILLED_FORMAT }));
  await writeAtomic(path.join(folder, MODEL), priorOnnx(distilledPrior("generator", model)));
  const file: DistilledFile = { kind, network, shape, weights: weights.length, ...rest };
  await writeAtomic(path.join(folder, "prior.json"), `${JSON.stringify({ ...DISTILLED_FORMAT, ...file }, null, 2)}\n`);
}

/** Reads what `saveDistilled` wrote; `file` is the content of prior.json. Errors (InputError): missing or damaged arrays. */
export async function loadDistilled(folder: string, file: DistilledFile): Promise<TrainedDistilled> {
  const { kind, network, shape, weights, settings, history, code, sketch } = file;
  const name = path.join(folder, ARRAYS);
  const npz = await readNpz(name, DISTILLED_FORMAT);
  const read = (array: string) => readFloat32(npz, array, name);
  const model: DistilledModel = {
    ...{ kind, network, shape },
    weights: readNumbered(npz, "weights", weights, name),
    conditions: Float64Array.from(member(npz, "conditions", name).data),
    centre: read("centre"),
    matrix: read("matrix"),
    residual: read("residual"),
  };
  return { model, settings, history, code, sketch };
}
