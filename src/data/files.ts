import { type FileHandle, open, readFile, rename, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { InputError, messageOf } from "./errors.ts";
import { sweepTemporaries, temporaryName } from "./temporary.ts";

/** Reads a whole file. Errors (InputError): it cannot be read; the message names the path and what to check. */
export async function readFileOrExplain(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: unknown) => {
    throw explained(file, error);
  });
}

/** The size of a file in bytes, with the errors of `readFileOrExplain`. */
export async function fileSize(file: string): Promise<number> {
  const found = await stat(file).catch((error: unknown) => {
    throw explained(file, error);
  });
  if (!found.isFile()) throw new InputError(`${file}: is not a file; give the path of a file`);
  return found.size;
}

/** Whether there is a file or folder of this name. */
export const fileExists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Whether there is a folder of this name. */
export const isFolder = (name: string): Promise<boolean> =>
  stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** A text as a part of a file's name: letters, digits, underscores, dots and dashes alone, at most 100 of them. */
export const fileNameOf = (text: string): string => text.replace(/[^\w.]+/g, "-").slice(0, 100);

/** Removes a file, if there is one. */
export const removeFile = (file: string): Promise<void> => unlink(file).catch(() => {});

/** The exports of one of the user's ES modules. */
export const importFile = (file: string): Promise<Record<string, unknown>> =>
  import(pathToFileURL(path.resolve(file)).href);

/** One clear line for a failed read. */
export function explained(file: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new InputError(`${file}: no such file; check the path (looked in ${path.resolve(path.dirname(file))})`);
  }
  if (code === "EISDIR") return new InputError(`${file}: is not a file; give the path of a file`);
  if (code === "EACCES") return new InputError(`${file}: may not be read; check its permissions`);
  return new InputError(`${file}: cannot be read, ${messageOf(error)}`);
}

/**
 * Writes a file so that it holds either the old content or the whole new one, never a part. The bytes go to a temporary file beside it
 * and are flushed to the disk. Then the temporary file is renamed. If anything fails (disk full, no permission), the old file is
 * untouched, the temporary one is removed, and an InputError says why. Temporary files that killed processes left beside the same target
 * are removed too.
 */
export async function writeAtomic(file: string, bytes: Uint8Array | string): Promise<void> {
  await sweepTemporaries(file);
  const temporary = temporaryName(file);
  let handle: FileHandle | undefined;
  let made = false;
  try {
    handle = await open(temporary, "wx");
    made = true;
    await handle.writeFile(bytes);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, file);
  } catch (error) {
    await handle?.close().catch(() => {});
    if (made) await unlink(temporary).catch(() => {}); // else another writer owns it
    throw unwritable(file, error);
  }
}

/** One clear line for a failed write. */
export function unwritable(file: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException)?.code;
  const folder = path.dirname(file);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new InputError(`${file}: cannot be written, there is no folder ${folder}; make it first`);
  }
  if (code === "ENOSPC") return new InputError(`${file}: cannot be written, the disk is full`);
  if (code === "EFBIG")
    return new InputError(`${file}: cannot be written, it is larger than files may be here (ulimit -f)`);
  if (code === "EDQUOT") return new InputError(`${file}: cannot be written, the quota of the disk is used up`);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new InputError(`${file}: cannot be written, no permission to write in ${folder}`);
  }
  if (code === "EISDIR") return new InputError(`${file}: cannot be written, it is a folder`);
  return new InputError(`${file}: cannot be written, ${messageOf(error)}`);
}
