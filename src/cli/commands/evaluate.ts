import type { PatchPrior } from "../../../priors/prior.ts";
import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import type { Dataset } from "../../data/rows.ts";
import { short, textTable } from "../../report/table.ts";
import { takeRows } from "../../solve/rows.ts";
import { defineCommand, type Outcome } from "../command.ts";
import { rawOrPca } from "../designing.ts";
import { numberList, requireInteger } from "../options.ts";
import { firstRows } from "../signals.ts";
import { grouped, secondsText, shapeText } from "../text.ts";

const titles = { mmd2: "MMD²", energy: "energy distance", wasserstein: "sliced Wasserstein" } as const;

/** Log-likelihood of patches under a patch prior, beside the one Gaussian of its covariance: whose draws have no means to compare. */
async function evaluatePatches(
  name: string,
  prior: PatchPrior,
  dataset: Dataset,
  { from, limit, signal }: { readonly from: number; readonly limit: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { side, channels, values } = prior;
  const shape = channels === 1 ? [side, side] : [side, side, channels];
  if (!sameShape(dataset.shape, shape)) {
    throw new InputError(
      `evaluate: ${name} is of patches of ${shapeText(shape)}, the samples of ${dataset.name} are ${shapeText(dataset.shape)}; give ` +
        `patches:DATA${side === 8 ? "" : `:side=${side}`} of images that it was not trained on`,
    );
  }
  const { asOneGaussian, patchLogLikelihood } = await import("../../compare/patch-likelihood.ts");
  const started = performance.now();
  const range = { from: Math.min(from, dataset.count), to: dataset.count };
  const patches = dataset.typical ? await dataset.typical(limit, range, signal) : await firstRows(dataset, from, limit);
  if (patches.shape[0] === 0) throw new InputError(`--from: ${dataset.name} has ${dataset.count} samples, got ${from}`);
  const free = values.shape[1]! - channels;
  const mixture = (await patchLogLikelihood(prior, patches, signal)).map((v) => v / free);
  const gaussian = (await patchLogLikelihood(await asOneGaussian(prior), patches, signal)).map((v) => v / free);
  const figures = { mixture, gaussian, difference: mixture.map((v, i) => v - gaussian[i]!) };
  const summaries = Object.entries(figures).map(([title, own]) => {
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, own.length - 1);
    const half = 1.96 * Math.sqrt(variance / own.length);
    return { title, mean, interval: [mean - half, mean + half] as const };
  });
  const lines = summaries.map(({ title, mean, interval }) => [
    title === "gaussian" ? "one Gaussian of its covariance" : title,
    mean.toFixed(3),
    `[${interval.map((v) => v.toFixed(3)).join(", ")}]`,
  ]);
  const table = textTable(
    [
      { title: "log-likelihood a number, nats", align: "left" },
      { title: "mean", align: "right" },
      { title: "95 %", align: "left" },
    ],
    lines,
  );
  const seconds = (performance.now() - started) / 1000;
  return {
    text: `${table}\n\n${grouped(mixture.length)} patches of ${dataset.name}, without their means; intervals as if they were independent; ${secondsText(seconds)}`,
    data: {
      ...{ prior: name, data: dataset.name, patches: mixture.length, seconds },
      logLikelihood: Object.fromEntries(summaries.map(({ title, ...own }) => [title, own])),
    },
  };
}

/** The part of the samples that gives principal components and scales. */
const PILOT_FRACTION = 0.2;

/** The default coordinates: at most half as many principal components as there are samples to learn them from. */
function featuresFor(shape: readonly number[], pilot: number): string {
  const usual = rawOrPca(shape);
  return usual === "raw" ? usual : `pca:${Math.min(100, Math.floor(pilot / 2))}`;
}

