import type { Argv } from "yargs";
import { InputError } from "../data/errors.ts";
import { defaultDraw } from "../sketch/laws.ts";
import type { Owner, PrivateSketch } from "../sketch/private/index.ts";
import { partNames } from "../sketch/private/parts.ts";
import type { Context, Outcome } from "./command.ts";
import { type DataArgs, type DesignArgs, datasetOf, frequencyCount } from "./designing.ts";
import { sizeText } from "./facts.ts";
import { featureNames, openFeatures } from "./feature-design.ts";
import type { LossyArgs } from "./lossy-design.ts";
import { numberList, requireAbsent, requireInteger } from "./options.ts";
import { factLines, grouped, secondsText, shapeText } from "./text.ts";

/** The options of private sketches, of the command `sketch`. */
export const privateOptions = <T>(y: Argv<T>) =>
  y
    .option("epsilon", {
      ...{ type: "number", requiresArg: true },
      describe: "make a private sketch: noise on every sum, so that no sample can be told from it but with this ε",
    })
    .option("delta", {
      type: "number",
      requiresArg: true,
      describe: "with --epsilon, δ: far below 1 / number of samples",
    })
    .option("clip", {
      ...{ type: "number", requiresArg: true },
      describe:
        "with --epsilon, the norm to which samples, less a reference, are shrunk; a number known without the data",
    })
    .option("labels", {
      type: "number",
      requiresArg: true,
      describe: "with --epsilon, separate sums for labels 0 to N - 1",
    })
    .option("first-pass", {
      ...{ type: "number", requiresArg: true, defaultDescription: "0.05" },
      describe:
        "with --epsilon, the part of the budget that a first pass takes to learn the reference, the mean; 0: none",
    })
    .option("shares", {
      ...{ type: "string", requiresArg: true },
      describe:
        "with --epsilon, how the budget is divided: count=.03,mean=.17,square=.77,energy=.02,rest=.01,fourier=.3,network=.5,networkSquares=.25",
    })
    .option("noise-seed", {
      ...{ type: "number", requiresArg: true },
      describe: "with --epsilon, draw the noise from a seed: for tests, the file then says that it is not private",
    });

export interface PrivateArgs {
  readonly epsilon: number | undefined;
  readonly delta: number | undefined;
  readonly clip: number | undefined;
  readonly labels: number | undefined;
  readonly "first-pass": number | undefined;
  readonly shares: string | undefined;
  readonly "noise-seed": number | undefined;
}

/** What a private design takes of the ordinary options. */
interface Args extends DataArgs, DesignArgs, LossyArgs, PrivateArgs {
  readonly out: string;
  readonly limit: number | undefined;
  readonly design: string | undefined;
  readonly shard: string | undefined;
  readonly resume: boolean | undefined;
  readonly "checkpoint-every": number | undefined;
}

const own = ["delta", "clip", "labels", "first-pass", "shares", "noise-seed"] as const;

/** Options that would let the data into the design, or their sums onto the disk, and why. */
const refused = {
  pilot: "a pilot shows its samples; the reference is learned by --first-pass, from a part of the budget",
  "sketch-size": "its components and cells come from a pilot; give --features dct:K",
  poses: "they are chosen by a pilot",
  windows: "their cells come from a pilot",
  cells: "they are fitted to a pilot",
  "cells-of": "only sketches of patches have such cells, and they are not private",
  denoiser: "sums of pairs are not private",
  sigma: "sums of pairs are not private",
  "by-label": "the number of labels must not come from the data; give --labels N",
  through: "lossy measurements have sums of their own, which are not private",
  noise: "lossy measurements have sums of their own, which are not private",
  measurements: "lossy measurements have sums of their own, which are not private",
  quantise: "its noise is larger than what signs save; give --frequencies alone",
  block: "every sample is summed by itself",
  shard: "parts are sketched as data sets of their own and merged",
  resume: "a checkpoint would hold sums without noise",
  "checkpoint-every": "a checkpoint would hold sums without noise",
} as const;

/** Whether a private sketch is asked for. Errors (InputError): options of private sketches without --epsilon. */
export function isPrivate(args: PrivateArgs): boolean {
  if (args.epsilon !== undefined) return true;
  const given = own.find((name) => args[name] !== undefined);
  if (given) throw new InputError(`--${given}: is of private sketches; give --epsilon too`);
  return false;
}

