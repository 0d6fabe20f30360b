import os from "node:os";
import { parseArgs } from "node:util";
import ndarray from "ndarray";
import { setUp } from "../../priors/generator/setup.ts";
import type { AdamState } from "../../priors/generator/step.ts";
import { stepper } from "../../priors/generator/stepper.ts";
import { arrayDataset, stream } from "../../src/data/index.ts";
import { adamMoments } from "../../src/engine/adam.ts";
import { configureEngine, engineSettings } from "../../src/engine/index.ts";
import { short, textTable } from "../../src/report/table.ts";
import { type DrawName, makeDesign, sketchDataset } from "../../src/sketch/index.ts";

/** Training steps as `trainGenerator` makes them: latents, sketch loss, gradient, Adam; the sketch is of normal draws. */
const sizes = {
  toy: { hidden: [10, 10, 10, 10, 10, 10, 10], latent: 10, output: 2, m: 10_000, batch: 1000 },
  digits: { hidden: [500, 500], latent: 20, output: 784, m: 4096, batch: 1000 },
} as const;

/** Training steps in product and independent frequencies; `scripts/peers/step.py` makes the same with PyTorch. */
export async function stepBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: "boolean", default: false },
      repeat: { type: "string", default: "7" },
      threads: { type: "string", default: String(engineSettings().threads) },
    },
  });
  const threads = Number(values.threads);
  configureEngine({ threads });
  const rows = [];
  for (const name of Object.keys(sizes) as (keyof typeof sizes)[]) {
    for (const draw of ["product", "independent"] as const) {
      const times = await measured(name, draw, Number(values.repeat));
      rows.push({ step: name, draw, m: sizes[name].m, least: times[0]!, median: times[times.length >> 1]! });
    }
  }
  if (values.json) return JSON.stringify({ threads, rows }, null, 2);
  const titles = ["step", "frequencies", "m", "median ms", "least ms"];
  const table = textTable(
    titles.map((title, i) => ({ title, align: i < 2 ? ("left" as const) : ("right" as const) })),
    rows.map((r) => [r.step, r.draw, String(r.m), short(r.median, 3), short(r.least, 3)]),
  );
  const machine = `${os.cpus()[0]?.model.trim()}, ${threads} threads, node ${process.versions.node}`;
  return `${machine}, load ${os.loadavg()[0]!.toFixed(1)}\n\n${table}`;
}

/** Milliseconds of a step, of `repeat` calls of many steps each, sorted. */
async function measured(name: keyof typeof sizes, draw: DrawName, repeat: number): Promise<number[]> {
  const { hidden, latent, output, m, batch } = sizes[name];
  const points = ndarray(stream(1, "bench").fillNormal(new Float32Array(2000 * output)), [2000, output]);
  const fourier = { kind: "fourier", draw, scales: [Math.sqrt(output)], m } as const;
  const design = await makeDesign({ shape: [output], families: [fourier, { kind: "second-moments" }] });
  const sketch = await sketchDataset(arrayDataset("points", points), design);
  const options = { hidden, latent, batch, linear: false, momentWeight: 0, validation: 0, steps: 1e6 };
  const setup = await setUp(sketch, { ...options, activation: "leakyRelu", learningRate: 1e-3 });
  const steps = await stepper(setup);
  let state: AdamState = { weights: setup.weights, moments: adamMoments(setup.weights) };
  const times: number[] = [];
  const warmUp = 2; // calls of one and of a few steps
  for (let call = 0, index = 0; call < warmUp + repeat; call++) {
    const from = performance.now();
    const { losses, ...next } = await steps.run(state, index, 50);
    if (call >= warmUp) times.push((performance.now() - from) / losses.length);
    state = next;
    index += losses.length;
  }
  await steps.dispose();
  return times.sort((a, b) => a - b);
}
