import { spawn } from "node:child_process";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { stream } from "../../src/data/random.ts";
import { short } from "../../src/report/table.ts";

/** The most memory that the sketch may take for any number of points of the plane, MB; and of images, whose pilot and PCA are larger. */
const LIMIT = 300;
const IMAGE_LIMIT = 750;
/** Numbers that are drawn and written at a time. */
const BLOCK = 2_000_000;

const root = path.resolve(import.meta.dirname, "../..");

/**
 * Peak resident memory and speed of the command `sketch` in a process of its own, on a file of points of the plane, or of images: `--shape 256,256 --features pca:50`;
 * with `--generated` of a pass over points that are drawn on the way.
 */
export async function memoryBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: "boolean", default: false },
      points: { type: "string", default: "10000000" },
      frequencies: { type: "string", default: "100" },
      shape: { type: "string", default: "2" },
      features: { type: "string", default: "raw" },
      generated: { type: "boolean", default: false },
    },
  });
  const [points, frequencies] = [Number(values.points), Number(values.frequencies)];
  const { shape, features } = values;
  const numbers = shape.split(",").reduce((product, n) => product * Number(n), 1);
  const limit = numbers > 2 ? IMAGE_LIMIT : LIMIT;
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-bench-"));
  try {
    const file = path.join(folder, "points.raw");
    if (!values.generated) await writeNormals(file, points * numbers);
    const megabytes = values.generated ? 0 : (await stat(file)).size / 1e6;
    const command = ["src/cli/main.ts", "sketch", file, "--shape", shape, "--features", features];
    const options = ["--frequencies", String(frequencies), "-o", path.join(folder, "X.npz"), "--quiet"];
    const { seconds, peak } = await told(
      values.generated ? ["scripts/bench/generated.ts", String(points), String(frequencies)] : [...command, ...options],
    );
    const rate = points / seconds;
    const result = { points, shape, features, frequencies, megabytes, peak, limit, seconds, rate };
    if (values.json) return JSON.stringify(result, null, 2);
    return [
      `file    ${points} points of ${numbers} numbers, ${short(megabytes)} MB`,
      `memory  ${short(peak)} MB resident at most, ${peak < limit ? "under" : "OVER"} ${limit} MB`,
      `speed   ${short(seconds)} s for ${frequencies} frequencies, ${short(rate)} points a second`,
    ].join("\n");
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes standard normal numbers as raw float32. */
async function writeNormals(file: string, count: number): Promise<void> {
  const handle = await open(file, "wx");
  for (let first = 0; first < count; first += BLOCK) {
    const block = new Float32Array(Math.min(BLOCK, count - first));
    await handle.write(new Uint8Array(stream(1, "bench points", first).fillNormal(block).buffer));
  }
  await handle.close();
}

/** Code that makes a process print its peak memory in kB when it ends. */
const TELL_PEAK = "process.once('exit', () => process.stderr.write('peak ' + process.resourceUsage().maxRSS))";

async function told(words: readonly string[]) {
  const imports = ["--import", "tsx", "--import", `data:text/javascript,${encodeURIComponent(TELL_PEAK)}`];
  const started = performance.now();
  const child = spawn(process.execPath, [...imports, ...words], {
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
