import type { Argv } from "yargs";
import { sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import type { Dataset } from "../data/rows.ts";
import type { LossyData } from "../measure/lossy/lossy-data.ts";
import type { DataDesignOptions } from "../sketch/data-design.ts";
import { type DrawName, drawNames, draws, type LawName, lawNames } from "../sketch/laws.ts";
import type { Context } from "./command.ts";
import { featureNames, openFeatures } from "./feature-design.ts";
import { type LossyArgs, lossyDesignOf, lossyOf, lossyOptions } from "./lossy-design.ts";
import { numberList, requireAbsent, requireInteger } from "./options.ts";
import type { PairArgs, Pairs } from "./pair-design.ts";
import { UsageError } from "./parse.ts";
import { patchDesign } from "./patch-design.ts";
import { windowDesign } from "./window-design.ts";

/** Samples with more numbers than this are sketched in principal components, unless --features is given. */
const MOST_RAW = 100;

/** The default of --features. */
export const rawOrPca = (shape: readonly number[]): string => (sizeOf(shape) > MOST_RAW ? "pca:100" : "raw");

/** The data arguments of the commands `design` and `sketch`. Several data sets are read one after the other, as one. */
export const dataArguments = <T>(y: Argv<T>) =>
  y
    .positional("data", {
      type: "string",
      describe: "data sets: names, paths, or - for standard input",
    })
    .option("shape", {
      ...{ type: "string", requiresArg: true },
      describe: "shape of one sample, as 28,28: needed for raw float32 numbers (-, .raw, .bin, .f32), reshapes others",
    })
    .option("header", {
      type: "boolean",
      defaultDescription: "decided from the first line",
      describe: "the first line of .csv files is a header; --no-header: it is not",
    });

export interface DataArgs {
  readonly data: unknown;
  readonly shape: string | undefined;
  readonly header: boolean | undefined;
}

/** The data set that the arguments name. */
export async function datasetOf({ data, shape, header }: DataArgs): Promise<Dataset> {
  const { openDatasets } = await import("../data/dataset.ts");
  const specs = (data ?? []) as readonly string[];
  if (specs.length === 0) throw new UsageError("missing argument: data; see --help");
  return openDatasets(specs, {
    ...(shape !== undefined && { shape: numberList("shape", shape) }),
    ...(header !== undefined && { header }),
  });
}

/** What is sketched: a data set, with --denoiser the pairs that it holds, and with --through, --noise or --measurements how its samples are seen. */
export interface Sketched {
  readonly dataset: Dataset;
  readonly pairs?: Pairs;
  readonly lossy?: LossyData;
}

/** The data set that the arguments name, with --denoiser the pairs of its patches, or lossy measurements. */
export async function sketchedOf(args: DataArgs & PairArgs & LossyArgs): Promise<Sketched> {
  const { denoiser } = args;
  const lossy = await lossyOf(args, () => datasetOf(args));
  if (lossy && denoiser !== undefined) {
    throw new InputError("--denoiser: lossy measurements make no pairs; give one of the two");
  }
  if (lossy) return { dataset: lossy.dataset, lossy };
  if (denoiser === undefined) return { dataset: await datasetOf(args) };
  const { pairsFor } = await import("./pair-design.ts");
  const pairs = await pairsFor({ ...args, denoiser });
  return { dataset: pairs.dataset, pairs };
}

/** The options that make a design, of the commands `design` and `sketch`. */
export const designOptions = <T>(y: Argv<T>) =>
  lossyOptions(y)
    .option("frequencies", {
      ...{ type: "string", requiresArg: true, defaultDescription: "4096" },
      describe: "random frequencies M of the Fourier moments; auto: as many as the pilot's law needs",
    })
    .option("law", {
      ...{ type: "string", requiresArg: true, choices: lawNames, defaultDescription: "gaussian" },
      describe: "law of the frequencies",
    })
    .option("draw", {
      ...{
        type: "string",
        requiresArg: true,
        choices: drawNames,
        defaultDescription: "product; independent for fewer than 256 frequencies, adapted-radius and 1bit",
      },
      describe: `how frequencies are drawn together: ${drawNames.map((name) => `${name}, ${draws[name]}`).join("; ")}`,
    })
    .option("scale", {
      ...{ type: "string", requiresArg: true, defaultDescription: "auto" },
      describe: "scales in the data domain, σ,σ,…; auto: from the spread of the pilot",
    })
    .option("quantise", {
      ...{ type: "string", requiresArg: true, choices: ["1bit"] as const },
      describe: "Fourier moments from one bit for every cosine and sine of a sample",
    })
    .option("features", {
      ...{ type: "string", requiresArg: true, defaultDescription: "pca:100, raw up to 100 numbers a sample" },
      describe:
        "coordinates of the Fourier moments: raw or pca:K; with --epsilon of all moments: raw or dct:K; features of lossy measurements, pca:64 by default; onnx:FILE, or pca:K,onnx:FILE: instead of Fourier moments those of a network's features",
    })
    .option("sketch-size", {
      ...{ type: "string", requiresArg: true },
      describe:
        "instead: moments in cells, for a mixture prior, with at most this many numbers, sums and design together: 400k, 1M",
    })
    .option("poses", {
      ...{ type: "string", requiresArg: true, choices: ["auto", "none"], defaultDescription: "auto" },
      describe:
        "with --sketch-size, align grey images by slant and width; auto: if that makes held-out pilot samples likelier",
    })
    .option("windows", {
      ...{ type: "number", requiresArg: true },
      describe:
        "instead: mean and covariance of the images, and moments of their windows of so many pixels a side (8), for a prior of windows",
    })
    .option("cells", {
      ...{ type: "number", requiresArg: true, defaultDescription: "200" },
      describe:
        "of patches and windows: the cells that have second moments; of lossy measurements: cells fitted to a pilot, 20, or 5 of each label, by default; 1 for a step of the Gaussian of missing pixels",
    })
    .option("cells-of", {
      ...{ type: "string", requiresArg: true, defaultDescription: "a pilot of the data" },
      describe:
        "of patches, what the cells are fitted to: pilot, dead-leaves (no data at all), or a patch prior's folder (a second pass); of lossy measurements: the mixture of the pass before",
    })
    .option("block", {
      ...{ type: "number", requiresArg: true, defaultDescription: "64 to 8192, by the moments' sizes" },
      describe: "samples that are summed together; parts that are cut between blocks give the bits of the whole",
    })
    .option("denoiser", {
      ...{ type: "string", requiresArg: true },
      describe:
        "of patches, instead: sums of pairs, noisy and clean, for train --kind denoiser; a patch prior, whose cells it has, or a denoiser, for its next stage",
    })
    .option("sigma", {
      ...{ type: "number", requiresArg: true, defaultDescription: "0.1, or that of the denoiser" },
      describe: "with --denoiser, standard deviation of the noise",
    })
    .option("by-label", { type: "boolean", describe: "separate sums for each label" })
    .option("pilot", {
      ...{
        type: "number",
        requiresArg: true,
        defaultDescription: "5000, fewer of more than 3355 numbers; 20000 patches",
      },
      describe: "first samples, or patches from all over the images, from which scales, PCA and cells are learned",
    });

/** Text about --seed for the end of `--help`. */
export const seedDetails = async (): Promise<string> =>
  "--seed draws the frequencies, and with --sketch-size the first centres of the cells. Sketches merge " +
  "if they were made with the same options and the same first samples, or with one design (--design).";

export interface DesignArgs {
  readonly seed: number;
  readonly frequencies: string | undefined;
  readonly law: LawName | undefined;
  readonly draw: DrawName | undefined;
  readonly scale: string | undefined;
  readonly features: string | undefined;
  readonly quantise: "1bit" | undefined;
  readonly pilot: number | undefined;
  readonly poses: string | undefined;
  readonly windows: number | undefined;
  readonly cells: number | undefined;
  readonly "cells-of": string | undefined;
  readonly block: number | undefined;
  readonly denoiser: string | undefined;
  readonly sigma: number | undefined;
  readonly "by-label": boolean | undefined;
  readonly "sketch-size": string | undefined;
}

/** The design that the options ask for. */
export async function designOf(
  { dataset, pairs, lossy }: Sketched,
  args: DesignArgs,
  { progress, signal }: Pick<Context, "progress" | "signal">,
) {
  const { designFor } = await import("../sketch/index.ts");
  const { frequencies, law, draw, scale, pilot, seed } = args;
  const m = frequencies === undefined ? undefined : frequencyCount(frequencies);
  if (pilot !== undefined) requireInteger("pilot", pilot, 2);
  if (args.block !== undefined) requireInteger("block", args.block);
  if (lossy) {
    return progress("design", () => lossyDesignOf(lossy, args, signal));
  }
  const size = args["sketch-size"];
  const common = {
    ...{ signal, byLabel: args["by-label"] ?? false },
    ...(pilot !== undefined && { pilotRows: pilot }),
    ...(args.block !== undefined && { block: args.block }),
  };
  const learned = (options: DataDesignOptions) =>
    progress("design", (onProgress) =>
      designFor(dataset, {
        ...{ ...common, ...options },
        onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }),
      }),
    );
  if (pairs) {
    const names = [...FOURIER, "sketch-size", "poses", "windows", "cells", "cells-of", "by-label", "pilot"] as const;
    requireAbsent(args, names, "sums of pairs have the cells of --denoiser; give one of the two");
    return learned(pairs.design);
  }
  if (args.sigma !== undefined) throw new InputError("--sigma: is that of --denoiser; give it too");
  const arePatches = dataset.typical !== undefined; // they alone draw their pilot from all over
  if (arePatches) {
    requireAbsent(args, [...FOURIER, "sketch-size", "poses", "windows"], "patches have gated moments; give --cells");
    return learned(await patchDesign(dataset, args));
  }
  if (args.windows !== undefined) {
    const others = [...FOURIER, "sketch-size", "poses", "cells-of"] as const;
    requireAbsent(args, others, "--windows chooses the moments itself; give one of the two");
    requireAbsent(args, ["by-label"], "windows are not summed by label; leave it out");
    return learned(windowDesign(dataset, { ...args, windows: args.windows }));
  }
  requireAbsent(
    args,
    ["cells"],
    "only patches, windows and lossy measurements have cells of a mixture; give patches:DATA, --windows, --through or --noise",
  );
  requireAbsent(
    args,
    ["cells-of"],
    "only patches and lossy measurements take the cells of a prior; give patches:DATA, --through or --noise",
  );
  if (size !== undefined) {
    requireAbsent(args, FOURIER, "--sketch-size chooses the moments itself; give one of the two");
    const poses = args.poses as "auto" | "none" | undefined;
    return learned({ sketchSize: requireSize(size), seed, ...(poses && { poses }) });
  }
  if (args.poses !== undefined)
    throw new InputError("--poses: only designs by --sketch-size align images; give it too");
  const { network, coordinates } = featureNames(args.features);
  const features = coordinates ?? rawOrPca(dataset.shape);
  if (network !== undefined) {
    const own = FOURIER.filter((name) => name !== "features");
    requireAbsent(args, own, "moments of a network's features have no frequencies; give one of the two");
    const { family, learned: weights } = await openFeatures(network, dataset.shape);
    return learned({ features, families: [family, { kind: "second-moments", reduced: true }], learned: weights });
  }
  return learned({
    features,
    families: [
      {
        kind: "fourier",
        seed,
        ...(law !== undefined && { law }),
        ...(draw !== undefined && { draw }),
        ...(args.quantise !== undefined && { quantised: args.quantise }),
        ...(m !== undefined && { m }),
        ...(scale !== undefined && scale !== "auto" && { scales: numberList("scale", scale) }),
      },
      { kind: "second-moments" },
    ],
  });
}

/** Options of Fourier moments and of their features. */
const FOURIER = ["frequencies", "law", "draw", "scale", "features", "quantise"] as const;

/** Errors (InputError): an option that shapes a design is given together with --design, which already fixes it. */
export function requireNoDesignOptions(args: DesignArgs): void {
  const others = [
    "block",
    "by-label",
    "sketch-size",
    "pilot",
    "poses",
    "windows",
    "cells",
    "cells-of",
    "denoiser",
    "sigma",
  ] as const;
  requireAbsent(args, [...FOURIER, ...others], "the file of --design already fixes it; give one of the two");
}

/** Parses --frequencies. Errors (InputError): neither a positive integer nor auto. */
export function frequencyCount(text: string): number | "auto" {
  if (text === "auto") return text;
  const count = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InputError(`--frequencies: expected an integer of at least 1, or auto, got ${text}`);
}

/** Parses a size: 300000, 300k or 1M. Errors (InputError): anything else. */
export function requireSize(text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new InputError(`--sketch-size: expected a number such as 300k or 1M, got "${text}"`);
  return Math.round(Number(digits) * { "": 1, k: 1e3, M: 1e6 }[unit as "" | "k" | "M"]);
}
