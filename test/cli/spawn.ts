import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const root = path.resolve(import.meta.dirname, "../..");
export const program = ["--import", import.meta.resolve("tsx"), path.join(root, "src/cli/main.ts")];

/** Runs the command line in a process of its own, in `cwd`; `interruptWhen` sends SIGINT once stderr or stdout match. */
export function sketchprior(cwd: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...program, ...words], {
    ...{ cwd, stdio: ["ignore", "pipe", "pipe"] as const },
    env: { ...process.env, FORCE_COLOR: "0", ...env },
  });
  return new Promise((resolve) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A new empty folder. */
export const scratch = (): string => mkdtempSync(path.join(os.tmpdir(), "sketchprior-cli-"));

/** Every file under a folder, hidden and temporary ones included. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
