import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { InputError, oneLine } from "../../data/errors.ts";
import type { Context, GlobalArgs } from "../command.ts";
import { requireFolder, requireInteger } from "../options.ts";
import { UsageError } from "../parse.ts";
import { folderFor, writePlan } from "./plan.ts";
import { outOf, sharedOut } from "./shared.ts";

/** The options of `cluster slurm`. */
export interface SlurmArgs extends GlobalArgs {
  readonly shards: number | undefined;
  readonly "at-once": number | undefined;
  readonly retries: number | undefined;
  readonly sbatch: string | undefined;
  readonly setup: string | undefined;
  readonly submit: boolean | undefined;
}

/** What was written, and submitted if that was asked for. */
export interface Written {
  readonly folder: string;
  readonly shards: number;
  readonly out: string;
  /** Whether a design is there, too. */
  readonly design: boolean;
  readonly submitted: boolean;
}

/** Node and its arguments up to the program, as they run now. */
const program = (): string[] => {
  const main = `main${path.extname(import.meta.filename)}`;
  return [process.execPath, ...process.execArgv, path.resolve(import.meta.dirname, "..", main)];
};

/**
 * Writes the folder of a run: the scripts and, of a sketch, the design, learned now if none is given. The command line and the number of parts are tried before anything is written.
 * `words` is the command line that is shared out. Errors (InputError, UsageError): all that the command itself refuses; the output or the folder is there already.
 */
export async function writeSlurm(words: readonly string[], args: SlurmArgs, context: Context): Promise<Written> {
  if (args.shards === undefined) throw new UsageError("missing option --shards; see sketchprior cluster --help");
  requireInteger("shards", args.shards);
  if (args["at-once"] !== undefined) requireInteger("at-once", args["at-once"]);
  const retries = args.retries ?? 2;
  requireInteger("retries", retries, 0);
  const { kind, out: shown } = await outOf(words);
  const folder = folderFor(shown);
  await requireFolder(folder, args.force, `or submit it again by bash ${path.join(folder, "submit.sh")}, `);
  const { prepare, ...shared } = await sharedOut(kind, words, args.shards, folder, context);
  const out = path.resolve(shown);
  for (const name of ["parts", "started", "logs", "jobs", "merged"])
    await rm(path.join(folder, name), { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await prepare?.();
  await writePlan({
    ...{ ...shared, folder, out, from: process.cwd(), program: program(), shards: args.shards, retries },
    ...{ atOnce: args["at-once"], sbatch: args.sbatch, setup: args.setup },
  });
  if (args.submit) await submit(folder);
  return { folder, out, shards: args.shards, design: prepare !== undefined, submitted: args.submit ?? false };
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
