import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import type { LinearOperator } from "../../operators/operator.ts";
import { parseOperator } from "../../operators/registry.ts";
import { type GeneratorModel, generatorPrior } from "../../priors/generator/index.ts";
import { loadTrained } from "../../src/cli/prior-folder.ts";
import { fromHost } from "../../src/data/array.ts";
import { openDataset, readRows, stream, writeNpz } from "../../src/data/index.ts";
import { median } from "../../src/data/vector.ts";
import { configureEngine, engineSettings } from "../../src/engine/index.ts";
import { measure } from "../../src/measure/index.ts";
import { short, textTable } from "../../src/report/table.ts";
import { type CsgmOptions, csgm } from "../../src/solve/index.ts";
import { transposedMatrix } from "../../src/solve/operator-matrix.ts";

/** CSGM's settings for digits (Bora et al. 2017, quant_scripts/mnist_reconstruction.sh). */
const [SIGNALS, RESTARTS, STEPS, RATE, LAMBDA, NOISE_NORM] = [10, 10, "1000", 0.01, 0.1, 0.1];

const peer = path.join(import.meta.dirname, "../peers/csgm.py");

/** One way to recover the digits: seconds of every round, and the least objective of every digit. */
interface Row {
  readonly name: string;
  readonly seconds: number[];
  objectives: readonly number[];
}

type Ask = (words: string) => Promise<{ seconds: number; objectives: number[] }>;

/**
 * CSGM's setting, 10 digits × 10 restarts × 1000 Adam steps, here and by PyTorch, one after the other in every round: the same network, Φ, y and starts.
 * And our defaults, with starts and steps of their own. Medians of the rounds.
 */
export async function csgmBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: "boolean", default: false },
      prior: { type: "string", default: "vae" },
      python: { type: "string" },
      m: { type: "string", default: "100" },
      from: { type: "string", default: "0" },
      steps: { type: "string", default: STEPS },
      repeat: { type: "string", default: "3" },
      threads: { type: "string", default: String(engineSettings().threads) },
    },
  });
  const [from, repeat, threads] = [Number(values.from), Number(values.repeat), Number(values.threads)];
  configureEngine({ threads });
  const model = await networkOf(values.prior);
  const prior = generatorPrior(values.prior, model);
  const truth = await readRows(await openDataset("mnist:test"), from, from + SIGNALS);
  const operator = parseOperator(`gaussian:m=${values.m}`, prior.shape, 1);
  const { y, noise } = await measure(truth, operator, { noise: NOISE_NORM / Math.sqrt(Number(values.m)), seed: 1 });
  const rows = SIGNALS * RESTARTS;
  const z = fromHost(stream(1, "latent starts").fillNormal(new Float32Array(rows * prior.latent)), [
    rows,
    prior.latent,
  ]);
  const ours = async (options: CsgmOptions) => {
    const began = performance.now();
    const { objectives, steps } = await csgm({ operator, y, noise }, prior, { lambda: LAMBDA, ...options });
    return { seconds: (performance.now() - began) / 1000, objectives: [...objectives.data], steps };
  };
  const same: CsgmOptions = {
    ...{ steps: Number(values.steps), learningRate: RATE, tolerance: 0, starts: { perSignal: RESTARTS, z } },
    schedule: "constant",
  };
  const ways: Record<string, (ask: Ask) => Promise<{ seconds: number; objectives: number[] }>> = {
    "the same steps, ours": () => ours(same),
    "our defaults": () => ours({}),
  };
  if (values.python) {
    ways["PyTorch, eager"] = async (ask) => bestOf(await ask(`eager ${values.steps} ${RATE} ${LAMBDA}`));
    ways["PyTorch, compiled"] = async (ask) => bestOf(await ask(`compiled ${values.steps} ${RATE} ${LAMBDA}`));
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), "sketchprior-bench-"));
  let child: ChildProcess | undefined;
  const found: Row[] = Object.keys(ways).map((name) => ({ name, seconds: [], objectives: [] }));
  try {
    const file = path.join(folder, "problem.npz");
    await writeNpz(file, {
      arrays: {
        ...{ a: await transposedMatrix(operator as LinearOperator), y, z },
        signal: fromHost(
          Int32Array.from({ length: rows }, (_, row) => Math.floor(row / RESTARTS)),
          [rows],
        ),
        ...Object.fromEntries(model.weights.map((w, i) => [`${i % 2 ? "b" : "w"}${i >> 1}`, w])),
      },
      metadata: undefined,
    });
    if (values.python)
      child = spawn(values.python, [peer, file, String(threads)], { stdio: ["pipe", "pipe", "inherit"] });
    const ask = child ? asking(child) : undefined;
    for (let round = 0; round < repeat; round++) {
      for (const row of found) {
        const { seconds, objectives } = await ways[row.name]!(ask!);
        row.seconds.push(seconds);
        row.objectives = objectives;
        console.error(`${row.name}: ${short(seconds, 3)} s`);
      }
    }
  } finally {
    child?.stdin?.end();
    await rm(folder, { recursive: true });
  }
  const eager = found.find(({ name }) => name === "PyTorch, eager");
  const report = found.map(({ name, seconds, objectives }) => ({
    ...{ name, seconds: median(seconds), least: Math.min(...seconds) },
    ...(eager && { ratio: median(seconds.map((v, round) => v / eager.seconds[round]!)) }),
    objective: objectives.reduce((a, b) => a + b, 0) / SIGNALS,
    objectives,
  }));
  const about = { threads, load: os.loadavg()[0]!, cpu: os.cpus()[0]?.model.trim(), rounds: repeat };
  if (values.json) return JSON.stringify({ ...about, rows: report }, null, 2);
  const columns = ["", "median s", "least s", "of eager", "mean objective"];
  return `${about.cpu}, ${threads} threads, load ${short(about.load, 2)}, ${repeat} rounds\n\n${textTable(
    columns.map((title, i) => ({ title, align: i === 0 ? ("left" as const) : ("right" as const) })),
    report.map((r) => [r.name, short(r.seconds, 3), short(r.least, 3), short(r.ratio, 3), short(r.objective, 5)]),
  )}`;
}

/** Of the objectives of all restarts the least of every digit. */
const bestOf = ({ seconds, objectives }: Awaited<ReturnType<Ask>>) => ({
  seconds,
  objectives: Array.from({ length: SIGNALS }, (_, i) =>
    Math.min(...objectives.slice(i * RESTARTS, (i + 1) * RESTARTS)),
  ),
});

/** Lines to a process, and its answers. */
function asking({ stdin, stdout }: ChildProcess): Ask {
  const lines = createInterface({ input: stdout! })[Symbol.asyncIterator]();
  return async (words) => {
    stdin!.write(`${words}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("bench csgm: the peer ended; see its message above");
    return JSON.parse(value);
  };
}

/** A network as the peer computes it: softplus, and a sigmoid at the end. */
async function networkOf(folder: string): Promise<GeneratorModel> {
  const prior = await loadTrained(folder);
  const { model } = prior.trained as { model?: GeneratorModel };
  const { activation, sigmoid, linear, conv, labels } = model?.network ?? {};
  if (!model || activation !== "softplus" || !sigmoid || linear || conv || labels !== undefined) {
    throw new Error(`bench csgm: ${folder} is not what "npm run experiment -- vae mnist -o vae" makes`);
  }
  return model;
}
