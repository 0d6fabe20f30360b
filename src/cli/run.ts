import { readFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "../data/errors.ts";
import { configureEngine, type EngineSettings, engineSettings } from "../engine/settings.ts";
import type { Context, GlobalArgs } from "./command.ts";
import { commands } from "./commands/index.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { type Parsed, parse } from "./parse.ts";
import { openProgress } from "./progress.ts";

/** Runs one command line. Data goes to stdout, everything else to stderr; the result is the exit code. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    const parsed = await parse(commands, words, packageVersion());
    if (!parsed) return 0;
    const { text, data } = await interruptible((signal) => execute(parsed, signal));
    process.stdout.write(parsed.args.json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`);
    return 0;
  } catch (error) {
    const debug = words.includes("--debug") && error instanceof Error && error.stack;
    process.stderr.write(`error: ${oneLine(messageOf(error))}\n${debug ? `${error.stack}\n` : ""}`);
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}

async function execute({ command, args }: Parsed, signal: AbortSignal) {
  configureEngine(engineChoice(args));
  engineSettings(); // refuses a bad combination before any work
  return command.run(args, contextOf(args, signal));
}

const engineChoice = ({ engine, device, threads }: GlobalArgs): Partial<EngineSettings> => ({
  ...(engine !== undefined && { engine: engine as EngineSettings["engine"] }),
  ...(device !== undefined && { device: device as EngineSettings["device"] }),
  ...(threads !== undefined && { threads }),
});

function contextOf({ seed, quiet, json }: GlobalArgs, signal: AbortSignal): Context {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new RangeError(`--seed: expected a whole number of at least 0, got ${seed}`);
  }
  return {
    seed,
    signal,
    progress: async (label, task) => {
      const display = quiet ? undefined : openProgress(label, process.stderr);
      try {
        const result = await task((progress) => display?.update(progress));
        signal.throwIfAborted();
        return result;
      } finally {
        display?.stop();
      }
    },
    note: (text) => {
      if (!quiet && !json) process.stderr.write(`${text}\n`);
    },
  };
}

/** An error message as one line, whatever it was made of. */
const oneLine = (message: string): string => message.trim().replace(/\s*\n\s*/g, " ");

/** The version in the package.json above this file, whether it runs from source or from dist. */
export function packageVersion(): string {
  for (let folder = import.meta.dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    try {
      const text = readFileSync(path.join(folder, "package.json"), "utf8");
      const { name, version } = JSON.parse(text) as { name?: string; version?: string };
      if (name === "sketchprior") return version ?? "unknown";
    } catch {
      // no package.json here: look one folder up
    }
  }
  return "unknown";
}
