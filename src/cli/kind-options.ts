import type { Argv } from "yargs";
import { type LearnedName, learnedKinds, learnedNames } from "../../priors/learned.ts";
import { InputError } from "../data/errors.ts";
import type { OptionSpec, Options } from "../data/options.ts";

/** `learningRate` as `learning-rate`. */
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The name of an option on the command line. For a flag that is on by default it is the name that turns it off. */
const flagOf = (name: string, spec: OptionSpec): string =>
  spec.type === "flag" && spec.default ? `no-${kebab(name)}` : kebab(name);

/** Every option of every kind, by its name on the command line. An option that several kinds have means the same in all of them. */
function allOptions(): ReadonlyMap<string, OptionSpec> {
  const options = learnedNames.flatMap((kind) => Object.entries(learnedKinds[kind].options));
  return new Map(options.map(([name, spec]) => [flagOf(name, spec), spec]));
}

/** Declares the options of all kinds of priors. They are read as texts and checked by the kind that gets them. */
export function declareKindOptions<T>(y: Argv<T>): Argv<T> {
  for (const [flag, spec] of allOptions()) {
    y.option(flag, spec.type === "flag" ? { type: "boolean", hidden: true } : { ...TEXT, hidden: true });
  }
  return y;
}

const TEXT = { type: "string", requiresArg: true } as const;

/** The options that were given, by the names of the kind. Errors (InputError): one that this kind does not have. */
export function kindOptions(kind: LearnedName, args: object): Options {
  const given = args as Readonly<Record<string, string | boolean | undefined>>;
  const own = Object.entries(learnedKinds[kind].options).map(([name, spec]) => ({ name, flag: flagOf(name, spec) }));
  for (const flag of allOptions().keys()) {
    if (given[flag] === undefined || own.some((option) => option.flag === flag)) continue;
    const others = learnedNames.filter((other) =>
      Object.entries(learnedKinds[other].options).some(([name, spec]) => flagOf(name, spec) === flag),
    );
    throw new InputError(
      `--${flag}: the kind ${kind} has no ${flag}; give --kind ${others.join(" or ")}, or leave it out`,
    );
  }
  const present = own.filter(({ flag }) => given[flag] !== undefined);
  return Object.fromEntries(
    present.map(({ name, flag }) => [name, flag.startsWith("no-") ? !given[flag] : given[flag]]),
  );
}

/** The kinds with their options, for `--help`. */
export function describeLearnedKinds(): string {
  const lines = learnedNames.flatMap((kind) => {
    const { summary, options } = learnedKinds[kind];
    return [`  ${kind.padEnd(11)} ${summary}`, ...Object.entries(options).map(([name, spec]) => described(name, spec))];
  });
  return ["Kinds, each with its options; default: the first kind below that accepts the sketch:", ...lines].join("\n");
}

function described(name: string, spec: OptionSpec): string {
  const type = spec.type === "choice" ? spec.choices.join("|") : spec.type;
  const left = spec.type === "flag" ? `--${flagOf(name, spec)}` : `--${flagOf(name, spec)} <${type}>`;
  const no = spec.type === "flag" && spec.default ? "leave out " : "";
  const tail = spec.type !== "flag" && spec.default !== undefined ? ` (default ${spec.default})` : "";
  return `    ${left.padEnd(32)} ${no}${spec.description}${tail}`;
}
