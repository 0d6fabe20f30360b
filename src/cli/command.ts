import type { Argv } from "yargs";
import type { Progress } from "../engine/iterate.ts";

/** Options that every command takes. */
export interface GlobalArgs {
  readonly seed: number;
  readonly json: boolean | undefined;
  readonly quiet: boolean | undefined;
  readonly force: boolean | undefined;
  readonly debug: boolean | undefined;
  readonly engine: string | undefined;
  readonly device: string | undefined;
  readonly threads: number | undefined;
}

/** What the program provides to a command. */
export interface Context {
  readonly seed: number;
  /** The words of the command line, the command's name first. */
  readonly words: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /**
   * Runs a long task with a progress bar on stderr. The task gets the callback to report to. Throws if the task was interrupted, so that
   * nothing is written afterwards.
   */
  progress<T>(label: string, task: (onProgress: (progress: Progress) => void) => Promise<T>): Promise<T>;
  /** One line for a person, on stderr; silent with --quiet or --json. */
  note(text: string): void;
}

/** The result of a command: text for a person, and one JSON object for a program. */
export interface Outcome {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** What was found to be wrong, one line. It is printed as an error after the result, and the exit code is 1. */
  readonly fault?: string;
}

export interface Command<Args = GlobalArgs> {
  /** In the syntax of yargs: `measure <data>`. */
  readonly usage: string;
  /** One sentence. */
  readonly description: string;
  /** Command lines that work, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** More text for the end of `--help`; loaded only for it. */
  readonly details?: () => Promise<string>;
  /** Options whose value may begin with a dash: `--sbatch "--time=1:00:00"`. */
  readonly literal?: readonly string[];
  readonly options: (y: Argv<GlobalArgs>) => Argv<Args> | Promise<Argv<Args>>;
  readonly run: (args: Args, context: Context) => Promise<Outcome>;
}

/** A command whose argument types are hidden. */
export interface AnyCommand extends Omit<Command, "options" | "run"> {
  readonly options: (y: Argv<GlobalArgs>) => Argv<GlobalArgs> | Promise<Argv<GlobalArgs>>;
  readonly run: (args: GlobalArgs, context: Context) => Promise<Outcome>;
}

/** Makes a command: `run` gets the arguments in the types that `options` declares. */
export function defineCommand<Args extends GlobalArgs>(command: Command<Args>): AnyCommand {
  return {
    ...command,
    options: async (y) => (await command.options(y)) as unknown as Argv<GlobalArgs>,
    run: (args, context) => command.run(args as Args, context),
  };
}
