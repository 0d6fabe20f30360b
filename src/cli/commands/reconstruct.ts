import { isOfOneShape } from "../../../priors/prior.ts";
import { sameShape } from "../../data/array.ts";
import { InputError } from "../../data/errors.ts";
import { fileExists, readFileOrExplain, removeFile, writeAtomic } from "../../data/files.ts";
import type { RecoveryCheckpoints } from "../../solve/solver.ts";
import { defineCommand } from "../command.ts";
import { reconstructionFacts } from "../facts.ts";
import {
  numberList,
  outOption,
  parseLambda,
  parseRange,
  requireInteger,
  requireNonNegative,
  requireWritable,
} from "../options.ts";
import { outputOf } from "../reconstructed.ts";
import { centred, centreOption, type NamedSolver, openLearned, openPrior, parseSolver } from "../recovering.ts";
import { firstRows } from "../signals.ts";
import { factLines } from "../text.ts";

export const reconstruct = defineCommand({
  usage: "reconstruct <measurements>",
  description: "Recover signals from measurements with a prior.",
  examples: [
    ["sketchprior reconstruct y.npz --prior prior/ -o xhat.npz", "with a trained prior"],
    [
      "sketchprior reconstruct y.npy --operator matrix:file=A.npy --noise 0.05 --prior prior/ -o xhat.npz",
      "your own measurements y = Ax, σ = 0.05",
    ],
    [
      "sketchprior reconstruct y.npz --prior tv --noise gaussian:sigma=auto --lambda auto -o xhat.npz",
      "total variation, σ and λ from the measurements alone",
    ],
    [
      "sketchprior reconstruct y.npz --prior tv --tune mnist -o xhat.npz",
      "total variation, λ chosen on 10 other digits",
    ],
    [
      "sketchprior reconstruct y.npz --prior prior/ --deviation --samples 8 -o xhat.npz",
      "with the posterior's standard deviation and draws, and a picture of all in xhat.png",
    ],
    [
      "sketchprior reconstruct y.npz --prior tv -o xhat.npz --resume",
      "go on after an interruption, with the same bits",
    ],
    [
      "sketchprior reconstruct noisy.png --operator identity --noise gaussian:sigma=auto --prior patches -o clean.png",
      "a photograph, with a prior of patches",
    ],
    [
      "sketchprior reconstruct y.npz --prior onnx:generator.onnx -o xhat.npz",
      "with a generator, or a denoiser, that PyTorch exported",
    ],
    ["sketchprior reconstruct y.npz --prior tv -o xhat.png", "the estimate as an image; several as a grid"],
  ],
  details: async () => {
    const { describeOpenBaselines } = await import("../open-baseline.ts");
    const { describeSolvers } = await import("../../solve/index.ts");
    const { describeNoises, describeOpenOperators } = await import("../../measure/index.ts");
    return [describeOpenBaselines(), describeSolvers(), describeOpenOperators(), describeNoises()].join("\n\n");
  },
  options: (y) =>
    y
      .positional("measurements", {
        ...{ type: "string", demandOption: true },
        describe: "what measure wrote; or your own y: .npy, .npz, .csv, raw float32, an image or a folder of images",
      })
      .option("operator", {
        ...{ type: "string", requiresArg: true, defaultDescription: "the one in the file" },
        describe: "Φ of your own y: name:key=value,…, matrix:file=A.npy or ./mine.js; see below",
      })
      .option("noise", {
        ...{ type: "string", requiresArg: true, defaultDescription: "that of the file, else estimated" },
        describe: "noise of y: a standard deviation, or name:key=value,…; see below",
      })
      .option("shape", {
        ...{ type: "string", requiresArg: true, defaultDescription: "a trained prior's, else the operator's" },
        describe: "shape of one signal, as 28,28",
      })
      .option("prior", {
        ...{ type: "string", demandOption: true, requiresArg: true },
        describe:
          "prior folder; gaussian:X.npz, the Gaussian of a sketch; onnx:FILE, a generator or a denoiser of your own; or a baseline, see below",
      })
      .option(
        "out",
        outOption("file to write the recovered signals to: .npz, all that is known; .npy or an image, the estimate"),
      )
      .option("solver", {
        ...{ type: "string", requiresArg: true, defaultDescription: "the first that takes the prior" },
        describe: "how to recover, name:key=value,…; see below",
      })
      .option("lambda", {
        ...{ type: "string", requiresArg: true, defaultDescription: "the prior's rule for the noise" },
        describe: "weight of the prior, for solvers that have one; auto: chosen from the measurements",
      })
      .option("tune", { type: "string", requiresArg: true, describe: "choose λ on the first signals of this data set" })
      .option("tune-count", { type: "number", default: 10, requiresArg: true, describe: "signals to choose λ on" })
      .option("deviation", {
        type: "boolean",
        describe: "also write the posterior's standard deviation, and a PNG of all beside the .npz",
      })
      .option("samples", {
        ...{ type: "number", requiresArg: true },
        describe: "also write so many draws of the posterior, and a PNG of all beside the .npz",
      })
      .option("resume", { type: "boolean", describe: "go on from the checkpoint beside --out, if there is one" })
      .option("checkpoint-every", {
        ...{ type: "number", requiresArg: true, defaultDescription: "30" },
        describe: "seconds between checkpoints of penalties, which --resume goes on from",
      })
      .option("centre", centreOption)
      .option("range", {
        ...{ type: "string", requiresArg: true, default: "none" },
        describe: "values that signals can have, a constraint of the problem, such as 0,1; or none",
      }),
  run: async (args, { seed, signal, progress, note }) => {
    if (args.lambda !== undefined && args.tune !== undefined) {
      throw new InputError("--tune: chooses λ, and --lambda fixes it; give one of the two");
    }
    const lambda = parseLambda(args.lambda);
    requireInteger("tune-count", args["tune-count"]);
    if (args.samples !== undefined) requireInteger("samples", args.samples);
    const range = parseRange(args.range);
    const output = await outputOf(args.out, Boolean(args.deviation) || args.samples !== undefined);
    for (const file of output.files) await requireWritable(file, args.force);
    const checkpoint = `${args.out.replace(/\.\w+$/, "")}.checkpoint.npz`;
    const every = args["checkpoint-every"] ?? 30;
    requireNonNegative("checkpoint-every", every);
    const learned = await openLearned("--prior", args.prior);
    const known = learned && isOfOneShape(learned.prior) ? learned.prior.shape : undefined;
    const shape = args.shape === undefined ? known : numberList("shape", args.shape);
    const { openMeasurements } = await import("../../measure/index.ts");
    const { operator, y, noise, truth } = await openMeasurements(args.measurements, {
      seed,
      ...(args.operator !== undefined && { operator: args.operator }),
      ...(args.noise !== undefined && { noise: args.noise }),
      ...(shape && (args.shape ?? args.operator) !== undefined && { shape }), // measurement files know theirs
    });
    await output.check(operator.inShape);
    const { name, prior: opened } = await openPrior("--prior", args.prior, operator.inShape, learned);
    const prior = await centred(opened, args.centre);
    const solver: Partial<NamedSolver> = args.solver === undefined ? {} : await parseSolver("--solver", args.solver);
    const [{ methodOf }, { chooseSolver }, { problemFor }] = await Promise.all([
      import("../../compare/method.ts"),
      import("../../solve/index.ts"),
      import("../../solve/recover.ts"),
    ]);
    const problem = await problemFor({ operator, y, noise, ...(range && { range }) }, prior, { seed, signal });
    const { resumable, name: solving } = chooseSolver(prior, problem, {
      name: solver.solver,
      withLambda: lambda !== undefined && lambda !== "auto",
    });
    const asked = (["resume", "checkpoint-every"] as const).find((option) => args[option] !== undefined);
    if (!resumable && asked) throw new InputError(`--${asked}: ${solving} keeps no checkpoints; leave it out`);
    if (resumable) {
      if (!args.resume) await requireWritable(checkpoint, args.force, "give --resume to go on from it, or ");
      signal.addEventListener("abort", () => note("reconstruct: repeat the command with --resume to go on"));
    }
    const method = methodOf(name, prior, {
      ...{ seed, signal, watch: progress, ...solver },
      ...(lambda !== undefined && { lambda }),
      ...(resumable && { checkpoints: checkpointsIn(checkpoint, every, args.resume ?? false) }),
      ...(args.tune !== undefined && {
        tuning: await tuningSignals(args.tune, args["tune-count"], operator.inShape),
      }),
      ...(args.deviation && { deviation: true }),
      ...(args.samples !== undefined && { samples: args.samples }),
    });
    const recovery = await method.recover(problem);
    if (recovery.outcomes.every((outcome) => outcome === "non-finite")) {
      throw new InputError(`reconstruct: ${name} met values that are not finite; try another --lambda`);
    }
    const { meanSquaredErrors } = await import("../../compare/metrics.ts");
    const { factsOf } = await import("../../compare/reconstruction.ts");
    const errors = truth && meanSquaredErrors(truth, recovery.estimate);
    const made = {
      ...{ estimate: recovery.estimate, facts: factsOf(name, operator.source?.spec ?? operator.name, seed, recovery) },
      ...(recovery.deviation && { deviation: recovery.deviation }),
      ...(recovery.samples && { samples: recovery.samples }),
      ...(truth && { truth }),
      ...(errors && { errors }),
    };
    const { measuredPicture } = await import("../../compare/measured-picture.ts");
    // a list of numbers is drawn where signals are lines; what has several axes, as Fourier coefficients, is no picture of the signal
    const seen =
      operator.outShape.length > 1
        ? await measuredPicture(operator, problem.y)
        : { measured: problem.y, backProjected: false };
    const written = await output.write(made, { ...seen, ...(range && { range }) });
    if (resumable) await removeFile(checkpoint);
    for (const warning of recovery.warnings) note(`warning: ${warning}`);
    const { words, data } = await reconstructionFacts(made);
    return {
      text: factLines({ wrote: `reconstruction ${args.out}`, ...written, ...words }),
      data: { file: args.out, ...written, ...data },
    };
  },
});

/** Checkpoints in a file, which is always replaced as a whole. With `resume`, the recovery goes on from the checkpoint that is there. */
const checkpointsIn = (file: string, seconds: number, resume: boolean): RecoveryCheckpoints => ({
  ...{ where: file, seconds },
  ...(resume && { load: async () => ((await fileExists(file)) ? readFileOrExplain(file) : undefined) }),
  save: (bytes) => writeAtomic(file, bytes),
});

async function tuningSignals(spec: string, count: number, shape: readonly number[]) {
  const { openDataset } = await import("../../data/dataset.ts");
  const dataset = await openDataset(spec);
  if (!sameShape(dataset.shape, shape)) {
    throw new InputError(
      `--tune: ${dataset.name} holds signals of [${dataset.shape.join(", ")}], the measured ones are [${shape.join(", ")}]`,
    );
  }
  return firstRows(dataset, 0, count);
}