/** `sketch` with --epsilon. */
export async function sketchPrivately(args: Args, { progress, signal }: Context): Promise<Outcome> {
  for (const name of Object.keys(refused) as (keyof typeof refused)[]) {
    if (args[name] !== undefined) throw new InputError(`--${name}: not with --epsilon: ${refused[name]}`);
  }
  if (args.delta === undefined)
    throw new InputError("--epsilon: needs --delta, far below 1 / number of samples, such as 1e-5");
  if (args.limit !== undefined) requireInteger("limit", args.limit);
  if (args["noise-seed"] !== undefined) requireInteger("noise-seed", args["noise-seed"], 0);
  const { epsilon, delta } = args as { epsilon: number; delta: number };
  const { loadPrivateSketch, privateSketch, requirePrivacy, savePrivateSketch } = await import(
    "../sketch/private/index.ts"
  );
  requirePrivacy(epsilon, delta);
  const given = args.design === undefined ? designOf(args) : (await loadPrivateSketch(args.design)).design;
  if (args.design !== undefined) requireNone(args);
  const dataset = await datasetOf(args);
  const { network } = featureNames(args.features);
  const design = network === undefined ? given : { ...given, ...(await networkOf(network, dataset.shape)) };
  if (dataset.typical) {
    throw new InputError(
      "--epsilon: a sample would be one patch, and an image has many; private sketches are of whole samples",
    );
  }
  const names = (args.data as readonly string[]) ?? [];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) {
    throw new InputError(`--epsilon: ${twice} is named twice, so that its samples would count twice; name it once`);
  }
  const range = args.limit !== undefined && { range: { from: 0, to: Math.min(args.limit, dataset.count) } };
  const started = performance.now();
  const made = await progress("private sketch", (onProgress) =>
    privateSketch(dataset, design, {
      ...{ epsilon, delta, signal, ...range },
      ...(args["first-pass"] !== undefined && { firstPass: args["first-pass"] }),
      ...(args["noise-seed"] !== undefined && { seed: args["noise-seed"] }),
      onProgress: (step, maxSteps) => onProgress({ step, maxSteps, objective: Number.NaN }),
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await savePrivateSketch(args.out, made);
  const { data, words } = await privateFacts(made);
  return {
    text: factLines({
      wrote: `private sketch ${args.out}, ${await sizeText(args.out)}`,
      ...words,
      time: secondsText(seconds),
    }),
    data: { file: args.out, ...data, seconds },
  };
}

/** Whether sketches are private. Errors (InputError): only some of them are. */
export async function arePrivate(command: string, files: readonly string[]): Promise<boolean> {
  const [{ readNpz }, { PRIVATE_FORMAT }] = await Promise.all([
    import("../data/npz-file.ts"),
    import("../sketch/private/store.ts"),
  ]);
  const formats = await Promise.all(files.map(async (file) => (await readNpz(file)).metadata?.format));
  const [first, other] = [true, false].map((asked) =>
    formats.findIndex((f) => (f === PRIVATE_FORMAT.format) === asked),
  );
  if (first! < 0) return false;
  if (other! < 0) return true;
  throw new InputError(
    `${command}: ${files[first!]} is a private sketch and ${files[other!]} is not; together they would protect nobody`,
  );
}

/** `merge` of private sketches. */
export async function mergePrivately(files: readonly string[], out: string): Promise<Outcome> {
  const { loadPrivateSketch, mergePrivate, savePrivateSketch } = await import("../sketch/private/index.ts");
  const [first, ...others] = await Promise.all(files.map(loadPrivateSketch));
  const merged = mergePrivate(first!, ...others);
  await savePrivateSketch(out, merged);
  const { data, words } = await privateFacts(merged);
  return { text: factLines({ wrote: `private sketch ${out}`, ...words }), data: { file: out, ...data } };
}

/** The options that make a private design. */
function designOf({ clip, labels, features: named, frequencies, scale, law, draw, seed, shares }: Args) {
  const { coordinates: features, network } = featureNames(named);
  if (clip === undefined) {
    throw new InputError(
      "--epsilon: needs --clip, the norm to which samples are shrunk; without one a single sample could move the sums by any amount",
    );
  }
  if (labels !== undefined) requireInteger("labels", labels);
  const m = frequencies === undefined ? undefined : frequencyCount(frequencies);
  if (m !== undefined && network !== undefined) {
    throw new InputError("--frequencies: moments of a network's features have no frequencies; give one of the two");
  }
  if (m === "auto") {
    throw new InputError("--frequencies: auto counts in a pilot, which would show its samples; give a number");
  }
  if (frequencies !== undefined && (scale === undefined || scale === "auto")) {
    throw new InputError("--frequencies: a private sketch needs --scale, for one from a pilot would show its samples");
  }
  const alone = (["scale", "law", "draw"] as const).find(
    (name) => frequencies === undefined && { scale, law, draw }[name] !== undefined,
  );
  if (alone) throw new InputError(`--${alone}: is of Fourier moments; give --frequencies too`);
  return {
    clip,
    ...(features !== undefined && { features }),
    ...(labels !== undefined && { labels }),
    ...(shares !== undefined && { shares: sharesIn(shares) }),
    ...(m !== undefined && {
      fourier: {
        m,
        scales: numberList("scale", scale!),
        law: law ?? "gaussian",
        draw: draw ?? defaultDraw(law ?? "gaussian", m),
        seed,
      },
    }),
  } as const;
}

/** A network, which is public, and its weights for a private design. */
async function networkOf(file: string, shape: readonly number[]) {
  const [{ family, learned }, { FEATURE_WEIGHTS }] = await Promise.all([
    openFeatures(file, shape),
    import("../sketch/index.ts"),
  ]);
  const { kind: _, ...network } = family;
  return { network, weights: learned[FEATURE_WEIGHTS]!.data };
}

/** `count=.03,mean=.17` */
function sharesIn(text: string): Record<string, number> {
  const parts = text.split(",").map((part) => part.split("="));
  const names: readonly string[] = partNames;
  const bad = parts.find(
    ([name, value, ...more]) => !names.includes(name!) || !(Number(value) >= 0) || more.length > 0,
  );
  if (bad)
    throw new InputError(
      `--shares: expected NAME=NUMBER of ${names.join(", ")}, separated by commas, got "${bad.join("=")}"`,
    );
  return Object.fromEntries(parts.map(([name, value]) => [name, Number(value)]));
}

/** Errors (InputError): an option that --design already fixes. */
function requireNone(args: Args): void {
  const names = ["clip", "labels", "features", "frequencies", "scale", "law", "draw", "shares", "first-pass"] as const;
  requireAbsent(args, names, "the file of --design already fixes it; give one of the two");
}

/** A private sketch in words and as data. */
export async function privateFacts({ design, owners, sums }: PrivateSketch) {
  const { featuresIn, PUBLIC_NETWORK, partsIn, privacyOf, shrunkMeans, spentBy } = await import(
    "../sketch/private/index.ts"
  );
  const { networkMoments } = await import("../sketch/families/network-moments.ts");
  const { shape, labels, cosines, clip, shares, fingerprint } = design;
  const network = design.network && ({ kind: "network-moments", ...design.network } as const);
  const { counts } = shrunkMeans(
    design,
    sums,
    owners.map(({ passes }) => passes.at(-1)!),
  );
  const count = counts.reduce((sum, n) => sum + n, 0);
  const numbers = [...partsIn(design).values()].reduce((sum, part) => sum + part.shape.reduce((a, b) => a * b), 0);
  const spending = owners.map(spentBy);
  const { epsilon, delta, seeded } = privacyOf(owners);
  const shareText = Object.entries(shares).flatMap(([name, part]) =>
    part > 0 ? [`${name} ${Number(part.toPrecision(3))}`] : [],
  );
  return {
    data: {
      ...{
        count,
        shape,
        features: cosines === undefined ? "raw" : `dct:${cosines}`,
        ...(network && { network: networkMoments.told!(network) }),
        labels,
        clip,
        shares,
        fingerprint,
        numbers,
      },
      privacy: {
        epsilon,
        delta,
        private: !seeded,
        owners: owners.map((owner, i) => ({ ...owner, spent: spending[i] })),
      },
    },
    words: {
      ...(seeded && { "NOT PRIVATE": "the noise was drawn from a known seed, and anybody can take it away" }),
      privacy: `ε = ${epsilon}, δ = ${delta}${owners.length > 1 ? `, of each of ${owners.length} owners` : ""}, for one sample added or removed`,
      spent: spending
        .map(
          ({ epsilon: e, renyi, rho }, i) =>
            `${owners[i]!.passes.length} release${owners[i]!.passes.length > 1 ? "s" : ""}, together ε = ${short(e)} (by Rényi divergences ${short(renyi)}; ρ = ${short(rho)})`,
        )
        .join("; "),
      mechanism: "discrete Gaussian noise on sums of integers, one sensitivity for all",
      samples: `about ${grouped(count)} of ${shapeText(shape)}, by the noisy counts`,
      features: `${featuresIn(design)} ${cosines === undefined ? "numbers" : "lowest cosines"}, shrunk to the norm ${clip}`,
      ...(network && { network: networkMoments.describe(network), "not private": PUBLIC_NETWORK }),
      ...(labels !== undefined && { labels: `0 to ${labels - 1}, each summed apart` }),
      shares: shareText.join(", "),
      holds: `${grouped(numbers)} numbers`,
      "not covered": "people with several samples, and whatever else is published of the same data",
    },
  };
}

/** What private sketches of the same data have spent together. Errors (InputError): other files; one release named twice; the data of several owners. */
export async function spentTogether(files: readonly string[]) {
  const { loadPrivateSketch, spent } = await import("../sketch/private/index.ts");
  const owners: Owner[] = [];
  for (const file of files) {
    const { owners: own } = await loadPrivateSketch(file);
    if (own.length > 1)
      throw new InputError(
        `--with: ${file} is of ${own.length} owners, each with data of its own; name their own sketches`,
      );
    if (owners.some(({ id }) => id === own[0]!.id))
      throw new InputError(`--with: ${file} is the same release again; leave it out`);
    owners.push(own[0]!);
  }
  const delta = Math.max(...owners.map((owner) => owner.delta));
  const all = spent(
    owners.flatMap(({ passes }) => passes),
    delta,
  );
  const words = `ε = ${short(all.epsilon)} at δ = ${delta} (by Rényi divergences ${short(all.renyi)}; ρ = ${short(all.rho)}), of ${files.length} sketches of the same data`;
  return { words, data: { files, delta, ...all } };
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
