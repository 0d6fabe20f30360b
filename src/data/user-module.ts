import { InputError, messageOf, oneLine } from "./errors.ts";
import { fileExists, importFile } from "./files.ts";

/**
 * The default export of a user's ES module, or what that returns when it is a function, called with `context`. `what` names the thing that is
 * expected: "operator". Errors (InputError): no such file, a module that cannot be loaded, has no default export, or whose function throws.
 */
export async function moduleValue(file: string, what: string, context: object): Promise<unknown> {
  const one = /^[aeiou]/.test(what) ? "an" : "a";
  if (!(await fileExists(file)))
    throw new InputError(`${file}: no such file; ${one} ${what}'s module is given by its path`);
  const exported = await attempt(file, "cannot be loaded", () => importFile(file));
  if (exported.default === undefined) {
    throw new InputError(`${file}: has no default export; expected ${one} ${what}, or a function that returns one`);
  }
  const given = exported.default;
  return typeof given === "function" ? attempt(file, "its function failed", () => given(context)) : given;
}

/** What a task for a user's module returns. Errors (InputError): what it throws, in one line after the file and `what`. */
export async function attempt<T>(file: string, what: string, task: () => T | Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw new InputError(`${file}: ${what}: ${oneLine(messageOf(error))}`);
  }
}
