import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { InputError, oneLine } from "../../data/errors.ts";
import { fileExists } from "../../data/files.ts";
import type { Context, GlobalArgs } from "../command.ts";
import { rangeOf, type SketchArgs, sketch, sketchOf } from "../commands/sketch.ts";
import { requireFolder, requireInteger, requireWritable } from "../options.ts";
import { parse, UsageError } from "../parse.ts";
import { folderFor, writePlan } from "./plan.ts";

/** The options of `cluster slurm`. */
export interface SlurmArgs extends GlobalArgs {
  readonly shards: number | undefined;
  readonly "at-once": number | undefined;
  readonly retries: number | undefined;
  readonly sbatch: string | undefined;
  readonly setup: string | undefined;
  readonly submit: boolean | undefined;
}

/** The options of `sketch` that its parts keep; the others are in the design. */
const KEPT = ["shape", "header", "limit", "checkpoint-every", "engine", "device", "threads"] as const;

type Shared = SketchArgs &
  GlobalArgs & { readonly out: string; readonly shard?: string; readonly "checkpoint-every"?: number };

/** What was written, and submitted if that was asked for. */
export interface Written {
  readonly folder: string;
  readonly shards: number;
  readonly out: string;
  readonly submitted: boolean;
}

/** Node and its arguments up to the program, as they run now. */
const program = (): string[] => {
  const main = `main${path.extname(import.meta.filename)}`;
  return [process.execPath, ...process.execArgv, path.resolve(import.meta.dirname, "..", main)];
};

/**
 * Writes the folder of a run: the design, learned now if none is given, and the scripts. Data, design and the number of parts are tried before anything is written.
 * `words` is the command line that is shared out. Errors (InputError, UsageError): all that the command itself refuses; the output or the folder is there already.
 */
export async function writeSlurm(words: readonly string[], args: SlurmArgs, context: Context): Promise<Written> {
  if (args.shards === undefined) throw new UsageError("missing option --shards; see sketchprior cluster --help");
  requireInteger("shards", args.shards);
  if (args["at-once"] !== undefined) requireInteger("at-once", args["at-once"]);
  const retries = args.retries ?? 2;
  requireInteger("retries", retries, 0);
  const shared = await parsedSketch(words);
  const [folder, out] = [folderFor(shared.out), path.resolve(shared.out)];
  if (await fileExists(out)) {
    throw new InputError(
      `${shared.out}: exists already, and a merge whose output exists is done; remove it or name another file`,
    );
  }
  await requireWritable(shared.out, false);
  await requireFolder(folder, args.force, `or submit it again by bash ${path.join(folder, "submit.sh")}, `);
  const { dataset, design } = await sketchOf(shared, context);
  rangeOf(dataset, design.block, `1/${args.shards}`);
  for (const name of ["parts", "started", "logs", "jobs"])
    await rm(path.join(folder, name), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { saveDesign } = await import("../../sketch/files.ts");
  const designFile = path.join(folder, "design.npz");
  await saveDesign(designFile, design);
  const kept = KEPT.filter((name) => shared[name] !== undefined).map((name) => `--${name}=${shared[name]}`);
  await writePlan({
    ...{ folder, out, from: process.cwd(), program: program(), shards: args.shards, retries },
    words: ["sketch", ...(shared.data as readonly string[]), ...kept, "--design", designFile],
    ...{ atOnce: args["at-once"], sbatch: args.sbatch, setup: args.setup },
  });
  if (args.submit) await submit(folder);
  return { folder, out, shards: args.shards, submitted: args.submit ?? false };
}

/** The command line that is shared out, which must be one of `sketch`. */
async function parsedSketch(words: readonly string[]): Promise<Shared> {
  if (words[0] !== "sketch") {
    throw new UsageError(
      `cluster slurm: expected a command line of sketch, got ${words[0] === undefined ? "none" : `"${words[0]}"`}; see sketchprior cluster --help`,
    );
  }
  const shared = (await parse({ sketch }, words, ""))!.args as unknown as Shared;
  if (shared.shard !== undefined)
    throw new UsageError("cluster slurm: --shard is the number of a task; give --shards, how many there are");
  if ((shared.data as readonly string[]).includes("-")) {
    throw new InputError("cluster slurm: the tasks cannot read standard input; write it to a file first");
  }
  return shared;
}

/** Submits the jobs. Errors (InputError): there is no Slurm here, or it refuses them. */
async function submit(folder: string): Promise<void> {
  const script = path.join(folder, "submit.sh");
  try {
    await promisify(execFile)("bash", [script]);
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const why = oneLine(stderr || String(error));
    throw new InputError(
      why.includes("sbatch: command not found")
        ? `--submit: there is no sbatch here; run bash ${script} where Slurm is`
        : `--submit: Slurm refused: ${why}; what is written stays, bash ${script} submits it`,
    );
  }
}
