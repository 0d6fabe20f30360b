import path from "node:path";
import { isOfOneShape } from "../../priors/prior.ts";
import { InputError } from "../data/errors.ts";
import { parseOptions } from "../data/options.ts";
import type { Context } from "./command.ts";
import type { OpenRecoveryArgs } from "./opened-recovery.ts";
import { numberList, parseLambda, parseRange, requireAbsent, requireWritable } from "./options.ts";
import { outputOf } from "./reconstructed.ts";
import { openLearned, openPrior, parseSolver } from "./recovering.ts";
import { factLines, secondsText } from "./text.ts";

/** What `reconstruct` gives to blind deconvolution. */
export interface BlindArgs extends OpenRecoveryArgs {
  readonly out: string;
  readonly force: boolean | undefined;
  readonly "kernel-prior": string | undefined;
}

const NAME = "blind-blur";

/** Whether --operator asks for blind deconvolution: `blind-blur`, or with options after a colon. */
export const isBlind = (operator: string | undefined): operator is string =>
  operator !== undefined && operator.trim().split(":")[0] === NAME;

/** Help of --operator blind-blur. */
export async function describeBlind(): Promise<string> {
  const { describeKinds } = await import("../data/spec.ts");
  const { blindOptions } = await import("../solve/blind/blind-deconvolution.ts");
  const summary = "y = k ∗ x, k unknown too: with --kernel-prior; writes the kernel beside --out, as x-kernel.png";
  return describeKinds("Blind deconvolution, in reconstruct alone:", { [NAME]: { summary, options: blindOptions } });
}

/** The name of the kernel's file: x.png and x-kernel.png. */
export const kernelFile = (out: string): string => {
  const { dir, name, ext } = path.parse(out);
  return path.join(dir, `${name}-kernel${ext}`);
};

/** Recovers images and their kernels, and writes both. Errors (InputError): all that can be wrong, before anything is recovered. */
export async function reconstructBlindly(args: BlindArgs, { seed, signal, progress, note }: Context) {
  const why = `${NAME} has no use for it; leave it out`;
  requireAbsent(args, ["deviation", "samples", "tune", "shard", "batch", "resume", "checkpoint-every", "centre"], why);
  const kernelSpec = args["kernel-prior"];
  if (kernelSpec === undefined) {
    throw new InputError(`--kernel-prior: is missing; ${NAME} needs one, as train makes of a sketch of motion-kernels`);
  }
  const [{ identity }, { blindDeconvolution, blindOptions }, { openMeasurements }, { waveletDeviation }] =
    await Promise.all([
      import("../../operators/identity.ts"),
      import("../solve/blind/blind-deconvolution.ts"),
      import("../measure/index.ts"),
      import("../solve/sigma/wavelet-deviation.ts"),
    ]);
  const [{ batchOf, joinedBatches }, { reconstructionFacts }] = await Promise.all([
    import("../compare/reconstruction-parts.ts"),
    import("./facts.ts"),
  ]);
  const own = parseOptions(NAME, blindOptions, args.operator!.trim().slice(NAME.length + 1));
  const [lambda, range] = [parseLambda(args.lambda), parseRange(args.range)];
  const solver = args.solver === undefined ? {} : await parseSolver("--solver", args.solver);
  const files = [args.out, kernelFile(args.out)] as const;
  const outputs = await Promise.all(files.map((file) => outputOf(file, false)));
  for (const file of files) await requireWritable(file, args.force);
  const learned = await openLearned("--kernel-prior", kernelSpec);
  if (!learned) throw new InputError(`--kernel-prior: ${kernelSpec} is a baseline; give a prior of kernels`);
  const image = await openLearned("--prior", args.prior);
  const known = image && isOfOneShape(image.prior) ? image.prior.shape : undefined;
  const given = args.shape === undefined ? known : numberList("shape", args.shape);
  const operator = given ? { ...identity({ inShape: given }), name: NAME } : "identity"; // messages about y name it
  const { y, noise } = await openMeasurements(args.measurements, {
    ...{ operator, seed, ...(args.noise !== undefined && { noise: args.noise }) },
    ...(given && { shape: given }),
  });
  const shape = y.shape.slice(1);
  const { name, prior } = await openPrior("--prior", args.prior, shape, image);
  const model = noise.ofMeasured(y) ?? noise.ofSigma(waveletDeviation(y)); // a blur leaves little but noise in the finest details
  const started = performance.now();
  const found = await progress(NAME, (onProgress) =>
    blindDeconvolution({ y, noise: model, ...(range && { range }) }, prior, learned.prior, {
      ...{ ...own, ...solver, seed, signal, onProgress },
      ...(lambda !== undefined && { lambda }),
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const called = args.operator!.trim();
  const joined = joinedBatches(found.recoveries.map((recovery) => batchOf(name, called, seed, recovery)));
  const made = { ...joined, facts: { ...joined.facts, kernelPrior: learned.name } };
  const written = await outputs[0]!.write(made, { measured: y, backProjected: false, ...(range && { range }) });
  const largest = found.kernels.data.reduce((most, v) => Math.max(most, v), 0) || 1; // white, for long kernels have small weights
  const ofKernels = { estimate: found.kernels, facts: made.facts };
  await outputs[1]!.write(ofKernels, { backProjected: false, range: [0, largest] });
  for (const warning of new Set(found.recoveries.flatMap(({ warnings }) => warnings))) note(`warning: ${warning}`);
  const { words, data } = await reconstructionFacts(made);
  return {
    text: factLines({
      wrote: `reconstruction ${files[0]}`,
      kernel: files[1],
      ...written,
      ...words,
      time: secondsText(seconds),
    }),
    data: { file: files[0], kernel: files[1], ...written, ...data, seconds },
  };
}
