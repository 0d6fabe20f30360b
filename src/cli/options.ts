import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../data/errors.ts";

/** The option -o of commands that write a file or a folder. */
export const outOption = (what: string) =>
  ({ alias: "o", type: "string", demandOption: true, requiresArg: true, describe: what }) as const;

/** The two ends of --range, undefined for `none`. Errors: anything but two numbers, the smaller first. */
export function parseRange(text: string): readonly [number, number] | undefined {
  if (text === "none") return undefined;
  const [low = Number.NaN, high = Number.NaN, ...more] = numberList("range", text);
  if (low < high && more.length === 0) return [low, high];
  throw new InputError(`--range: expected two numbers, the smaller first, such as 0,1, or none; got "${text}"`);
}

/** The value of --lambda: a positive number, or auto; undefined if it is not given. Errors: anything else, said of `option`. */
export function parseLambda(text: string | undefined, option = "--lambda"): number | "auto" | undefined {
  if (text === undefined || text === "auto") return text;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InputError(`${option}: expected a positive number or auto, got ${text}`);
}

/**
 * Checks before long work that a file can be written: its folder must exist, it must not be a folder, and without `force` there must be
 * no file of its name. `instead` tells the user what else can be done. Errors (InputError).
 */
export async function requireWritable(file: string, force: boolean | undefined, instead = ""): Promise<void> {
  const folder = path.dirname(file);
  const kind = async (name: string) => stat(name).catch(() => undefined);
  if (!(await kind(folder))?.isDirectory()) {
    throw new InputError(`${file}: cannot be written, there is no folder ${folder}; make it first`);
  }
  const found = await kind(file);
  if (found?.isDirectory()) throw new InputError(`${file}: cannot be written, it is a folder`);
  if (found && !force) throw new InputError(`${file}: exists already; ${instead}give --force to replace it`);
}

/**
 * Checks before long work that a folder can be made: nothing else may have its name, its parent must exist, and without `force` it must
 * be empty. `instead` tells the user what else can be done. Errors (InputError).
 */
export async function requireFolder(folder: string, force: boolean | undefined, instead = ""): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found && !found.isDirectory()) throw new InputError(`${folder}: is a file, expected a folder to write in`);
  if (!found) await requireWritable(path.resolve(folder), force);
  else if (!force && (await readdir(folder)).length > 0) {
    throw new InputError(
      `${folder}: is not empty; name another folder, ${instead}or give --force to replace what sketchprior wrote there`,
    );
  }
}

/** Errors (InputError): one of these options is given; `why` says why it may not be, and what to do. */
export function requireAbsent<Name extends string>(
  args: { readonly [N in Name]?: unknown },
  names: readonly Name[],
  why: string,
): void {
  const given = names.find((name) => args[name] !== undefined);
  if (given !== undefined) throw new InputError(`--${given}: ${why}`);
}

/** Errors (InputError): the value of an option is not an integer of at least `least`. */
export function requireInteger(option: string, value: number, least = 1): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new InputError(`--${option}: expected an integer of at least ${least}, got ${value}`);
}

/** Errors (InputError): the value of an option is not a number of at least 0. */
export function requireNonNegative(option: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new InputError(`--${option}: expected a number of at least 0, got ${value}`);
}

/** The numbers of a comma-separated option. */
export function numberList(option: string, text: string): number[] {
  return text.split(",").map((part) => {
    const value = part.trim() === "" ? Number.NaN : Number(part);
    if (Number.isFinite(value)) return value;
    throw new InputError(`--${option}: expected numbers separated by commas, got "${text}"`);
  });
}
