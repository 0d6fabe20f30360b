import type { Argv } from "yargs";
import type { MixturePrior } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import type { Dataset } from "../data/rows.ts";
import type { LossyData } from "../measure/lossy/lossy-data.ts";
import type { SketchDesign } from "../sketch/index.ts";
import { requireAbsent, requireInteger, requireNonNegative } from "./options.ts";

export interface LossyArgs {
  readonly data: unknown;
  readonly seed: number;
  readonly through: string | undefined;
  readonly noise: number | undefined;
  readonly measurements: string | undefined;
}

/** The options that say how samples are seen. */
export const lossyOptions = <T>(y: Argv<T>) =>
  y
    .option("through", {
      ...{ type: "string", requiresArg: true },
      describe:
        "learn from lossy measurements, made on the fly: spec of a linear operator, whose draws are made anew for every sample, as mask:keep=.2",
    })
    .option("noise", {
      ...{ type: "number", requiresArg: true, defaultDescription: "0" },
      describe: "with --through or alone, standard deviation of Gaussian noise of the measurements",
    })
    .option("measurements", {
      ...{ type: "string", requiresArg: true },
      describe: "instead of data: .npz of lossy measurements of your own, with y and mask, operator or operators",
    });

/** What the options make of a data set; undefined where samples are seen as they are. `open` opens the data set that the arguments name. */
export async function lossyOf(args: LossyArgs, open: () => Promise<Dataset>): Promise<LossyData | undefined> {
  const { through, noise: sigma, measurements, seed } = args;
  if (sigma !== undefined) requireNonNegative("noise", sigma);
  if (measurements !== undefined) {
    if (through !== undefined)
      throw new InputError("--through: --measurements are measured already; give one of the two");
    if (((args.data ?? []) as readonly string[]).length > 0) {
      throw new InputError("--measurements: is read in place of a data set; give one of the two");
    }
    const { openLossy } = await import("../measure/lossy/lossy-file.ts");
    return openLossy(measurements, sigma);
  }
  if (through === undefined && sigma === undefined) return undefined;
  const { measuredThrough } = await import("../measure/lossy/through.ts");
  return measuredThrough(await open(), {
    ...{ seed },
    ...(through !== undefined && { through }),
    ...(sigma !== undefined && { sigma }),
  });
}

export interface LossyDesignArgs extends Partial<Record<(typeof OTHERS)[number], unknown>> {
  readonly seed: number;
  readonly features: string | undefined;
  readonly pilot: number | undefined;
  readonly cells: number | undefined;
  readonly "cells-of": string | undefined;
  readonly block: number | undefined;
  readonly "by-label": boolean | undefined;
}

/** Options of designs that lossy measurements do not have. */
const OTHERS = [
  "frequencies",
  "law",
  "draw",
  "scale",
  "sketch-size",
  "poses",
  "windows",
  "denoiser",
  "sigma",
  "quantise",
] as const;

/** The design of lossy moments, or with --cells-of of lossy cells. Errors (InputError): options of other designs, values out of range, another kind of prior. */
export async function lossyDesignOf(
  data: LossyData,
  args: LossyDesignArgs,
  signal: AbortSignal,
): Promise<SketchDesign> {
  requireAbsent(args, OTHERS, "lossy measurements have lossy moments; give --features, --cells-of and --cells");
  const folder = args["cells-of"];
  const { cells, pilot } = args;
  if (folder === undefined) {
    const why = "the first pass of lossy measurements has no cells; train it, and give --cells-of too";
    requireAbsent(args, ["cells", "pilot"], why);
  }
  if (folder !== undefined && args.features !== undefined && args.cells !== 1) {
    throw new InputError("--features: lossy cells have those of --cells-of; leave it out");
  }
  if (cells !== undefined) requireInteger("cells", cells);
  if (pilot !== undefined) requireInteger("pilot", pilot, 2);
  const features = args.features === undefined ? undefined : featuresOf(args.features, data.signal);
  const { lossyDesign } = await import("../../priors/mixture/index.ts");
  const labels = args["by-label"] ? await labelCount(data.dataset) : undefined;
  const prior = folder === undefined ? undefined : await mixtureOf(folder);
  return lossyDesign(data, {
    ...{ seed: args.seed, signal },
    ...(labels !== undefined && { labels }),
    ...(args.block !== undefined && { block: args.block }),
    ...(features !== undefined && { features }),
    ...prior,
    ...(cells !== undefined && { cells }),
    ...(pilot !== undefined && { pilotRows: pilot }),
  });
}

/** Errors (InputError): a design that is not for samples that are seen this way. */
export function requireLossyDesign(design: SketchDesign, data: LossyData | undefined): void {
  const spec = design.families.find((family) => "through" in family);
  if (!spec && data)
    throw new InputError(
      "--design: is for samples as they are, not for lossy measurements; make it with the same --through",
    );
  if (!spec || !("through" in spec)) return;
  const words = ({ through, sigma }: Pick<LossyData, "through" | "sigma">) => `${through}, noise ${sigma}`;
  if (data && words(data) === words(spec)) return;
  throw new InputError(
    `--design: is for samples seen through ${words(spec)}, not ${data ? words(data) : "as they are"}`,
  );
}

/** K of pca:K. */
function featuresOf(text: string, signal: readonly number[]): number {
  const n = signal.reduce((a, b) => a * b, 1);
  const count = Number(/^pca:(\d+)$/.exec(text)?.[1]);
  if (count >= 1 && count <= n) return count;
  throw new InputError(`--features: lossy measurements have pca:K with K from 1 to ${n}, got "${text}"`);
}

async function labelCount(dataset: Dataset): Promise<number> {
  const { labelsOf } = await import("../sketch/data-design.ts");
  return 1 + (await labelsOf(dataset)).reduce((a, b) => Math.max(a, b), 0);
}

/** The mixture of a folder, and what it is called in a design: a hash, so that machines may have it in other places. */
async function mixtureOf(folder: string): Promise<{ readonly cellsOf: MixturePrior; readonly of: string }> {
  const [{ loadPrior }, { sha256 }] = await Promise.all([import("./prior-folder.ts"), import("../data/hash.ts")]);
  const cellsOf = await loadPrior(folder);
  if (cellsOf.kind !== "mixture")
    throw new InputError(`--cells-of: ${folder} is a prior of the kind ${cellsOf.kind}; give a mixture`);
  const hash = await sha256([cellsOf.weights, cellsOf.means.data, cellsOf.factors.data]);
  return { cellsOf, of: `prior ${hash.slice(0, 16)}` };
}
