/**
 * A fault in the user's input (a file, a name, an option), not in the program.
 * The message is one clear line. The command line prints it after `error: `, without a stack trace.
 */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** A message of several lines joined into one. */
export const oneLine = (message: string): string => message.trim().replace(/\s*\n\s*/g, " ");

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
