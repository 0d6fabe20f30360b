import { InputError } from "./errors.ts";
import { suggestion } from "./nearest.ts";

/** One option of an operator, a penalty, a noise model or a solver, as specs, options objects and `--help` see it. */
export type OptionSpec = {
  readonly description: string;
  /** Left out without a default: the option is absent, or refused where `required`. */
  readonly required?: boolean;
} & (
  | { readonly type: "number"; readonly default?: number }
  | { readonly type: "integer"; readonly default?: number }
  | { readonly type: "choice"; readonly choices: readonly string[]; readonly default?: string }
  | { readonly type: "flag" }
);

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type Value<S> = S extends { type: "choice"; choices: readonly (infer C)[] }
  ? C
  : S extends { type: "flag" }
    ? boolean
    : number;

/** The parsed values of a table: those without default, not required, may be undefined. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends { type: "flag" } | { default: unknown } | { required: true }
    ? Value<T[K]>
    : Value<T[K]> | undefined;
};

/**
 * Parses `key=value,key=value,flag` by a table. `who` begins the messages.
 * Errors (InputError): an unknown option (with the nearest), one given twice, a missing required one, a value of another
 * type or that is not among the choices.
 */
export function parseOptions<T extends OptionTable>(who: string, table: T, text: string): OptionValues<T> {
  const given = new Map<string, string | undefined>();
  for (const part of text.split(",").map((p) => p.trim())) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const key = at < 0 ? part : part.slice(0, at).trim();
    if (!Object.hasOwn(table, key)) {
      const names = Object.keys(table);
      throw new InputError(`${who}: unknown option "${key}"; ${names.length ? suggestion(key, names) : "it has none"}`);
    }
    if (given.has(key)) throw new InputError(`${who}: option ${key} is given twice`);
    given.set(key, at < 0 ? undefined : part.slice(at + 1).trim());
  }
  const entries = Object.entries(table).map(([key, spec]) => [
    key,
    given.has(key) ? parseValue(`${who}: ${key}`, spec, given.get(key)) : absent(who, key, spec),
  ]);
  return Object.fromEntries(entries) as OptionValues<T>;
}

function absent(who: string, key: string, spec: OptionSpec): unknown {
  if (spec.type === "flag") return false;
  if (spec.required) throw new InputError(`${who}: ${key} is required (${spec.description}); write ${who}:${key}=…`);
  return spec.default;
}

function parseValue(who: string, spec: OptionSpec, text: string | undefined): unknown {
  if (spec.type === "flag") {
    if (text === undefined || text === "true" || text === "false") return text !== "false";
    throw new InputError(`${who}: expected no value, true or false, got "${text}"`);
  }
  if (spec.type === "choice") {
    if (text !== undefined && spec.choices.includes(text)) return text;
    throw new InputError(`${who}: expected ${spec.choices.join(" or ")}, got ${quoted(text)}`);
  }
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  const kind = spec.type === "integer" ? "an integer" : "a number";
  if (Number.isFinite(value) && (spec.type === "number" || Number.isInteger(value))) return value;
  throw new InputError(`${who}: expected ${kind} (${spec.description}), got ${quoted(text)}`);
}

const quoted = (text: string | undefined): string => (text === undefined ? "no value" : `"${text}"`);

/** One line an option, for `--help`. */
export function describeOptions(table: OptionTable): string[] {
  return Object.entries(table).map(([key, spec]) => {
    const type = spec.type === "choice" ? spec.choices.join("|") : spec.type === "flag" ? "" : spec.type;
    const left = spec.type === "flag" ? key : `${key}=<${type}>`;
    const tail = spec.required ? "required" : "default" in spec ? `default ${spec.default}` : "";
    return `    ${left.padEnd(26)} ${spec.description}${tail && ` (${tail})`}`;
  });
}

/** Values of options by name, as programs give them. */
export type Options = Readonly<Record<string, number | string | boolean | undefined>>;

/**
 * Options from an object, checked by a table as `parseOptions` checks those of a spec. Errors (InputError): as there.
 */
export function checkedOptions<T extends OptionTable>(who: string, table: T, given: Options = {}): OptionValues<T> {
  const text = Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => (value === true ? key : `${key}=${value}`));
  return parseOptions(who, table, text.join(","));
}
