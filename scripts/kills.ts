import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { defineCommand } from "../src/cli/command.ts";
import { runCommandLine } from "../src/cli/run.ts";
import { type Random, stream } from "../src/data/random.ts";

/** Runs of `sketchprior` are processes of their own: only these can be killed. */
const program = ["--import", import.meta.resolve("tsx"), path.resolve(import.meta.dirname, "../src/cli/main.ts")];

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.on("close", (code) => resolve(code)));

/** What the kills hit. */
export interface Kills {
  /** Before the first checkpoint, between the first and the result, and after the end, when there was nothing to kill any more. */
  readonly before: number;
  readonly during: number;
  readonly after: number;
}

/** When a file appears, or the process has ended. */
async function appeared(file: string, child: ChildProcess): Promise<void> {
  while (!existsSync(file) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
}

/**
 * Runs `sketch ...words`, kills it with SIGKILL at a random moment, resumes it, and compares the bytes of the result with those of an undisturbed run; `kills` times. The moments
 * are uniform in the time that the undisturbed run takes; those of every second kill in the time after its first checkpoint. Throws if any differ, if a resumed run fails, or if other files are left over.
 */
export async function killRepeatedly(
  folder: string,
  words: readonly string[],
  kills: number,
  random: Random,
): Promise<Kills> {
  const run = (out: string, ...more: string[]) => {
    const line = [...program, "sketch", ...words, "--checkpoint-every", "0", "--quiet", "-o", out, ...more];
    return spawn(process.execPath, line, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  };
  const at = (file: string) => path.join(folder, file);
  const finished = async (child: ChildProcess) => {
    const code = await ended(child);
    if (code !== 0) throw new Error(`kills: a run ended with code ${code}`);
  };
  const started = performance.now();
  const undisturbed = run("whole.npz");
  const done = finished(undisturbed);
  await appeared(at("whole.checkpoint.npz"), undisturbed);
  const begun = performance.now();
  await done;
  const [time, inPass] = [performance.now() - started, performance.now() - begun];
  const whole = readFileSync(at("whole.npz"));
  const files = readdirSync(folder).length;
  const hit = { before: 0, during: 0, after: 0 };
  for (let kill = 0; kill < kills; kill++) {
    const child = run("X.npz");
    const end = ended(child);
    if (kill % 2 === 1) await appeared(at("X.checkpoint.npz"), child);
    const timer = setTimeout(() => child.kill("SIGKILL"), random.uniform() * (kill % 2 === 1 ? inPass : time));
    const code = await end;
    clearTimeout(timer);
    if (code !== null && code !== 0) throw new Error(`kills: a run ended with code ${code}`);
    hit[code === 0 ? "after" : existsSync(at("X.checkpoint.npz")) ? "during" : "before"]++;
    if (existsSync(at("X.npz")) && !whole.equals(readFileSync(at("X.npz"))))
      throw new Error("kills: a part of a result");
    if (!existsSync(at("X.npz"))) await finished(run("X.npz", "--resume"));
    if (!whole.equals(readFileSync(at("X.npz")))) throw new Error(`kills: kill ${kill + 1} changed the result`);
    rmSync(at("X.npz"));
    rmSync(at("X.checkpoint.npz"), { force: true });
    const left = readdirSync(folder);
    if (left.length !== files) throw new Error(`kills: left over: ${left.join(", ")}`);
  }
  return hit;
}

/** A pass of many short blocks and two families. */
const WORDS = "gmm6 --limit 40000 --frequencies 500 --scale 0.05,0.5 --block 512".split(" ");

const kills = defineCommand({
  usage: "kills",
  description: "Kill a sketch at random moments, resume it, and compare the result with that of an undisturbed run.",
  examples: [["npm run kills -- --kills 100", "says how many kills hit which part, or fails"]],
  options: (y) =>
    y.option("kills", { type: "number", requiresArg: true, default: 100, describe: "how many times it is killed" }),
  run: async (args) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-kills-"));
    try {
      const hit = await killRepeatedly(folder, WORDS, args.kills, stream(args.seed, "kills"));
      const text = `${args.kills} times killed, ${args.kills} times the same bytes: ${hit.before} kills before the first checkpoint, ${hit.during} after it, ${hit.after} too late`;
      return { text, data: { kills: args.kills, ...hit } };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  process.exitCode = await runCommandLine(["kills", ...process.argv.slice(2)], process, { kills });
}
