import path from "node:path";
import { InputError } from "../../data/errors.ts";
import { fileExists } from "../../data/files.ts";
import type { Context, GlobalArgs } from "../command.ts";
import { compare } from "../commands/compare.ts";
import { reconstruct } from "../commands/reconstruct.ts";
import { rangeOf, type SketchArgs, sketch, sketchOf } from "../commands/sketch.ts";
import { type ComparisonArgs, cellsOf, openComparison } from "../opened-comparison.ts";
import { type OpenRecoveryArgs, openRecovery } from "../opened-recovery.ts";
import { requireWritable } from "../options.ts";
import { parse, UsageError } from "../parse.ts";
import { isPrivate, type PrivateArgs } from "../private-sketching.ts";
import type { Scripted } from "./scripts.ts";
import { wordsWithout } from "./words.ts";

/** A command line that can be shared out: its parts and their merge as scripts write them, and what has to be written before. */
export interface Shared extends Pick<Scripted, "out" | "words" | "parts"> {
  prepare?(): Promise<void>;
}

type Args<T> = T & GlobalArgs & { readonly out: string; readonly shard?: string };

/** The options of `sketch` that its parts keep; the others are in the design. */
const KEPT = [
  ...(["shape", "header", "limit", "checkpoint-every", "engine", "device", "threads"] as const),
  ...(["through", "noise", "measurements", "seed"] as const), // of lossy measurements, which are made by row
];

/** How each command is shared out. `folder` is that of the run. Errors (InputError): all that the command itself refuses; more parts than there can be. */
const kinds = {
  sketch: async (words, shards, folder, context) => {
    const args = await argsOf<SketchArgs & PrivateArgs & { readonly "checkpoint-every"?: number }>({ sketch }, words);
    if ((args.data as readonly string[]).includes("-")) {
      throw new InputError("cluster slurm: the tasks cannot read standard input; write it to a file first");
    }
    if (isPrivate(args)) {
      throw new InputError(
        "cluster slurm: private sketches are not shared out, for parts would be sums without noise; sketch each owner's data with --epsilon, and merge",
      );
    }
    await requireNew(args.out, "file");
    const { dataset, design } = await sketchOf(args, context);
    rangeOf(dataset, design.block, `1/${shards}`);
    const file = path.join(folder, "design.npz");
    const kept = KEPT.filter((name) => args[name] !== undefined).map((name) => `--${name}=${args[name]}`);
    return {
      out: args.out,
      words: ["sketch", ...(args.data as readonly string[]), ...kept, "--design", file],
      parts: "sketches",
      prepare: async () => {
        const { saveDesign } = await import("../../sketch/files.ts");
        await saveDesign(file, design);
      },
    };
  },
  reconstruct: async (words, shards, _, context) => {
    const args = await argsOf<OpenRecoveryArgs>({ reconstruct }, words);
    if (!/\.npz$/i.test(args.out)) throw new InputError(`${args.out}: parts are merged into a .npz; name it so`);
    await requireNew(args.out, "file");
    await openRecovery({ ...args, shard: `1/${shards}` }, context);
    return { out: args.out, words: [...ownWords(words), ...oneThread(args)], parts: "reconstructions" };
  },
  compare: async (words, shards, _, context) => {
    const args = await argsOf<ComparisonArgs>({ compare }, words);
    await requireNew(args.out, "folder");
    cellsOf(await openComparison(args, context), `1/${shards}`);
    return { out: args.out, words: [...ownWords(words), ...oneThread(args)], parts: "results" };
  },
} satisfies Record<
  string,
  (words: readonly string[], shards: number, folder: string, context: Context) => Promise<Shared>
>;

type Name = keyof typeof kinds;
const names = Object.keys(kinds) as readonly Name[];

/** What the words of a command line write, which must be one that can be shared out. Errors (UsageError): it is not, or is a part already. */
export async function outOf(words: readonly string[]): Promise<{ readonly kind: Name; readonly out: string }> {
  const kind = names.find((name) => name === words[0]);
  if (kind === undefined) {
    throw new UsageError(
      `cluster slurm: expected a command line of ${names.slice(0, -1).join(", ")} or ${names.at(-1)}, got ` +
        `${words[0] === undefined ? "none" : `"${words[0]}"`}; see sketchprior cluster --help`,
    );
  }
  const { out } = await argsOf<object>({ sketch, reconstruct, compare }, words);
  return { kind, out };
}

/** The command line as it is shared out. */
export const sharedOut = (kind: Name, words: readonly string[], shards: number, folder: string, context: Context) =>
  kinds[kind](words, shards, folder, context) as Promise<Shared>;

async function argsOf<T>(commands: Parameters<typeof parse>[0], words: readonly string[]): Promise<Args<T>> {
  const args = (await parse(commands, words, ""))!.args as unknown as Args<T> & { readonly merge?: boolean };
  if (args.shard !== undefined || args.merge) {
    const option = args.merge ? "--merge is what runs after all tasks" : "--shard is the number of a task";
    throw new UsageError(`cluster slurm: ${option}; give --shards, how many there are`);
  }
  return args;
}

/** A command line without what the script gives each part itself. */
const ownWords = (words: readonly string[]): string[] => wordsWithout(words, ["o", "out"], ["resume"]);

/** Products are cut differently for each number of threads: with one, parts are the same bits on every node. */
const oneThread = ({ threads }: GlobalArgs): string[] => (threads === undefined ? ["--threads", "1"] : []);

async function requireNew(out: string, what: "file" | "folder"): Promise<void> {
  if (await fileExists(out)) {
    throw new InputError(
      `${out}: exists already, and a merge whose output exists is done; remove it or name another ${what}`,
    );
  }
  await requireWritable(out, false);
}
