import type { Reconstruction } from "../../compare/reconstruction.ts";
import type { Batch } from "../../compare/reconstruction-parts.ts";
import { InputError } from "../../data/errors.ts";
import { removeFile } from "../../data/files.ts";
import { describeBlind, isBlind, reconstructBlindly } from "../blind.ts";
import { defineCommand } from "../command.ts";
import { reconstructionFacts } from "../facts.ts";
import { openRecovery } from "../opened-recovery.ts";
import { outOption, requireAbsent, requireNonNegative, requireWritable } from "../options.ts";
import { outputOf } from "../reconstructed.ts";
import { checkpointsIn, PART_BATCH, rowsOf } from "../recovered-batches.ts";
import { centreOption } from "../recovering.ts";
import { shardOption } from "../sharding.ts";
import { factLines, secondsText } from "../text.ts";

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
      "sketchprior reconstruct blurred.png --operator convolution:file=k.npy,boundary=valid --prior patches -o sharp.png",
      "a blurred one, the kernel known; what lies outside is unknown, and recovered too",
    ],
    [
      "sketchprior reconstruct y.npz --prior onnx:generator.onnx -o xhat.npz",
      "with a generator, or a denoiser, that PyTorch exported",
    ],
    [
      "sketchprior reconstruct y.png --operator blind-blur --noise 0.01 --prior prior/ --kernel-prior kernels/ -o x.png",
      "a blurred image, the kernel unknown; the kernel goes to x-kernel.png",
    ],
    ["sketchprior reconstruct y.npz --prior tv -o xhat.png", "the estimate as an image; several as a grid"],
    [
      "sketchprior reconstruct y.npz --prior prior/ --batch 50 --shard 3/8 -o x3.npz",
      "the third of eight parts, in batches of 50 signals; merge x*.npz -o xhat.npz makes one of them",
    ],
  ],
  details: async () => {
    const { describeOpenBaselines } = await import("../open-baseline.ts");
    const { describeSolvers } = await import("../../solve/index.ts");
    const { describeNoises, describeOpenOperators } = await import("../../measure/index.ts");
    return [
      describeOpenBaselines(),
      describeSolvers(),
      describeOpenOperators(),
      await describeBlind(),
      describeNoises(),
    ].join("\n\n");
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
      .option("kernel-prior", {
        ...{ type: "string", requiresArg: true },
        describe: "prior folder of blur kernels, for --operator blind-blur",
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
      .option("batch", {
        ...{ type: "number", requiresArg: true, defaultDescription: `all signals; with --shard ${PART_BATCH}` },
        describe: "signals that are recovered together, as if they came alone",
      })
      .option("shard", shardOption("batches"))
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
  run: async (args, context) => {
    if (isBlind(args.operator)) return reconstructBlindly(args, context);
    requireAbsent(args, ["kernel-prior"], "is for --operator blind-blur; leave it out");
    const { seed, signal, progress, note } = context;
    const uncertain = Boolean(args.deviation) || args.samples !== undefined;
    const sharded = args.shard !== undefined;
    if (sharded && !/\.npz$/i.test(args.out)) throw new InputError(`${args.out}: a part is a .npz; name it so`);
    const output = await outputOf(args.out, uncertain && !sharded); // a picture is of all signals
    for (const file of output.files) await requireWritable(file, args.force);
    const every = args["checkpoint-every"] ?? 30;
    requireNonNegative("checkpoint-every", every);
    const opened = await openRecovery(args, { seed, signal });
    const { operator, y, noise, truth, range, lambda, solver, name, prior, size, batches } = opened;
    await output.check(operator.inShape);
    const [{ methodOf, unwatched }, { batchOf, joinedBatches }] = await Promise.all([
      import("../../compare/method.ts"),
      import("../../compare/reconstruction-parts.ts"),
    ]);
    const { resumable, name: solving } = opened.chosen;
    const asked = (["resume", "checkpoint-every"] as const).find((option) => args[option] !== undefined);
    if (!resumable && asked && !sharded)
      throw new InputError(`--${asked}: ${solving} keeps no checkpoints; leave it out`);
    const stem = args.out.replace(/\.\w+$/, "");
    const checkpoints = batches.map(({ from }) => `${stem}.checkpoint${size < y.shape[0]! ? `-${from}` : ""}.npz`);
    const reached = { where: checkpoints[0]! };
    if (resumable) {
      for (const file of args.resume ? [] : checkpoints) {
        await requireWritable(file, args.force, "give --resume to go on from it, or ");
      }
      signal.addEventListener("abort", () => note("reconstruct: repeat the command with --resume to go on"));
    }
    const { tuning } = opened;
    const method = methodOf(name, prior, {
      ...{ seed, signal, watch: batches.length > 1 ? unwatched : progress, ...solver },
      ...(lambda !== undefined && { lambda }),
      ...(resumable && { checkpoints: checkpointsIn(reached, every, args.resume ?? false) }),
      ...(tuning && { tuning }),
      ...(args.deviation && { deviation: true }),
      ...(args.samples !== undefined && { samples: args.samples }),
    });
    const called = operator.source?.spec ?? operator.name;
    const warnings = new Set<string>();
    const started = performance.now();
    const recovered = await (batches.length > 1 ? progress : unwatched)("reconstruct", async (onProgress) => {
      const all: Batch[] = [];
      for (const [i, span] of batches.entries()) {
        reached.where = checkpoints[i]!;
        const recovery = await method.recover(i === 0 ? opened.first : await opened.problemOf(span));
        all.push(batchOf(name, called, seed, recovery));
        for (const warning of recovery.warnings) warnings.add(warning);
        onProgress({ step: i + 1, maxSteps: batches.length, objective: Number.NaN });
      }
      return all;
    });
    const seconds = (performance.now() - started) / 1000;
    const outcomes = recovered.flatMap((batch) => batch.outcomes);
    if (!sharded && outcomes.every((outcome) => outcome === "non-finite")) {
      throw new InputError(`reconstruct: ${name} met values that are not finite; try another --lambda`);
    }
    const [{ meanSquaredErrors }, { recoveryIdentity }] = await Promise.all([
      import("../../compare/metrics.ts"),
      import("../identities.ts"),
    ]);
    const [from, to] = [batches[0]!.from, batches.at(-1)!.to];
    const joined = joinedBatches(recovered);
    const own = truth && rowsOf(truth, from, to);
    const made: Reconstruction = {
      ...joined,
      ...(own && { truth: own, errors: meanSquaredErrors(own, joined.estimate) }),
      ...(sharded && {
        part: {
          of: { ...(await recoveryIdentity(args, { operator, y, noise }, { seed, tuning })), batch: size },
          ...{ signals: y.shape[0]!, from, to, batches: recovered.map(({ facts, outcomes }) => ({ facts, outcomes })) },
        },
      }),
    };
    const { measuredPicture } = await import("../../compare/measured-picture.ts");
    const measured = rowsOf(y, from, to);
    // a list of numbers is drawn where signals are lines; what has several axes, as Fourier coefficients, is no picture of the signal
    const seen =
      operator.outShape.length > 1 ? await measuredPicture(operator, measured) : { measured, backProjected: false };
    const written = await output.write(made, { ...seen, ...(range && { range }) });
    for (const file of resumable ? checkpoints : []) await removeFile(file);
    for (const warning of warnings) note(`warning: ${warning}`);
    const { words, data } = await reconstructionFacts(made);
    return {
      text: factLines({ wrote: `reconstruction ${args.out}`, ...written, ...words, time: secondsText(seconds) }),
      data: { file: args.out, ...written, ...data, seconds },
    };
  },
});
