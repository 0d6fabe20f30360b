import { chmod, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { InputError } from "../../data/errors.ts";
import { writeAtomic } from "../../data/files.ts";
import { mergeScript, type Scripted, submitScript, taskScript } from "./scripts.ts";

const FORMAT = "sketchprior-cluster";

/** What a run's folder says of it, beside its scripts. */
export interface Plan {
  readonly format: typeof FORMAT;
  readonly version: 2;
  readonly shards: number;
  readonly out: string;
  /** What the parts are. */
  readonly parts: Scripted["parts"];
  /** The command line of a part without --shard and -o. */
  readonly words: readonly string[];
}

/** The folder of the run that writes `out`: X.cluster beside X.npz, or beside the folder X. */
export const folderFor = (out: string): string => `${path.resolve(out).replace(/\.npz$/i, "")}.cluster`;

/** Writes the scripts of a run, its plan, and the folders that its tasks write in. */
export async function writePlan(scripted: Scripted): Promise<void> {
  const { folder, shards, out, parts, words } = scripted;
  const scripts = { "task.sh": taskScript(scripted), "merge.sh": mergeScript(scripted), "submit.sh": submitScript };
  for (const name of ["parts", "started", "logs"]) await mkdir(path.join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(scripts)) {
    await writeAtomic(path.join(folder, name), text);
    await chmod(path.join(folder, name), 0o755);
  }
  const plan: Plan = { format: FORMAT, version: 2, shards, out, parts, words };
  await writeAtomic(path.join(folder, "plan.json"), `${JSON.stringify(plan, null, 2)}\n`);
}

/** The plan of a run. Errors (InputError): the folder is none. */
export async function readPlan(folder: string): Promise<Plan> {
  const file = path.join(folder, "plan.json");
  const text = await readFile(file, "utf8").catch(() => {
    throw new InputError(
      `${folder}: is no folder of a run, it has no plan.json; cluster slurm writes one, X.cluster beside X.npz`,
    );
  });
  try {
    const plan = JSON.parse(text);
    if (plan.format === FORMAT && plan.version === 2) return plan;
  } catch {}
  throw new InputError(`${file}: is no plan of this version; cluster slurm … --force writes it again`);
}
