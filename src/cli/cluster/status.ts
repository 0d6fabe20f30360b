import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { readPlan } from "./plan.ts";
import { askQueue, parseJobs } from "./queue.ts";
import { mergedFile, partName } from "./scripts.ts";

/** What has become of a run. */
export interface Status {
  readonly shards: number;
  readonly out: string;
  readonly done: readonly number[];
  readonly running: readonly number[];
  /** In the queue, or not submitted yet. */
  readonly waiting: readonly number[];
  /** Begun or submitted, not done, and not in the queue any more. */
  readonly failed: readonly number[];
  readonly merge: "done" | "running" | "waiting" | "failed";
  /** An estimate of the seconds until the last part is done, the number of tasks at once as now; undefined if nothing runs. */
  readonly secondsLeft: number | undefined;
  /** Whether Slurm's queue could be asked; without it a part that has begun counts as running. */
  readonly asked: boolean;
}

/** What is known of a running part: seconds since it began, and the fraction that its log says is done (NaN if it says nothing yet). */
export interface Running {
  readonly seconds: number;
  readonly fraction: number;
}

/**
 * Seconds until the last part is done. A part takes the mean of those that are done, or else what the fractions of the running ones promise; what is left of all of them is
 * shared by as many tasks as run now. Undefined if nothing runs or nothing is known.
 */
export function timeLeft(
  finished: readonly number[],
  running: readonly Running[],
  waiting: number,
): number | undefined {
  const promised = running.filter(({ fraction }) => fraction > 0).map(({ seconds, fraction }) => seconds / fraction);
  const known = finished.length > 0 ? finished : promised;
  if (running.length === 0 || known.length === 0) return undefined;
  const whole = known.reduce((sum, seconds) => sum + seconds, 0) / known.length;
  const rests = running.map(({ seconds, fraction }) =>
    fraction > 0 ? (seconds * (1 - fraction)) / fraction : Math.max(0, whole - seconds),
  );
  const work = rests.reduce((sum, rest) => sum + rest, 0) + waiting * whole;
  return Math.max(...rests, work / running.length);
}

/** The fraction that the last line `label: i of n, …` of a log says is done; NaN without one. */
export function fractionIn(log: string): number {
  const [, step, steps] = [...log.matchAll(/: (\d+) of (\d+)/g)].at(-1) ?? [];
  return Number(step) / Number(steps);
}

/** What the log of a part, or of `merge`, says went wrong: its last error, or else its last line. */
export async function faultIn(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(path.join(folder, `logs/${name}.log`), "utf8").catch(() => "");
  const lines = text.trim().split("\n");
  return lines.findLast((line) => line.startsWith("error: "))?.slice("error: ".length) ?? (lines.at(-1) || undefined);
}

const modified = (file: string): Promise<number> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs / 1000,
    () => Number.NaN,
  );

/** Looks at the folder of a run and, if there is one, at Slurm's queue. Errors (InputError): no folder of a run; Slurm does not answer. */
export async function statusOf(folder: string): Promise<Status> {
  const plan = await readPlan(folder);
  const { shards, out } = plan;
  const jobs = parseJobs(await readFile(path.join(folder, "jobs"), "utf8").catch(() => ""));
  const queue = await askQueue(jobs);
  const names = new Set(await readdir(path.join(folder, "parts")));
  const started = new Set(await readdir(path.join(folder, "started")));
  const state = (part: number) => {
    if (names.has(partName(plan, part))) return "done";
    const queued = queue?.parts.get(part);
    if (queued) return queued;
    const begun = started.has(String(part));
    if (jobs.parts.length === 0 || !queue) return begun ? "running" : "waiting"; // by hand, or out of sight
    return "failed";
  };
  const all = Array.from({ length: shards }, (_, i) => i + 1);
  const states = all.map(state);
  const of = (wanted: string) => all.filter((_, i) => states[i] === wanted);
  const [done, running, waiting, failed] = ["done", "running", "waiting", "failed"].map(of);
  const begun = (part: number) => modified(path.join(folder, `started/${part}`));
  const finished = await Promise.all(
    done!.map(async (part) => (await modified(path.join(folder, "parts", partName(plan, part)))) - (await begun(part))),
  );
  const now = Date.now() / 1000;
  const runs = await Promise.all(
    running!.map(async (part) => {
      const log = await readFile(path.join(folder, `logs/${part}.log`), "utf8").catch(() => "");
      const since = await begun(part);
      return { seconds: Number.isNaN(since) ? 0 : Math.max(0, now - since), fraction: fractionIn(log) };
    }),
  );
  const written = !Number.isNaN(await modified(mergedFile({ ...plan, folder })));
  const given = jobs.merge.length > 0 && queue;
  return {
    ...{ shards, out, done: done!, running: running!, waiting: waiting!, failed: failed! },
    merge: written ? "done" : (queue?.merge ?? (given ? "failed" : "waiting")),
    secondsLeft: timeLeft(finished.filter(Number.isFinite), runs, waiting!.length),
    asked: queue !== undefined,
  };
}