export const evaluate = defineCommand({
  usage: "evaluate <prior> <data>",
  description: "Measure the distance of a prior's draws from real data, and that of real data from each other.",
  examples: [
    ["sketchprior evaluate prior/ mnist:test", "three two-sample figures with 95 % confidence intervals"],
    [
      "sketchprior evaluate patches/ patches:held-out/",
      "of a patch prior: how likely patches are, as a figure that tells if more cells or passes help",
    ],
    ["sketchprior evaluate prior/ held-out.npy -n 20000 --features raw --json", "more samples, in raw coordinates"],
  ],
  options: (y) =>
    y
      .positional("prior", { type: "string", demandOption: true, describe: "prior folder" })
      .positional("data", {
        ...{ type: "string", demandOption: true },
        describe: "data set that the prior was not trained on: a name or a path",
      })
      .option("limit", {
        ...{ alias: "n", type: "number", default: 2000, requiresArg: true },
        describe:
          "real samples; a fifth gives the coordinates, the others are compared with draws and with each other; of patches all are judged",
      })
      .option("from", { type: "number", default: 0, requiresArg: true, describe: "first sample, counted from 0" })
      .option("groups", {
        ...{ type: "number", default: 10, requiresArg: true },
        describe: "disjoint groups of real samples, each with draws of its own; intervals are over these",
      })
      .option("no-residual", {
        type: "boolean",
        describe: "draw G(z) alone, without the Gaussian residual that recovery adds to it",
      })
      .option("features", {
        ...{ type: "string", requiresArg: true, defaultDescription: "pca:100 or less, raw up to 100 numbers a sample" },
        describe: "coordinates of all figures: raw or pca:K",
      })
      .option("frequencies", {
        ...{ type: "number", default: 2000, requiresArg: true },
        describe: "frequencies of the MMD's kernel, drawn afresh",
      })
      .option("scale", {
        ...{ type: "string", requiresArg: true, defaultDescription: "auto" },
        describe: "scales of that kernel in the data domain, σ,σ,…",
      }),
  run: async (args, { seed, signal, progress }) => {
    requireInteger("limit", args.limit, 1);
    requireInteger("from", args.from, 0);
    requireInteger("groups", args.groups, 2);
    requireInteger("frequencies", args.frequencies);
    const [
      { openDataset },
      { loadPrior, hasNoLaw, noLaw },
      { isOnnxSpec },
      { loadOnnxGenerator },
      { evaluateDraws, figureNames, LEAST_SAMPLES },
    ] = await Promise.all([
      import("../../data/dataset.ts"),
      import("../prior-folder.ts"),
      import("../onnx-file.ts"),
      import("../onnx-prior.ts"),
      import("../../compare/evaluate.ts"),
    ]);
    const dataset = await openDataset(args.data);
    const loaded = isOnnxSpec(args.prior)
      ? await loadOnnxGenerator(args.prior, dataset.shape)
      : await loadPrior(args.prior);
    if (hasNoLaw(loaded)) throw noLaw(args.prior, loaded);
    if (loaded.kind === "patches") {
      for (const name of ["features", "scale", "no-residual"] as const) {
        if (args[name] !== undefined) throw new InputError(`--${name}: ${args.prior} is a patch prior; leave it out`);
      }
      return evaluatePatches(args.prior, loaded, dataset, { ...args, signal });
    }
    if (!sameShape(dataset.shape, loaded.shape)) {
      throw new InputError(
        `evaluate: ${args.prior} makes signals of ${shapeText(loaded.shape)}, the samples of ${dataset.name} are ` +
          `${shapeText(dataset.shape)}; give data like those that the prior was trained on`,
      );
    }
    const rows = await firstRows(dataset, args.from, args.limit);
    const count = rows.shape[0]!;
    const pilotRows = Math.ceil(PILOT_FRACTION * count);
    const least = Math.ceil((args.groups * LEAST_SAMPLES) / (1 - PILOT_FRACTION));
    if (count - pilotRows < args.groups * LEAST_SAMPLES) {
      throw new InputError(
        `evaluate: expected at least ${least} samples for ${args.groups} groups, got ${count} of ${dataset.name}; ` +
          "raise --limit, give more, or give fewer --groups",
      );
    }
    const [
      { drawSamples, withoutResidual },
      { fromHost, contiguous },
      { stream },
      { featuresOf, frequencies, makeDesign },
    ] = await Promise.all([
      import("../../../priors/samples.ts"),
      import("../../data/array.ts"),
      import("../../data/random.ts"),
      import("../../sketch/index.ts"),
    ]);
    const prior = args["no-residual"] ? withoutResidual(loaded) : loaded;
    const started = performance.now();
    const own = (name: string, at = 0) => stream(seed, name, at).integer(2 ** 32); // seeds that no training has used
    const scales = args.scale === undefined || args.scale === "auto" ? undefined : numberList("scale", args.scale);
    const m = args.frequencies;
    const features = args.features ?? featuresFor(dataset.shape, pilotRows);
    const order = [...stream(seed, "evaluate coordinates").permutation(count)];
    const design = await makeDesign({
      shape: dataset.shape,
      features,
      families: [{ kind: "fourier", m, seed: own("evaluate frequencies"), ...(scales && { scales }) }],
      pilot: takeRows(rows, order.slice(0, pilotRows)), // none of the samples that are compared: coordinates fitted to them would favour them
    });
    const coordinates = (signals: typeof rows) => {
      const shape = [signals.shape[0]!, signals.size / signals.shape[0]!];
      return featuresOf(design.features, fromHost(contiguous(signals) as Float32Array, shape), design.arrays);
    };
    const evaluation = await progress("evaluate", async (onProgress) =>
      evaluateDraws(
        await coordinates(takeRows(rows, order.slice(pilotRows))),
        async (n, group) => coordinates(await drawSamples(prior, n, own("evaluate draws", group))),
        { frequencies: frequencies(design), groups: args.groups, seed, onProgress, signal },
      ),
    );
    const seconds = (performance.now() - started) / 1000;
    const { samples, figures, groups } = evaluation;
    const interval = ([low, high]: readonly [number, number]) => `[${short(low, 3)}, ${short(high, 3)}]`;
    const lines = figureNames.map((name) => {
      const { prior: own, real, difference } = figures[name];
      return [titles[name], ...[own, real, difference].flatMap((one) => [short(one.mean, 3), interval(one.interval)])];
    });
    const table = textTable(
      ["figure", "prior", "95 %", "real", "95 %", "difference", "95 %"].map((title, i) => ({
        title,
        align: i % 2 === 1 ? ("right" as const) : ("left" as const),
      })),
      lines,
    );
    return {
      text:
        `${table}\n\nexpected distances of ${grouped(samples)} from ${grouped(samples)} samples, with 95 % confidence intervals over ` +
        `${groups} independent groups; ${grouped(count)} samples of ${dataset.name}, features ${features}, ${secondsText(seconds)}`,
      data: {
        prior: args.prior,
        data: dataset.name,
        count,
        samples,
        groups,
        features,
        residual: !args["no-residual"],
        seed,
        figures,
        seconds,
      },
    };
  },
});
