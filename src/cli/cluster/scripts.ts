import path from "node:path";
import { InputError } from "../../data/errors.ts";
import { fileNameOf } from "../../data/files.ts";

/** What the scripts of a run are made of. */
export interface Scripted {
  /** Absolute: the folder of the run, the file or folder to write, and where relative paths of the command begin. */
  readonly folder: string;
  readonly out: string;
  readonly from: string;
  /** Node and its arguments up to the program: what the words of a command line follow. */
  readonly program: readonly string[];
  /** The command line of a part without --shard and -o. */
  readonly words: readonly string[];
  /** What a part is: a file of its own, which `merge` takes, or results in the folder of a comparison, whose task leaves an empty file to say that it is done. */
  readonly parts: "sketches" | "reconstructions" | "results";
  readonly shards: number;
  /** Most parts at once; as many as there are processors for if undefined. */
  readonly atOnce: number | undefined;
  /** How often a task tries again by itself. */
  readonly retries: number;
  /** Options of sbatch for both jobs, and lines of shell for both before anything runs. */
  readonly sbatch: string | undefined;
  readonly setup: string | undefined;
}

/** A word as bash reads it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The name of a part's file, of number `i`. */
export const partName = ({ parts }: Pick<Scripted, "parts">, i: string | number): string =>
  `part-${i}.${parts === "results" ? "done" : "npz"}`;

/** What is there when the merge is done. */
export const mergedFile = ({ parts, folder, out }: Pick<Scripted, "parts" | "folder" | "out">): string =>
  parts === "results" ? `${folder}/merged` : out;

/** The log `name` of a run as a line `#SBATCH --output=` reads it, where %a is the task's number. Errors (InputError): a folder that cannot be written there. */
function logLine(folder: string, name: string): string {
  if (/["\\\n]/.test(folder))
    throw new InputError(`${JSON.stringify(folder)}: a batch script cannot name it; rename the folder`);
  return `#SBATCH --output="${folder.replaceAll("%", "%%")}/logs/${name}.log"`;
}

const header = ({ folder, out, sbatch }: Scripted, job: string, log: string, ...more: string[]): string[] => [
  "#!/bin/bash",
  `#SBATCH --job-name=${fileNameOf(path.basename(out))}${job}`,
  ...more.map((option) => `#SBATCH ${option}`),
  logLine(folder, log),
  "#SBATCH --open-mode=append",
  "#SBATCH --requeue",
  ...(sbatch === undefined ? [] : [`#SBATCH ${sbatch}`]),
];

const prologue = ({ folder, setup, program }: Scripted): string[] => [
  `run=${quoted(folder)}`,
  ...(setup === undefined ? [] : [setup]),
  `node=${quoted(program[0]!)}`,
  `command -v "$node" >/dev/null || node=node # another place on this machine: that of PATH`,
  // What Slurm lends, which is not always all that the process could use.
  `[ -z "\${SLURM_CPUS_ON_NODE:-}" ] || export SKETCHPRIOR_THREADS="\${SKETCHPRIOR_THREADS:-$SLURM_CPUS_ON_NODE}"`,
];

const run = ({ program }: Scripted): string => ['"$node"', ...program.slice(1).map(quoted)].join(" ");

const tries = ({ retries }: Scripted): string => Array.from({ length: retries + 1 }, (_, i) => i + 1).join(" ");

/**
 * The task of an array job. It tries again inside the task, with node as its child: with `exec node` the batch system sees a killed node as the end of
 * the task, which then counts as failed.
 */
export function taskScript(plan: Scripted): string {
  const { shards, atOnce, from, out, parts, words } = plan;
  const into = parts === "results" ? `${quoted(out)} --resume && : > "$part"` : '"$part" --resume --force';
  const array = `--array=1-${shards}${atOnce === undefined ? "" : `%${atOnce}`}`;
  return `${[
    ...header(plan, "", "%a", array),
    `# Makes one of ${shards} parts: as a task of an array job, or by hand: bash task.sh NUMBER. A part that is there already is left alone.`,
    ...prologue(plan),
    `i=\${SLURM_ARRAY_TASK_ID:-\${1:?give the number of the part, 1 to ${shards}}}`,
    `part="$run/parts/${partName(plan, "$i")}"`,
    '[ ! -e "$part" ] || exit 0',
    `cd ${quoted(from)} || exit 1`,
    'hostname > "$run/started/$i"',
    `for try in ${tries(plan)}; do`,
    '  [ "$try" -lt 3 ] || sleep $((10 * (try - 2)))',
    `  ${run(plan)} ${words.map(quoted).join(" ")} --shard "$i/${shards}" -o ${into} && exit 0`,
    "  code=$?",
    `  echo "part $i: try $try of ${plan.retries + 1} ended with code $code on $(hostname)" >&2`,
    "done",
    'exit "$code"',
  ].join("\n")}\n`;
}

/** The merge. It looks for the parts itself, so it may run after the tasks ended in any way (`afterany`), and again. */
export function mergeScript(plan: Scripted): string {
  const { shards, out, from, parts, words } = plan;
  const merge =
    parts === "results"
      ? `(cd ${quoted(from)} && ${run(plan)} ${words.map(quoted).join(" ")} --merge -o "$out") && : > "$merged"`
      : `${run(plan)} merge "\${parts[@]}" -o "$out"`;
  return `${[
    ...header(plan, "-merge", "merge"),
    `# Merges ${shards} parts, all of which must be there. A merge whose output is there already is done.`,
    ...prologue(plan),
    `out=${quoted(out)} merged=${quoted(mergedFile(plan))}`,
    '[ ! -e "$merged" ] || exit 0',
    'cd "$run/parts" || exit 1',
    `for try in ${tries(plan)}; do`,
    '  [ "$try" -eq 1 ] || sleep 5 # a shared file system may show new files late',
    "  parts=() missing=()",
    `  for ((i = 1; i <= ${shards}; i++)); do`,
    `    if [ -e "${partName(plan, "$i")}" ]; then parts+=("${partName(plan, "$i")}"); else missing+=("$i"); fi`,
    "  done",
    `  [ "\${#missing[@]}" -eq 0 ] && ${merge} && exit 0`,
    "done",
    `[ "\${#missing[@]}" -eq 0 ] || echo "error: missing parts: \${missing[*]}; bash submit.sh makes them" >&2`,
    "exit 1",
  ].join("\n")}\n`;
}

/** Submits both jobs and keeps their numbers. */
export const submitScript = `#!/bin/bash
# Submits the parts and, after all of them, the merge. Run again, it does what is missing.
set -euo pipefail
cd "$(dirname "\${BASH_SOURCE[0]}")"
parts=$(sbatch --parsable task.sh)
echo "parts \${parts%%;*}" >> jobs
merge=$(sbatch --parsable --dependency="afterany:\${parts%%;*}" merge.sh)
echo "merge \${merge%%;*}" >> jobs
`;
