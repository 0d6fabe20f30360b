import yargs, { type Argv } from "yargs";
import { suggestion } from "../data/nearest.ts";
import type { AnyCommand, GlobalArgs } from "./command.ts";

/** A command line that does not follow the usage; the message says what to type instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Parsed {
  readonly name: string;
  readonly command: AnyCommand;
  readonly args: GlobalArgs;
}

/** The options that yargs knows. Its types leave this method out. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly number: readonly string[];
  readonly array: readonly string[];
}

/** Replaces the word `-` (standard input), which yargs would leave out of a list of arguments. */
const DASH = "\u0000-";

const withDashes = (args: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const back = (value: unknown): unknown => (Array.isArray(value) ? value.map(back) : value === DASH ? "-" : value);
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, back(value)]));
};

/** `--name value` as one word where the value may begin with a dash, which yargs would take for another option. */
function withLiterals(words: readonly string[], names: readonly string[]): string[] {
  const [word, value, ...rest] = words;
  if (word === undefined) return [];
  return word.startsWith("--") && names.includes(word.slice(2)) && value !== undefined
    ? [`${word}=${value}`, ...withLiterals(rest, names)]
    : [word, ...withLiterals(words.slice(1), names)];
}

/** The command and its arguments; undefined if help or the version was asked for and printed. Throws UsageError. */
export async function parse(
  commands: Readonly<Record<string, AnyCommand>>,
  given: readonly string[],
  version: string,
): Promise<Parsed | undefined> {
  const names = Object.keys(commands);
  const first = given[0];
  const words = withLiterals(given, (first !== undefined && commands[first]?.literal) || []);
  if (first !== undefined && !first.startsWith("-") && !names.includes(first)) {
    throw new UsageError(`unknown command "${first}"; ${suggestion(first, names)}`);
  }
  let parsed: Parsed | undefined;
  const cli = globalOptions(yargs(words.map((word) => (word === "-" ? DASH : word))), version);
  const declared = (): Declared => (cli as unknown as { getOptions(): Declared }).getOptions();
  let known = declared(); // yargs forgets a command's own options when parsing fails
  for (const [name, command] of Object.entries(commands)) {
    cli.command(
      command.usage,
      command.description,
      async (y) => {
        const common = Object.keys(declared().key);
        await command.options(y);
        known = declared();
        const own = Object.keys(known.key).filter(
          (key) => !common.includes(key) && key.length > 1 && !new RegExp(`[<[]${key}\\b`).test(command.usage),
        );
        const wantsHelp = words.includes("--help") || words.includes("-h");
        return y
          .group(own, "Options:")
          .group(common, "Common options:")
          .epilogue(wantsHelp ? await epilogue(command) : "");
      },
      (args) => {
        parsed = { name, command, args: withDashes(args) as unknown as GlobalArgs };
      },
    );
  }
  cli.fail((message: string | null, error: Error | undefined) => {
    throw error ?? new UsageError(message ?? "");
  });
  try {
    await cli.parseAsync();
  } catch (error) {
    const broken = error instanceof Error && (error instanceof UsageError || error.name === "YError");
    throw broken ? new UsageError(explain(error.message, words, known)) : error;
  }
  if (parsed) checkValues(parsed, words, known);
  return parsed;
}

async function epilogue({ examples, details }: AnyCommand): Promise<string> {
  const lines = examples.map(([line, what]) => `  ${line}\n      ${what}`);
  return [`Examples:\n${lines.join("\n")}`, ...(details ? [await details()] : [])].join("\n\n");
}

