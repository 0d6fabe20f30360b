import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import * as assert from "uvu/assert";
import type { AnyCommand } from "../../src/cli/command.ts";
import { runCommandLine } from "../../src/cli/run.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const root = path.resolve(import.meta.dirname, "../..");
export const program = ["--import", import.meta.resolve("tsx"), path.join(root, "src/cli/main.ts")];

/** Runs the command line in a process of its own, in `cwd`; Ctrl-C is sent after `interruptAfter` seconds. */
export function sketchprior(
  cwd: string,
  words: readonly string[],
  { interruptAfter }: { readonly interruptAfter?: number } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [...program, ...words], {
    ...{ cwd, stdio: ["ignore", "pipe", "pipe"] as const },
    env: { ...process.env, FORCE_COLOR: "0" },
  });
  if (interruptAfter !== undefined) setTimeout(() => child.kill("SIGINT"), 1000 * interruptAfter);
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

/** The same in this process, which costs a tenth of the time; paths are relative to `process.cwd()`. `known`: commands of a script. */
export async function inProcess(words: readonly string[], known?: Record<string, AnyCommand>): Promise<Ended> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) =>
    new Writable({
      write: (chunk, _, done) => {
        written[name] += chunk;
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await runCommandLine(words, { stdout: stream("stdout"), stderr: stream("stderr") }, known);
  return { code, ...written };
}

/** What `--help` of a command prints, in this process: yargs writes it with console.log. Nothing may go to console.error. */
export async function helpOf(name: string): Promise<string> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = (text: string) => lines.push(text);
  console.error = (text: string) => lines.push(`stderr: ${text}`);
  try {
    const { code, stdout, stderr } = await inProcess([name, "--help"]);
    assert.equal({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" }, name);
    return lines.join("\n");
  } finally {
    Object.assign(console, { log, error });
  }
}

/** A new empty folder. */
export const scratch = (): string => mkdtempSync(path.join(os.tmpdir(), "sketchprior-cli-"));

/** Every file under a folder, hidden and temporary ones included. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

/** One command line, words parted by blanks, in this process. */
export const run = (line: string) => inProcess(line.split(" "));

/** The JSON that a command line answers; it must succeed and say nothing on stderr. */
export async function ok(line: string) {
  const { code, stdout, stderr } = await run(`${line} --json --quiet`);
  assert.equal([code, stderr], [0, ""], line);
  return JSON.parse(stdout);
}

/** A command line that must be refused: code 1, nothing on stdout, the message, and no file of the present folder made or removed. */
export async function refused(line: string, message: RegExp): Promise<void> {
  const before = filesIn(process.cwd());
  const { code, stdout, stderr } = await run(line);
  assert.equal([code, stdout], [1, ""], line);
  assert.match(stderr, message);
  assert.equal(filesIn(process.cwd()), before);
}
