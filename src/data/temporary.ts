import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { readdir, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { murmur128 } from "./murmur.ts";

/**
 * Temporary files are called `.NAME.PLACE.PID.TOKEN.tmp`. PLACE stands for this boot of this machine and its process numbers,
 * which a container has of its own: only there PID says who is writing. TOKEN is random, so that no two writers share a name.
 */
const place = placeOf();

function placeOf(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
    return murmur128(boot + readlinkSync("/proc/self/ns/pid"))
      .slice(0, 2)
      .map((word) => word.toString(16).padStart(8, "0"))
      .join("");
  } catch {
    return "unknown"; // not Linux
  }
}

/** A new name for the temporary file of a target, beside it. */
export const temporaryName = (file: string): string =>
  path.join(
    path.dirname(file),
    `.${path.basename(file)}.${place}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`,
  );

/** No write takes so long: what is older was left by a writer that is gone, wherever it ran. */
const LEFT_AFTER_MS = 24 * 3600 * 1000;

const swept = new Set<string>();

/**
 * Removes the temporary files that killed processes have left beside a target, once in the life of this process. A file goes
 * only when its writer is surely gone: a process of this place that runs no more, or any writer after a day. What cannot be
 * listed or removed stays.
 */
export async function sweepTemporaries(file: string): Promise<void> {
  const target = path.resolve(file);
  if (swept.has(target)) return;
  swept.add(target);
  const [folder, start] = [path.dirname(target), `.${path.basename(target)}.`];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start)) continue;
    const [, where, pid] = /^([\w-]+)\.(\d+)\.\w+\.tmp$/.exec(name.slice(start.length)) ?? [];
    if (pid === undefined) continue;
    const left = path.join(folder, name);
    const dead = where === place && place !== "unknown" && !isRunning(Number(pid));
    if (dead || (await isOld(left))) await unlink(left).catch(() => {});
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

async function isOld(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && found.mtimeMs < Date.now() - LEFT_AFTER_MS;
}