function globalOptions(cli: Argv, version: string): Argv<GlobalArgs> {
  return cli
    .scriptName("sketchprior")
    .usage(
      "$0 <command> [options]\n\nRecover signals from few measurements with a prior learned from a sketch of the data.",
    )
    .epilogue("$0 <command> --help shows the options and an example of a command.")
    .locale("en")
    .wrap(100)
    .parserConfiguration({ "boolean-negation": false, "dot-notation": false, "parse-positional-numbers": false })
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .demandCommand(1, "which command?")
    .option("seed", { type: "number", default: 1, requiresArg: true, describe: "seed of every random draw" })
    .option("json", { type: "boolean", describe: "print one JSON object instead of text" })
    .option("engine", {
      ...{ type: "string", requiresArg: true, choices: ["onnx", "tfjs"] },
      describe: "what computes; default: $SKETCHPRIOR_ENGINE or onnx",
    })
    .option("device", {
      ...{ type: "string", requiresArg: true, choices: ["cpu", "webgpu"] },
      describe: "where it computes; default: $SKETCHPRIOR_DEVICE or cpu",
    })
    .option("threads", { type: "number", requiresArg: true, describe: "threads; default: all processors" })
    .option("quiet", { type: "boolean", describe: "no progress and no notes on stderr" })
    .option("force", { type: "boolean", describe: "replace output that exists already" })
    .option("debug", { type: "boolean", describe: "print the stack trace of an error" })
    .alias("h", "help")
    .version(version);
}

/** What is wrong with a command line. Misspelt options come first, because they also cause other messages of yargs. */
function explain(message: string, words: readonly string[], declared: Declared): string {
  const known = Object.keys(declared.key).filter((name) => name.length > 1);
  const all = new Set([...Object.keys(declared.key), ...Object.values(declared.alias).flat(), "h"]);
  for (const word of words) {
    if (word === "--") break;
    const name = /^--([^=]+)/.exec(word)?.[1];
    if (name !== undefined && !all.has(name)) {
      return `unknown option --${name}; ${optionHint(name, known)}`;
    }
  }
  if (message === "which command?") return "no command given; sketchprior --help lists them";
  const missing = /^Missing required arguments?: (.*)/.exec(message)?.[1];
  if (missing !== undefined) {
    const options = missing.split(", ").map((name) => `--${name}`);
    return `missing option ${options.join(", ")}; ${helpHint(words)}`;
  }
  const bare = /^Not enough arguments following: (.*)/.exec(message)?.[1];
  if (bare !== undefined) return `${bare.length > 1 ? "--" : "-"}${bare}: expected a value, got none`;
  if (message.startsWith("Not enough non-option arguments")) return `missing argument; ${helpHint(words)}`;
  const choices = /^Invalid values:\n\s*Argument: (\S+), Given: "?(.*?)"?, Choices: (.*)$/m.exec(message);
  if (choices) {
    const valid = choices[3]!.split(", ").map((choice) => choice.replaceAll('"', ""));
    return `--${choices[1]}: unknown value "${choices[2]}"; ${suggestion(choices[2]!, valid)}`;
  }
  const extra = /^Unknown (?:argument|command)s?: (.*)/.exec(message)?.[1];
  if (extra !== undefined) return `unexpected argument ${extra}; ${helpHint(words)}`;
  return message;
}

const helpHint = (words: readonly string[]): string =>
  `see sketchprior ${words[0]?.startsWith("-") ? "" : `${words[0]} `}--help`;

function optionHint(name: string, known: readonly string[]): string {
  const hint = suggestion(name, known);
  return hint.startsWith("did you mean") ? `did you mean --${/did you mean (.*)\? /.exec(hint)![1]}?` : "see --help";
}

/** Errors: a value that should be a number but is not, an option that takes one value and is given twice. */
function checkValues({ args }: Parsed, words: readonly string[], declared: Declared): void {
  const values = args as unknown as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(declared.key)) {
    const value = values[name];
    if (Array.isArray(value) && !declared.array.includes(name)) {
      throw new UsageError(`--${name}: expected one value, got ${value.length}`);
    }
    if (declared.number.includes(name) && Number.isNaN(value)) {
      throw new UsageError(`--${name}: expected a number, got "${givenValue(name, words, declared)}"`);
    }
  }
}

function givenValue(name: string, words: readonly string[], declared: Declared): string {
  const spellings = [name, ...(declared.alias[name] ?? [])].map((n) => (n.length > 1 ? `--${n}` : `-${n}`));
  for (const [i, word] of words.entries()) {
    if (spellings.includes(word)) return words[i + 1] ?? "";
    const spelling = spellings.find((s) => word.startsWith(`${s}=`));
    if (spelling) return word.slice(spelling.length + 1);
  }
  return "";
}
