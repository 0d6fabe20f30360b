import { InputError } from "../../data/errors.ts";
import { defineCommand } from "../command.ts";
import { reconstructionFacts } from "../facts.ts";
import { estimateOption, outOption, parseRange, requireInteger, requireWritable } from "../options.ts";
import { methodOf } from "../recovering.ts";
import { firstRows } from "../signals.ts";
import { factLines } from "../text.ts";

export const reconstruct = defineCommand({
  usage: "reconstruct <measurements>",
  description: "Recover signals from measurements with a generator prior or a baseline.",
  examples: [
    ["sketchprior reconstruct y.npz --prior prior/ -o xhat.npz", "with a trained prior"],
    [
      "sketchprior reconstruct y.npz --prior tv --tune mnist -o xhat.npz",
      "total variation, λ chosen on 10 other digits",
    ],
  ],
  details: async () => (await import("../../../priors/registry.ts")).describePenalties(),
  options: (y) =>
    y
      .positional("measurements", { type: "string", demandOption: true, describe: "file of measurements, .npz" })
      .option("prior", {
        ...{ type: "string", demandOption: true, requiresArg: true },
        describe: "prior folder; gaussian:X.npz, the Gaussian of a sketch; or tikhonov, tv, wavelet",
      })
      .option("out", outOption("file to write the recovered signals to, .npz"))
      .option("lambda", {
        ...{ type: "number", requiresArg: true },
        defaultDescription:
          "none for a prior folder with a residual, otherwise 0.1; for noise σ (at least 0.002) tikhonov 5σ², tv 0.4σ, wavelet 0.7σ",
        describe: "weight of the prior; a prior folder then minimises ‖y − Φ(G(z))‖² + λ‖z‖²",
      })
      .option("tune", { type: "string", requiresArg: true, describe: "choose λ on the first signals of this data set" })
      .option("tune-count", { type: "number", default: 10, requiresArg: true, describe: "signals to choose λ on" })
      .option("restarts", {
        ...{ type: "number", requiresArg: true, defaultDescription: "4, or one a condition up to 20" },
        describe: "starts a signal, prior folder only",
      })
      .option("steps", {
        ...{ type: "number", requiresArg: true, defaultDescription: "100, or 500 with λ" },
        describe: "most Adam steps, prior folder only",
      })
      .option("estimate", estimateOption)
      .option("range", {
        ...{ type: "string", requiresArg: true, default: "none" },
        describe: "values that signals can have, which the estimate is clipped to, such as 0,1; or none",
      }),
  run: async (args, { seed, signal, progress }) => {
    if (args.lambda !== undefined && args.tune !== undefined) {
      throw new InputError("--tune: chooses λ, and --lambda fixes it; give one of the two");
    }
    if (args.lambda !== undefined && !(args.lambda > 0 && Number.isFinite(args.lambda))) {
      throw new InputError(`--lambda: expected a positive number, got ${args.lambda}`);
    }
    requireInteger("tune-count", args["tune-count"]);
    const range = parseRange(args.range);
    await requireWritable(args.out, args.force);
    const { loadMeasurements } = await import("../../measure/index.ts");
    const { operator, y, truth, noise } = await loadMeasurements(args.measurements);
    const { method } = await methodOf(args.prior, operator.inShape, {
      ...{ seed, signal, watch: progress },
      ...(args.lambda !== undefined && { lambda: args.lambda }),
      ...(args.tune !== undefined && {
        tuning: await tuningSignals(args.tune, args["tune-count"], operator.inShape),
      }),
      ...(range && { range }),
      ...(args.restarts !== undefined && { restarts: args.restarts }),
      ...(args.steps !== undefined && { steps: args.steps }),
      estimate: args.estimate,
    });
    const { estimate: raw, seconds, code, steps, lambda } = await method.recover(operator, y, noise.sigma);
    if (code === "non-finite") {
      throw new InputError(
        `reconstruct: ${method.name} met values that are not finite after ${steps} steps; try another --lambda`,
      );
    }
    const { clipped } = await import("../../data/range.ts");
    const estimate = range ? clipped(raw, range) : raw;
    const { meanSquaredErrors } = await import("../../compare/metrics.ts");
    const { saveReconstruction } = await import("../../compare/reconstruction.ts");
    const facts = {
      method: method.name,
      operator: operator.source?.spec ?? operator.name,
      noise: noise.sigma,
      seed,
      lambda: lambda ?? null,
      code,
      steps,
      seconds,
    };
    const errors = truth && meanSquaredErrors(truth, estimate);
    const made = {
      ...{ estimate, facts },
      ...(truth && { truth }),
      ...(errors && { errors }),
    };
    await saveReconstruction(args.out, made);
    const { words, data } = await reconstructionFacts(made);
    return { text: factLines({ wrote: `reconstruction ${args.out}`, ...words }), data: { file: args.out, ...data } };
  },
});

async function tuningSignals(spec: string, count: number, shape: readonly number[]) {
  const { openDataset } = await import("../../data/dataset.ts");
  const dataset = await openDataset(spec);
  if (dataset.shape.join() !== shape.join()) {
    throw new InputError(
      `--tune: ${dataset.name} holds signals of [${dataset.shape.join(", ")}], the measured ones are [${shape.join(", ")}]`,
    );
  }
  return firstRows(dataset, 0, count);
}
