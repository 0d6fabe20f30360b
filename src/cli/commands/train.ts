import path from "node:path";
import type { Watched } from "../../../priors/kind.ts";
import type { LearnedName, TrainedPrior } from "../../../priors/learned.ts";
import { InputError } from "../../data/errors.ts";
import { fileExists } from "../../data/files.ts";
import { suggestion } from "../../data/nearest.ts";
import type { Options } from "../../data/options.ts";
import { defineCommand } from "../command.ts";
import { outOption, requireFolder, requireInteger } from "../options.ts";
import { factLines, secondsText } from "../text.ts";
import { sampleWatcher } from "../watching.ts";

export const train = defineCommand({
  usage: "train <sketch>",
  description: "Train a prior on a sketch alone; a dictionary or a regulariser on the data themselves.",
  examples: [
    ["sketchprior train X.npz -o prior/", "a prior folder"],
    ["sketchprior train X.npz -o prior/ --kind cell-linear", "a network, with generator.onnx for other programs"],
    [
      "sketchprior train patches:photos/ -o dictionary/ --kind dictionary",
      "a dictionary of the patches of a folder of images",
    ],
    [
      "sketchprior train slices.npy -o critic/ --kind regulariser --operator radon:angles=30 --sigma 0.1",
      "a learned regulariser for tomography",
    ],
    ["sketchprior train X.npz -o prior/ --resume", "go on after an interruption, with the same bits"],
  ],
  details: async () => (await import("../kind-options.ts")).describeLearnedKinds(),
  options: async (y) => {
    const { declareKindOptions } = await import("../kind-options.ts");
    return declareKindOptions(y)
      .positional("sketch", {
        type: "string",
        demandOption: true,
        describe: "sketch file, .npz; for --kind dictionary and regulariser a data set",
      })
      .option("out", outOption("folder to write the prior to"))
      .option("kind", { type: "string", requiresArg: true, describe: "kind of prior to make, see below" })
      .option("ignore-labels", { type: "boolean", describe: "train without labels, although the sketch is by label" })
      .option("resume", { type: "boolean", describe: "go on from the checkpoint in --out, if there is one" })
      .option("checkpoint-every", {
        ...{ type: "number", requiresArg: true, defaultDescription: "100" },
        describe: "steps between checkpoints, which --resume goes on from",
      })
      .option("watch", {
        ...{ type: "number", requiresArg: true, defaultDescription: "never" },
        describe: "steps between pictures of samples, samples.png in --out",
      });
  },
  run: async (args, { seed, signal, progress, note }) => {
    const { CHECKPOINT, fileCheckpoints, savePrior } = await import("../prior-folder.ts");
    const holds = (name: string) => fileExists(path.join(args.out, name));
    const unfinished = args.resume && (await holds(CHECKPOINT)) && !(await holds("prior.json"));
    await requireFolder(args.out, args.force || unfinished);
    const every = args["checkpoint-every"] ?? 100;
    requireInteger("checkpoint-every", every);
    if (args.watch !== undefined) requireInteger("watch", args.watch);
    const { factsOf, learnedKinds, priorOf } = await import("../../../priors/learned.ts");
    const { kindOptions } = await import("../kind-options.ts");

    const { kind, shape, learn } = await sourceFor(args);
    const { resumable, watchable } = learnedKinds[kind];
    const own = kindOptions(kind, args);
    if (!resumable) requireNone(kind, args, ["resume", "checkpoint-every", "watch"]);
    if (!watchable && args.watch !== undefined) {
      throw new InputError(`--watch: the kind ${kind} makes no draws to be watched; leave it out`);
    }

    const show = args.watch === undefined ? undefined : await sampleWatcher(args.out, shape, seed);
    const checkpoints = fileCheckpoints(path.join(args.out, CHECKPOINT), { every, resume: args.resume ?? false });
    const resumed: Watched = { checkpoints, ...(show && { snapshot: { every: args.watch!, take: show } }) };
    if (resumable) signal.addEventListener("abort", () => note("train: repeat the command with --resume to go on"));
    const started = performance.now();
    const trained = await progress(
      "train",
      async (onProgress) =>
        ({
          kind,
          trained: await learn(own, { seed, signal, onProgress, ...(resumable && resumed) }),
        }) as TrainedPrior,
    );
    const seconds = (performance.now() - started) / 1000;
    await savePrior(args.out, trained);
    const made = priorOf(trained, kind);
    if (made.kind === "generator") await show?.(made);
    const { words, data } = factsOf(trained);
    return {
      text: factLines({ wrote: `prior ${args.out}`, ...words, time: secondsText(seconds) }),
      data: { folder: args.out, ...data, seconds },
    };
  },
});

interface Source {
  readonly kind: LearnedName;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  learn(options: Options, watched: Watched): Promise<unknown>;
}

/** What is trained from: data for a kind that needs them, else a sketch. Errors (InputError): no kind accepts it, or none has the name. */
async function sourceFor(args: {
  readonly sketch: string;
  readonly kind: string | undefined;
  readonly "ignore-labels": boolean | undefined;
}): Promise<Source> {
  const { learnedKinds, learnedNames } = await import("../../../priors/learned.ts");
  const wanted = learnedNames.find((name) => name === args.kind);
  if (args.kind !== undefined && wanted === undefined) {
    throw new InputError(`--kind: unknown kind "${args.kind}"; ${suggestion(args.kind, learnedNames)}`);
  }
  const asked = wanted && learnedKinds[wanted];
  if (asked?.from === "data") {
    if (args["ignore-labels"]) throw new InputError(`--ignore-labels: ${wanted} takes no labels; leave it out`);
    const { openDataset } = await import("../../data/dataset.ts");
    const dataset = await openDataset(args.sketch);
    const answer = asked.accepts(dataset);
    if (answer !== true) throw new InputError(`train: no ${wanted}: ${answer}`);
    const { openOperator } = await import("../../measure/index.ts");
    const opened = (spec: string, shape: readonly number[], seed: number) => openOperator(spec, { shape, seed });
    return {
      kind: wanted!,
      shape: dataset.shape,
      learn: (options, watched) => asked.train(dataset, options, { ...watched, openOperator: opened }),
    };
  }
  const { loadSketch } = await import("../../sketch/files.ts");
  const { withoutLabels } = await import("../../sketch/index.ts");
  const loaded = await loadSketch(args.sketch);
  const sketch = args["ignore-labels"] ? await withoutLabels(loaded) : loaded;
  const answers = learnedNames
    .filter((name) => wanted === undefined || name === wanted)
    .flatMap((name) => {
      const kind = learnedKinds[name];
      return kind.from === "sketch" ? [{ name, kind, accepts: kind.accepts(sketch) }] : [];
    });
  const first = answers.find(({ accepts }) => accepts === true);
  if (!first) throw new InputError(`train: ${answers.map(({ name, accepts }) => `no ${name}: ${accepts}`).join("; ")}`);
  const { name, kind } = first;
  return { kind: name, shape: sketch.design.shape, learn: (options, watched) => kind.train(sketch, options, watched) };
}

/** Errors (InputError): an option that the kind does not use. */
function requireNone(kind: string, args: object, unused: readonly string[]): void {
  const given = unused.find((name) => (args as Record<string, unknown>)[name] !== undefined);
  if (given === undefined) return;
  throw new InputError(`--${given}: the training of the kind ${kind} is short and has no checkpoints; leave it out`);
}
