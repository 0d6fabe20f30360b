import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InputError, oneLine } from "../../data/errors.ts";

/** What Slurm's queue says of one part, or of the merge. */
export type Queued = "running" | "waiting";

export interface Queue {
  readonly parts: ReadonlyMap<number, Queued>;
  readonly merge: Queued | undefined;
}

/** The jobs of a run: the lines `parts NUMBER` and `merge NUMBER` that submit.sh writes. */
export interface Jobs {
  readonly parts: readonly string[];
  readonly merge: readonly string[];
}

export function parseJobs(text: string): Jobs {
  const lines = text.split("\n").map((line) => line.split(" "));
  const of = (kind: string) => lines.filter(([name, job]) => name === kind && job).map(([, job]) => job!);
  return { parts: of("parts"), merge: of("merge") };
}

/**
 * Which tasks of the jobs are in the queue; undefined if there is no squeue here. Jobs that have ended leave the queue and are unknown after some minutes.
 * Errors (InputError): Slurm does not answer.
 */
export async function askQueue(jobs: Jobs): Promise<Queue | undefined> {
  const all = [...jobs.parts, ...jobs.merge];
  if (all.length === 0) return { parts: new Map(), merge: undefined };
  let stdout = "";
  try {
    ({ stdout } = await promisify(execFile)("squeue", ["-h", "-r", "-o", "%F %K %T", "-j", all.join(",")], {
      maxBuffer: 1 << 26,
    }));
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") return undefined;
    if (!stderr?.includes("Invalid job id")) throw new InputError(`squeue: ${oneLine(stderr || String(error))}`);
  }
  return parseQueue(stdout, jobs);
}

/** The lines `job, place in the array, state` of squeue. Of a part in two jobs the one that runs counts. */
export function parseQueue(text: string, jobs: Jobs): Queue {
  const parts = new Map<number, Queued>();
  let merge: Queued | undefined;
  for (const line of text.split("\n")) {
    const [job, place, state] = line.trim().split(/\s+/);
    if (job === undefined || state === undefined) continue;
    const queued = ["RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED"].includes(state) ? "running" : "waiting";
    if (jobs.merge.includes(job)) merge = queued;
    else if (jobs.parts.includes(job) && parts.get(Number(place)) !== "running") parts.set(Number(place), queued);
  }
  return { parts, merge };
}
