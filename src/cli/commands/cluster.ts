import path from "node:path";
import { sharedWords } from "../cluster/words.ts";
import { defineCommand, type Outcome } from "../command.ts";
import { UsageError } from "../parse.ts";
import { duration } from "../progress.ts";
import { factLines } from "../text.ts";

const actions = ["slurm", "status"] as const;

export const cluster = defineCommand({
  usage: "cluster <action> [command..]",
  description: "Share a sketch, a recovery or a comparison out to the nodes of a cluster.",
  examples: [
    [
      "sketchprior cluster slurm sketch mnist -o X.npz --shards 64",
      "the folder X.cluster: an array job of 64 parts, and the job that merges them into X.npz",
    ],
    [
      'sketchprior cluster slurm sketch a.npy -o X.npz --shards 64 --submit --sbatch "--time=1:00:00 --mem=4G" --setup "module load nodejs"',
      "the same, submitted; options of sbatch and lines of shell for every task",
    ],
    [
      "sketchprior cluster slurm reconstruct y.npz --prior prior/ --batch 50 -o xhat.npz --shards 20 --submit",
      "signals in batches of 50, whole batches in each of 20 parts",
    ],
    [
      "sketchprior cluster slurm compare mnist:test --prior prior/ --operator gaussian:m=10,25,50 -o report/ --shards 12",
      "results, each of one method on one problem, in 12 parts",
    ],
    ["sketchprior cluster status X.cluster", "parts done, running, waiting and failed, with the time left"],
  ],
  details: async () =>
    "After the words cluster slurm comes the command line of one machine; --shards and the other options may stand anywhere in it. The design of a sketch is learned here, " +
    "unless --design gives one. Recoveries and comparisons take one thread a task, unless --threads is given. The folder must be where every node sees it. A killed task is tried again by itself, a lost node's task by Slurm; after whatever else went wrong " +
    "`bash X.cluster/submit.sh` makes only what is missing. --force replaces the folder. See docs/scale.md.",
  literal: ["sbatch", "setup"],
  options: (y) =>
    y
      .strict(false) // options of the shared command, which has a parser of its own
      .positional("action", { type: "string", demandOption: true, choices: actions, describe: "what to do" })
      .positional("command", {
        ...{ type: "string", array: true },
        describe: "slurm: a command line of sketch, reconstruct or compare; status: the folder",
      })
      .option("shards", { type: "number", requiresArg: true, describe: "how many parts, each a task of the array job" })
      .option("at-once", {
        ...{ type: "number", requiresArg: true, defaultDescription: "all" },
        describe: "most tasks that run at the same time",
      })
      .option("retries", {
        ...{ type: "number", requiresArg: true, defaultDescription: "2" },
        describe: "how often a failed task tries again by itself",
      })
      .option("sbatch", { type: "string", requiresArg: true, describe: "options of sbatch, for both jobs" })
      .option("setup", { type: "string", requiresArg: true, describe: "shell to run first in every task" })
      .option("submit", { type: "boolean", describe: "submit the jobs, too" }),
  run: async (args, context) => {
    const [, action, ...words] = sharedWords(context.words);
    if (action === "status") return status(words);
    const { writeSlurm } = await import("../cluster/slurm.ts");
    const { folder, out, shards, design, submitted } = await writeSlurm(words, args, context);
    const shown = path.relative("", folder);
    return {
      text: factLines({
        wrote: `${shown}: task.sh, ${shards} parts; merge.sh, which writes ${path.relative("", out)}${design ? "; design.npz" : ""}`,
        next: submitted ? `sketchprior cluster status ${shown}` : `bash ${shown}/submit.sh`,
      }),
      data: { folder, out, shards, submitted },
    };
  },
});

async function status(words: readonly string[]): Promise<Outcome> {
  const [folder, ...more] = words;
  if (folder === undefined || more.length > 0) {
    throw new UsageError(`cluster status: expected one folder, got ${words.length === 0 ? "none" : words.join(" ")}`);
  }
  const { faultIn, statusOf } = await import("../cluster/status.ts");
  const found = await statusOf(folder);
  const { shards, out, done, running, waiting, failed, merge, secondsLeft, asked } = found;
  const counts = { running, waiting, failed };
  const others = Object.entries(counts).flatMap(([name, { length }]) => (length > 0 ? [`${length} ${name}`] : []));
  const [first] = failed;
  const log = first === undefined ? "merge" : String(first);
  const said = await faultIn(folder, log);
  const submit = `bash ${path.join(folder, "submit.sh")} makes what is missing`;
  const because = `${path.join(folder, `logs/${log}.log`)} says: ${said ?? "nothing"}`;
  const fault =
    first !== undefined
      ? `${failed.length === 1 ? `part ${first}` : `parts ${failed.join(", ")}`} failed; ${because}; ${submit}`
      : merge === "failed"
        ? `the merge failed; ${because}; ${submit}`
        : undefined;
  return {
    text: factLines({
      parts: [`${done.length} of ${shards} done`, ...others].join(", "),
      merge: merge === "done" ? `done: ${out}` : merge,
      left: secondsLeft === undefined ? undefined : `about ${duration(secondsLeft)}`,
      queue: asked ? undefined : "no squeue here: parts that have begun count as running",
    }),
    data: { folder, ...found },
    ...(fault !== undefined && { fault }),
  };
}
