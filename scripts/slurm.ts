import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** The daemons; Debian's packages slurmctld, slurmd, slurm-client and munge have them. */
const DAEMONS = ["munged", "slurmctld", "slurmd"] as const;
const NODES = ["one", "two"] as const;
/** Set for a node's daemon, and so for what it starts: it tells whose process one is. */
const NODE_NAME = "SKETCHPRIOR_SLURM_NODE";

/** Where distributions put daemons is not always on the PATH of a user. */
const searched = `${process.env.PATH}:/usr/sbin:/sbin`;
const found = (name: string): string | undefined =>
  searched
    .split(":")
    .map((folder) => path.join(folder, name))
    .find(existsSync);

/** What is missing for a Slurm on this machine; undefined if nothing is. */
export const slurmLacks = (): string | undefined =>
  [...DAEMONS, "sbatch", "squeue", "scontrol"].find((name) => !found(name));

/** A Slurm of two nodes, each with one processor, on this machine's loopback. */
export interface Slurm {
  /** The environment in which sbatch and squeue speak with it. */
  readonly env: NodeJS.ProcessEnv;
  /** Kills a node and all that runs on it, as a power cut does. */
  loseNode(name: (typeof NODES)[number]): void;
  /** Ends every daemon and every job. */
  stop(): void;
}

/** The processes whose environment has all of these `NAME=value`. */
function processesWith(...entries: string[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
        return entries.every((entry) => environment.includes(entry));
      } catch {
        return false; // ended meanwhile, or of another user
      }
    })
    .map(Number);
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {} // ended meanwhile
  }
}

/** Ports that are free now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.on("error", reject).listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * The configuration. No accounting, no cgroups, no PMIx. `cred_expire` is how long a requeued job waits, 120 s by default and 5 at least; a node that is silent for SlurmdTimeout is lost.
 * NoInAddrAny binds to loopback alone.
 */
const configuration = (folder: string, [control, ...ports]: readonly number[]): string => {
  const user = os.userInfo().username;
  return `ClusterName=sketchprior
SlurmctldHost=localhost
SlurmctldPort=${control}
SlurmUser=${user}
SlurmdUser=${user}
AuthInfo=socket=${folder}/munge.socket,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/%n
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/%n.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SlurmdTimeout=5
KillWait=2
${NODES.map((name, i) => `NodeName=${name} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[i]} CPUs=1\n`).join("")}PartitionName=all Nodes=ALL Default=YES
`;
};

/** Repeats `ready` until it is true. Errors: it is not within `seconds`; the message says what was waited for. */
export async function until(what: string, ready: () => boolean, seconds = 60): Promise<void> {
  for (const end = Date.now() + 1000 * seconds; !ready(); ) {
    if (Date.now() > end) throw new Error(`slurm: waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Starts a Slurm and waits until its nodes are idle. Errors: packages are missing; a daemon does not start (the message ends with its log). */
export async function startSlurm(): Promise<Slurm> {
  const lacks = slurmLacks();
  if (lacks) throw new Error(`slurm: no ${lacks} here; install slurmctld, slurmd, slurm-client and munge`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "slurm-"));
  const config = path.join(folder, "slurm.conf");
  mkdirSync(path.join(folder, "state"));
  writeFileSync(path.join(folder, "munge.key"), randomBytes(128), { mode: 0o600 });
  writeFileSync(config, configuration(folder, await freePorts(1 + NODES.length)));
  const { SKETCHPRIOR_THREADS: _, ...inherited } = process.env; // that of the lent processors is tried
  const env = { ...inherited, PATH: searched, SLURM_CONF: config };
  const log = path.join(folder, "daemons.log");
  const daemons: ChildProcess[] = [];
  const start = (name: (typeof DAEMONS)[number], words: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const output = openSync(log, "a");
    daemons.push(
      spawn(found(name)!, words, { cwd: folder, env: { ...env, ...more }, stdio: ["ignore", output, output] }),
    );
    closeSync(output);
  };
  const stop = () => {
    process.off("exit", stop);
    // A daemon that is killed starts nothing more; what others have started meanwhile is found the next time.
    for (
      let left = processesWith(`SLURM_CONF=${config}`);
      left.length > 0;
      left = processesWith(`SLURM_CONF=${config}`)
    )
      kill(left);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.on("exit", stop);
  const munge = (file: string) => path.join(folder, `munge.${file}`);
  try {
    start("munged", [
      ...["--foreground", "--force", `--socket=${munge("socket")}`, `--key-file=${munge("key")}`],
      ...[`--pid-file=${munge("pid")}`, `--seed-file=${munge("seed")}`, `--log-file=${munge("log")}`],
    ]);
    await until("munged", () => existsSync(munge("socket")));
    start("slurmctld", ["-D", "-c"]);
    for (const name of NODES) start("slurmd", ["-D", "-N", name], { [NODE_NAME]: name });
    await until("idle nodes", () => {
      const ended = daemons.find(({ exitCode }) => exitCode !== null);
      if (ended) throw new Error(`slurm: ${ended.spawnfile} ended`);
      const { stdout } = spawnSync(found("sinfo")!, ["-h", "-N", "-o", "%T"], { env, encoding: "utf8" });
      return stdout.split("\n").filter((state) => state === "idle").length === NODES.length;
    });
  } catch (error) {
    const said = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").slice(-5).join("; ") : "";
    stop();
    throw new Error(`${(error as Error).message}: ${said}`);
  }
  return {
    env,
    loseNode: (name) => {
      const ours = `SLURM_CONF=${config}`;
      kill(processesWith(ours, `${NODE_NAME}=${name}`)); // its daemon and those of its jobs first
      kill(processesWith(ours, `SLURMD_NODENAME=${name}`));
    },
    stop,
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [command = "bash", ...words] = process.argv.slice(2);
  const slurm = await startSlurm();
  process.on("SIGINT", () => {}).on("SIGTERM", () => {}); // the command gets them too; its end is ours
  const child = spawn(command, words, { env: slurm.env, stdio: "inherit" });
  process.exitCode = await new Promise<number>((resolve) =>
    child.on("error", () => resolve(127)).on("close", (code) => resolve(code ?? 1)),
  );
  slurm.stop();
}
