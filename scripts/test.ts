import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";

/**
 * The whole test command: types, lint, README, then every test file in a process of its own, as many at once as there are processors. At
 * the end it names the files that took most seconds of a processor, and shows again what failed.
 * uvu exits 0 if a file never calls run() and if hooks swallow failures. So its counts are read and checked here: a file fails unless it
 * has at least one test and all that ran passed (uvu's total leaves skipped tests out; a file may skip all that it has).
 * `npm test -- WORD …` runs only the test files whose path contains one of the words, and none of those that follow a `!`.
 */
interface Outcome {
  readonly title: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** Of the processor, children included; NaN if the process was killed. */
  readonly cpu: number;
  readonly output: string;
}

const root = path.resolve(import.meta.dirname, "..");
/** Files that take longest begin first, so that no processor waits for the last one. */
const LONG = ["scripts/demo", "solve/patch", "solve/penalised/"];
const workers = Math.max(1, os.availableParallelism());

/**
 * Every file has a processor to itself, so ONNX Runtime gets one thread: several would wait for each other in loops, which took twice
 * the seconds of a processor. Tests of several threads ask for them.
 */
const environment = { SKETCHPRIOR_THREADS: "1", ...process.env, FORCE_COLOR: "0" };
const reporter = pathToFileURL(path.join(import.meta.dirname, "cpu-seconds.js")).href;

/** Runs Node with these arguments, always the same Node that runs this script, whatever is on PATH. */
function execute(args: readonly string[]): Promise<{ code: number; output: string; seconds: number; cpu: number }> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--import", reporter, ...args], {
      ...{ cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe", "pipe"] },
    });
    let [output, cpu] = ["", ""];
    (child.stdio[3] as Readable).on("data", (chunk: Buffer) => {
      cpu += chunk.toString();
    });
    const take = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.on("error", (error) => take(Buffer.from(String(error))));
    child.on("close", (code) =>
      resolve({ code: code ?? 1, output, seconds: (performance.now() - started) / 1000, cpu: Number.parseFloat(cpu) }),
    );
  });
}

async function check(title: string, args: readonly string[]): Promise<Outcome> {
  const { code, ...rest } = await execute(args);
  return { title, passed: Number(code === 0), failed: Number(code !== 0), skipped: 0, ...rest };
}

async function testFile(file: string): Promise<Outcome> {
  const { code, output, ...took } = await execute(["--import", "tsx", file]);
  const title = path.relative(root, file);
  const count = (label: string) => Number(new RegExp(`^\\s*${label}:\\s+(\\d+)`, "m").exec(output)?.[1] ?? 0);
  const [total, passed, skipped] = [count("Total"), count("Passed"), count("Skipped")];
  const silent = !/\.run\(\)/.test(readFileSync(file, "utf8")) || total + skipped === 0;
  const failed = silent ? 1 : Math.max(total - passed, code === 0 ? 0 : 1);
  const reason = silent ? `${title}: ran no test; does it call .run()?\n` : "";
  return { title, passed, failed, skipped, ...took, output: reason + output };
}

const isLong = (name: string): boolean => LONG.some((word) => name.includes(word));

function testFiles(): string[] {
  const given = process.argv.slice(2);
  const words = given.filter((word) => !word.startsWith("!"));
  const left = given.filter((word) => word.startsWith("!")).map((word) => word.slice(1));
  return readdirSync(path.join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .filter((name) => !left.some((word) => name.includes(word)))
    .sort((a, b) => Number(isLong(b)) - Number(isLong(a)) || (a < b ? -1 : 1))
    .map((name) => path.join(root, "test", name));
}

function report(outcome: Outcome): void {
  const mark = outcome.failed > 0 ? "FAIL" : "ok  ";
  const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : "";
  console.log(`${mark} ${outcome.title} (${outcome.passed} passed${skipped}, ${outcome.seconds.toFixed(1)} s)`);
  if (outcome.failed > 0 || outcome.skipped > 0) console.log(outcome.output.trimEnd());
}

const whole = process.argv.length === 2;
const jobs: (() => Promise<Outcome>)[] = [
  ...(whole
    ? [
        () => check("types", ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json"]),
        () => check("lint", ["--import", "tsx", "scripts/lint.ts"]),
        ...["README.md", "docs/measurements.md"].map(
          (file) => () => check(`${file} code`, ["--import", "tsx", "scripts/readme.ts", file]),
        ),
      ]
    : []),
  ...testFiles().map((file) => () => testFile(file)),
];

const outcomes: Outcome[] = [];
const worker = async (): Promise<void> => {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const outcome = await job();
    outcomes.push(outcome);
    report(outcome);
  }
};
await Promise.all(Array.from({ length: workers }, worker));

const slowest = outcomes.filter((o) => o.cpu > 0).sort((a, b) => b.cpu - a.cpu);
if (slowest.length > 1) console.log("Most seconds of a processor:");
for (const { title, cpu } of slowest.slice(0, 10)) console.log(`${cpu.toFixed(1).padStart(6)}  ${title}`);

// A log of which only the end is kept still says what failed.
for (const { title, output, failed } of outcomes) {
  if (failed > 0) console.log(`Failed: ${title}\n${output.trimEnd().split("\n").slice(-40).join("\n")}`);
}

const sum = (key: "passed" | "failed" | "skipped") => outcomes.reduce((n, o) => n + o[key], 0);
if (outcomes.length === 0) console.log("no test file matches");
const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
process.exitCode = sum("failed") > 0 || outcomes.length === 0 ? 1 : 0;
console.log(`Node ${process.versions.node}`);
console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped}`);
