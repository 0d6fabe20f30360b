import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { short, textTable } from "../../report/table.ts";
import { takeRows } from "../../solve/rows.ts";
import { defineCommand } from "../command.ts";
import { rawOrPca } from "../designing.ts";
import { numberList, requireInteger } from "../options.ts";
import { firstRows } from "../signals.ts";
import { grouped, secondsText, shapeText } from "../text.ts";

const titles = { mmd2: "MMD²", energy: "energy distance", wasserstein: "sliced Wasserstein" } as const;

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
        describe: "real samples; a fifth gives the coordinates, the others are compared with draws and with each other",
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
    const [{ openDataset }, { loadPrior }, { evaluateDraws, figureNames, LEAST_SAMPLES }] = await Promise.all([
      import("../../data/dataset.ts"),
      import("../prior-folder.ts"),
      import("../../compare/evaluate.ts"),
    ]);
    const loaded = await loadPrior(args.prior);
    if (loaded.kind === "patches") {
      throw new InputError(
        `evaluate: ${args.prior} knows patches without their means, so its draws differ from patches; judge it by recoveries, with compare`,
      );
    }
    const dataset = await openDataset(args.data);
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
