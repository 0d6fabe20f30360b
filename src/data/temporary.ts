import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { readdir, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { murmur128 } from "./murmur.ts";

/**
 * Temporary files are called `.NAME.PLACE.PID.TOKEN.tmp`. PLACE identifies this boot of the machine and the space of process numbers;
 * every container has its own. PID identifies the writer only within the same PLACE. TOKEN is random, so no two writers share a name.
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

/** A new name for a temporary file beside a target. */
export const temporaryName = (file: string): string =>
  path.join(
    path.dirname(file),
    `.${path.basename(file)}.${place}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`,
  );

/** No write takes this long. An older file was left by a writer that has ended, wherever it ran. */
const LEFT_AFTER_MS = 24 * 3600 * 1000;

const swept = new Set<string>();

/**
 * Removes the temporary files that killed processes left beside a target; this process does so once for each target. A file is removed
 * only if its writer has certainly ended: a process of this place that no longer runs, or any writer after a day. Files that cannot be
 * listed or removed stay.
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
    process.kill(pid, 0); // signal 0 only asks whether the process runs
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"; // EPERM: a process of another user, which runs
  }
}

async function isOld(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && found.mtimeMs < Date.now() - LEFT_AFTER_MS;
}
