import { spawn } from "node:child_process";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { stream } from "../../src/data/random.ts";
import { short } from "../../src/report/table.ts";

/** The most memory that the sketch may take for any number of points, MB. */
const LIMIT = 300;
/** Points that are drawn and written at a time. */
const BLOCK = 1_000_000;

const root = path.resolve(import.meta.dirname, "../..");

/** Peak resident memory and speed of the command `sketch` in a process of its own, on a file of points of the plane. */
export async function memoryBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: "boolean", default: false },
      points: { type: "string", default: "10000000" },
      frequencies: { type: "string", default: "100" },
    },
  });
  const [points, frequencies] = [Number(values.points), Number(values.frequencies)];
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-bench-"));
  try {
    const file = path.join(folder, "points.raw");
    await writePoints(file, points);
    const megabytes = (await stat(file)).size / 1e6;
    const { seconds, peak } = await sketch(file, folder, frequencies);
    const rate = points / seconds;
    const result = { points, frequencies, megabytes, peak, limit: LIMIT, seconds, rate };
    if (values.json) return JSON.stringify(result, null, 2);
    return [
      `file    ${points} points, ${short(megabytes)} MB`,
      `memory  ${short(peak)} MB resident at most, ${peak < LIMIT ? "under" : "OVER"} ${LIMIT} MB`,
      `speed   ${short(seconds)} s for ${frequencies} frequencies, ${short(rate / 1e6)} million points a second`,
    ].join("\n");
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes standard normal points of the plane as raw float32 numbers. */
async function writePoints(file: string, points: number): Promise<void> {
  const handle = await open(file, "wx");
  for (let first = 0; first < points; first += BLOCK) {
    const block = new Float32Array(2 * Math.min(BLOCK, points - first));
    await handle.write(new Uint8Array(stream(1, "bench points", first).fillNormal(block).buffer));
  }
  await handle.close();
}

/** Code that makes a process print its peak memory in kB when it ends. */
const TELL_PEAK = "process.once('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))";

async function sketch(file: string, folder: string, frequencies: number) {
  const main = path.join(root, "src/cli/main.ts");
  const options = ["--shape", "2", "--frequencies", String(frequencies), "-o", path.join(folder, "X.npz"), "--quiet"];
  const imports = ["--import", "tsx", "--import", `data:text/javascript,${encodeURIComponent(TELL_PEAK)}`];
  const started = performance.now();
  const child = spawn(process.execPath, [...imports, main, "sketch", file, ...options], {
    ...{ cwd: root, stdio: ["ignore", "ignore", "pipe"] },
  });
  let said = "";
  child.stderr!.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  const peak = Number(/peak (\d+)$/.exec(said)?.[1]) / 1000;
  if (code !== 0 || !(peak > 0)) throw new Error(`bench memory: the sketch ended with ${code}: ${said}`);
  return { seconds: (performance.now() - started) / 1000, peak };
}
