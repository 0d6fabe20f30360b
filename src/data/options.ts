import { InputError } from "./errors.ts";
import { suggestion } from "./nearest.ts";

/** One option of an operator, a prior, a noise model or a solver. Specs, options objects and `--help` all use it. */
export type OptionSpec = {
  readonly description: string;
  /** If an option without a default is not given, it is absent; with `required` that is an error. */
  readonly required?: boolean;
} & (
  | { readonly type: "number"; readonly default?: number }
  | { readonly type: "integer"; readonly default?: number }
  /** `500,500`, or an array. Because of its commas it cannot be used in specs, only in options objects and on the command line. */
  | { readonly type: "integers"; readonly default?: readonly number[] }
  | { readonly type: "choice"; readonly choices: readonly string[]; readonly default?: string }
  | { readonly type: "text"; readonly default?: string }
  | { readonly type: "flag"; readonly default?: boolean }
);

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type Value<S> = S extends { type: "choice"; choices: readonly (infer C)[] }
  ? C
  : S extends { type: "flag" }
    ? boolean
    : S extends { type: "text" }
      ? string
      : S extends { type: "integers" }
        ? readonly number[]
        : number;

/** The parsed values of a table. Options without a default that are not required may be undefined. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends { type: "flag" } | { default: unknown } | { required: true }
    ? Value<T[K]>
    : Value<T[K]> | undefined;
};

/** Values of options by name, as a program passes them. */
export type Options = Readonly<Record<string, number | string | boolean | readonly number[] | undefined>>;

/**
 * Parses `key=value,key=value,flag` by a table. Messages begin with `who`.
 * Errors (InputError): an unknown option (the message names the nearest), one given twice, a missing required one, a value of another
 * type or that is not among the choices.
 */
export function parseOptions<T extends OptionTable>(who: string, table: T, text: string): OptionValues<T> {
  const given = new Map<string, string>();
  for (const part of text.split(",").map((p) => p.trim())) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const key = at < 0 ? part : part.slice(0, at).trim();
    requireKnown(who, table, key);
    if (given.has(key)) throw new InputError(`${who}: option ${key} is given twice`);
    given.set(key, at < 0 ? "" : part.slice(at + 1).trim());
  }
  return complete(who, table, given);
}

/** Options from an object, checked by a table. Errors (InputError): those of `parseOptions`. */
export function checkedOptions<T extends OptionTable>(who: string, table: T, given: object = {}): OptionValues<T> {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [key] of present) requireKnown(who, table, key);
  return complete(who, table, new Map(present));
}

function requireKnown(who: string, table: OptionTable, key: string): void {
  if (Object.hasOwn(table, key)) return;
  const names = Object.keys(table);
  throw new InputError(`${who}: unknown option "${key}"; ${names.length ? suggestion(key, names) : "it has none"}`);
}

function complete<T extends OptionTable>(who: string, table: T, given: ReadonlyMap<string, unknown>): OptionValues<T> {
  const entries = Object.entries(table).map(([key, spec]) => [
    key,
    given.has(key) ? optionValue(`${who}: ${key}`, spec, given.get(key)) : absent(who, key, spec),
  ]);
  return Object.fromEntries(entries) as OptionValues<T>;
}

function absent(who: string, key: string, spec: OptionSpec): unknown {
  if (spec.type === "flag") return spec.default ?? false;
  if (spec.required) throw new InputError(`${who}: ${key} is required (${spec.description}); write ${who}:${key}=…`);
  return spec.default;
}

/** The value of an option: parsed from a text, or checked if a program passed a value. */
function optionValue(who: string, spec: OptionSpec, given: unknown): unknown {
  const found = readers[spec.type](given, spec);
  if (found !== undefined) return found;
  const got = given === "" ? "no value" : typeof given === "string" ? `"${given}"` : String(given);
  throw new InputError(`${who}: expected ${expected(spec)}, got ${got}`);
}

type Reader = (given: unknown, spec: OptionSpec) => unknown;

/** For each type of option: reads what was given, or returns undefined if it is not of that type. */
const readers: { readonly [T in OptionSpec["type"]]: Reader } = {
  number: (given) => finite(given),
  integer: (given) => integer(given),
  integers: (given) => {
    const parts = typeof given === "string" ? given.split(",") : Array.isArray(given) ? given : [given];
    const values = parts.map(integer);
    return values.includes(undefined) ? undefined : values;
  },
  choice: (given, spec) => ("choices" in spec && spec.choices.includes(String(given)) ? given : undefined),
  text: (given) => (given === "" || typeof given === "object" ? undefined : String(given)),
  flag: (given) => flags.get(String(given)),
};

const flags: ReadonlyMap<string, boolean> = new Map([
  ["", true],
  ["true", true],
  ["false", false],
]);

function finite(given: unknown): number | undefined {
  const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function integer(given: unknown): number | undefined {
  const value = finite(given);
  return Number.isInteger(value) ? value : undefined;
}

function expected(spec: OptionSpec): string {
  switch (spec.type) {
    case "flag":
      return "no value, true or false";
    case "choice":
      return spec.choices.join(" or ");
    case "number":
      return `a number (${spec.description})`;
    case "integer":
      return `an integer (${spec.description})`;
    case "integers":
      return `integers joined by commas (${spec.description})`;
    case "text":
      return `a text (${spec.description})`;
  }
}

/** Errors (InputError): a count that is given, by its option, and below 1. */
export function requireCounts(who: string, counts: Readonly<Record<string, number | undefined>>): void {
  requireAll(who, counts, (value) => value >= 1, "at least 1");
}

/** Errors (InputError): a number that is given, by its option, and not above 0. */
export function requirePositive(who: string, numbers: Readonly<Record<string, number | undefined>>): void {
  requireAll(who, numbers, (value) => value > 0, "a positive number");
}

function requireAll(
  who: string,
  given: Readonly<Record<string, number | undefined>>,
  fits: (value: number) => boolean,
  wanted: string,
): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || fits(value)) continue;
    throw new InputError(`${who}: ${name}: expected ${wanted}, got ${value}; leave it out for the default`);
  }
}

/** One line per option, for `--help`. */
export function describeOptions(table: OptionTable): string[] {
  return Object.entries(table).map(([key, spec]) => {
    const type = spec.type === "choice" ? spec.choices.join("|") : spec.type === "flag" ? "" : spec.type;
    const left = spec.type === "flag" ? key : `${key}=<${type}>`;
    const tail = spec.required ? "required" : "default" in spec ? `default ${spec.default}` : "";
    return `    ${left.padEnd(26)} ${spec.description}${tail && ` (${tail})`}`;
  });
}

/** Errors (TypeError): an option whose name is not in `names`; the message names the nearest. So a misspelt option is never ignored. */
export function requireOptionNames(who: string, options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  throw new TypeError(`${who}: unknown option "${unknown}"; ${suggestion(unknown, names)}`);
}
