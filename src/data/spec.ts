import { InputError } from "./errors.ts";
import { suggestion } from "./nearest.ts";
import { describeOptions, type OptionTable, type OptionValues, parseOptions } from "./options.ts";

/** What specs and `--help` need from an entry of a registry. */
interface Described {
  /** One line for help texts. */
  readonly summary: string;
  readonly options: OptionTable;
}

/** A spec `name:key=value,key=value`, read by a registry. */
export interface Parsed<K> {
  readonly name: string;
  readonly kind: K;
  readonly values: OptionValues<OptionTable>;
  /** `name(key=value,key=value)`, with the options that the spec gives. */
  readonly title: string;
}

/**
 * Reads `name:key=value,key=value` by a registry; `what` names its entries in messages: "operator".
 * Errors (InputError): an unknown name or option (the message names the nearest), wrong values.
 */
export function parseSpec<K extends Described>(
  what: string,
  kinds: Readonly<Record<string, K>>,
  spec: string,
): Parsed<K> {
  const colon = spec.indexOf(":");
  const name = (colon < 0 ? spec : spec.slice(0, colon)).trim();
  const options = colon < 0 ? "" : spec.slice(colon + 1).trim(); // paths of files may contain spaces
  if (!Object.hasOwn(kinds, name)) {
    throw new InputError(`${what}: unknown ${what} "${name}"; ${suggestion(name, Object.keys(kinds))}`);
  }
  const kind = kinds[name]!;
  const values = parseOptions(name, kind.options, options);
  return { name, kind, values, title: options === "" ? name : `${name}(${options.replace(/\s*([=,])\s*/g, "$1")})` };
}

/** A heading, and below it the entries of a registry with their options, one line each, for `--help`. */
export function describeKinds(heading: string, kinds: Readonly<Record<string, Described>>): string {
  const width = Math.max(10, ...Object.keys(kinds).map((name) => name.length));
  const entries = Object.entries(kinds).flatMap(([name, { summary, options }]) => [
    `  ${name.padEnd(width)} ${summary}`,
    ...describeOptions(options),
  ]);
  return [heading, ...entries].join("\n");
}

/** Whether a part of a spec is the path of a user's module. */
export const isModule = (part: string): boolean => /\.(js|mjs|cjs)$/i.test(part);
