import { messageOf, oneLine } from "../data/errors.ts";
import { packageVersion } from "../data/package.ts";
import { configureEngine, type EngineSettings, engineSettings } from "../engine/settings.ts";
import type { AnyCommand, Context, GlobalArgs } from "./command.ts";
import { commands } from "./commands/index.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { parse } from "./parse.ts";
import { openProgress } from "./progress.ts";

/** Where a command line's output goes. */
export interface Streams {
  readonly stdout: Pick<NodeJS.WriteStream, "write">;
  readonly stderr: NodeJS.WriteStream;
}

/**
 * Runs one command line and returns the exit code. Data goes to stdout, everything else to stderr.
 * `known` are the commands that can be named; scripts pass their own.
 */
export async function runCommandLine(
  words: readonly string[],
  { stdout, stderr }: Streams = process,
  known: Readonly<Record<string, AnyCommand>> = commands,
): Promise<number> {
  try {
    const { out, fault } = await interruptible((signal) => answer(known, words, signal, stderr));
    stdout.write(out);
    if (fault !== undefined) stderr.write(`error: ${fault}\n`);
    return fault === undefined ? 0 : 1;
  } catch (error) {
    const debug = words.includes("--debug") && error instanceof Error && error.stack;
    stderr.write(`error: ${oneLine(messageOf(error))}\n${debug ? `${error.stack}\n` : ""}`);
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}

/** What the command line prints on stdout, except help and version, which yargs prints itself; and what it found to be wrong. */
async function answer(
  known: Readonly<Record<string, AnyCommand>>,
  words: readonly string[],
  signal: AbortSignal,
  stderr: NodeJS.WriteStream,
): Promise<{ readonly out: string; readonly fault?: string }> {
  const parsed = await parse(known, words, packageVersion());
  if (!parsed) return { out: "" };
  const { command, args } = parsed;
  configureEngine(engineChoice(args));
  engineSettings(); // throws on a bad combination before any work
  const { text, data, fault } = await command.run(args, contextOf(args, words, signal, stderr));
  const out = args.json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`;
  return { out, ...(fault !== undefined && { fault }) };
}

const engineChoice = ({ engine, device, threads }: GlobalArgs): Partial<EngineSettings> => ({
  ...(engine !== undefined && { engine: engine as EngineSettings["engine"] }),
  ...(device !== undefined && { device: device as EngineSettings["device"] }),
  ...(threads !== undefined && { threads }),
});

function contextOf(
  { seed, quiet, json }: GlobalArgs,
  words: readonly string[],
  signal: AbortSignal,
  stderr: NodeJS.WriteStream,
): Context {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`--seed: expected an integer of at least 0, got ${seed}`);
  }
  return {
    seed,
    words,
    signal,
    progress: async (label, task) => {
      const display = quiet ? undefined : openProgress(label, stderr);
      try {
        const result = await task((progress) => display?.update(progress));
        signal.throwIfAborted();
        return result;
      } finally {
        display?.stop();
      }
    },
    note: (text) => {
      if (!quiet && !json) stderr.write(`${text}\n`);
    },
  };
}
