import { readdir, stat, unlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** Temporary files are called `.NAME.HOST.PID.COUNT.tmp`: who is writing them can be asked after. */
const host = os.hostname().replace(/[^\w-]/g, "_");
let count = 0;

/** A new name for the temporary file of a target, beside it. */
export const temporaryName = (file: string): string =>
  path.join(path.dirname(file), `.${path.basename(file)}.${host}.${process.pid}.${++count}.tmp`);

const swept = new Set<string>();

/**
 * Removes the temporary files that killed processes have left beside a target, once in the life of this process. A file goes
 * only when its writer is gone: a process of this machine that runs no more, or one that had this process's number before it. What
 * cannot be listed or removed stays.
 */
export async function sweepTemporaries(file: string): Promise<void> {
  const target = path.resolve(file);
  if (swept.has(target)) return;
  swept.add(target);
  const [folder, start] = [path.dirname(target), `.${path.basename(target)}.${host}.`];
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = name.startsWith(start) && /^(\d+)\.\d+\.tmp$/.exec(name.slice(start.length))?.[1];
    if (!pid) continue;
    const left = path.join(folder, name);
    const gone = Number(pid) === process.pid ? await isOlderThanThisProcess(left) : !isRunning(Number(pid));
    if (gone) await unlink(left).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks, sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"; // EPERM: another user's
  }
}

const isOlderThanThisProcess = async (file: string): Promise<boolean> => {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && found.mtimeMs < Date.now() - 1000 * process.uptime();
};
