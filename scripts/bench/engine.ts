import os from "node:os";
import { parseArgs } from "node:util";
import * as tf from "#tf";
import { applyNetwork, initialWeights, type NetworkSpec } from "../../priors/generator/network.ts";
import { fromHost } from "../../src/data/array.ts";
import { stream } from "../../src/data/random.ts";
import { adamMoments, adamRate, adamUpdate } from "../../src/engine/adam.ts";
import { compile, type EngineName, engineSettings } from "../../src/engine/index.ts";
import { short, textTable } from "../../src/report/table.ts";

/** A training step: a network, m frequencies on its output, a batch of latents; gradient and Adam update inside. */
interface Size {
  readonly name: string;
  /** Layer sizes from the latent to the output. */
  readonly layers: readonly number[];
  readonly m: number;
  readonly batch: number;
}

const toy = { name: "toy", layers: [10, 10, 10, 10, 10, 10, 10, 10, 2], m: 10_000, batch: 1000 };
const digits = { name: "digits", layers: [20, 500, 500, 784], m: 4096, batch: 1000 };
const doubled = (size: Size): Size[] => [
  size,
  { ...size, m: size.m / 2 },
  { ...size, m: size.m * 2 },
  { ...size, batch: size.batch / 2 },
  { ...size, batch: size.batch * 2 },
];

interface Row extends Size {
  readonly engine: EngineName;
  /** Tracing and session start, s. */
  readonly start?: number;
  /** Milliseconds per step: median and least. */
  readonly median?: number;
  readonly least?: number;
  /** Of matrix products alone, at the median. */
  readonly gflops?: number;
  readonly failure?: string;
}

/** Eager steps slower than this are not repeated, s. */
const EAGER_BUDGET = 60;

/** The two training steps of docs/engine.md, each at twice and half the frequencies and batch, compiled and eager. */
export async function engineBench(words: readonly string[]): Promise<string> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      json: { type: "boolean", default: false },
      repeat: { type: "string", default: "10" },
      threads: { type: "string", default: String(engineSettings().threads) },
      eager: { type: "boolean", default: false },
    },
  });
  const [repeat, threads] = [Number(values.repeat), Number(values.threads)];
  const rows: Row[] = [];
  for (const size of [...doubled(toy), ...doubled(digits)]) rows.push(await measured(size, "onnx", repeat, threads));
  // Op by op one step takes up to minutes, so it is measured once, and only if asked for.
  if (values.eager) for (const size of [toy, digits]) rows.push(await measured(size, "tfjs", 1, threads));
  if (values.json) return JSON.stringify({ machine: machine(threads), rows }, null, 2);
  return `${machine(threads)}\n\n${table(rows)}`;
}

async function measured(size: Size, engine: EngineName, repeat: number, threads: number): Promise<Row> {
  const { layers, m, batch } = size;
  const [latent = 0, ...rest] = layers;
  const output = rest.at(-1)!;
  const spec: NetworkSpec = { latent, hidden: rest.slice(0, -1), output, activation: "leakyRelu", linear: false };
  const draw = (name: string, shape: readonly number[], scale: number) => {
    const values = stream(1, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)));
    return fromHost(
      values.map((v) => v * scale),
      shape,
    );
  };
  const weights = initialWeights(spec, 1);
  const state = { weights, moments: adamMoments(weights) };
  const inputs = { ...state, z: draw("z", [batch, latent], 1), rate: adamRate(1e-3, 0) };
  const omega = draw("omega", [output, m], 1 / Math.sqrt(output));
  const [cos, sin] = [draw("cos", [m], 0.1), draw("sin", [m], 0.1)];
  const step = ({ weights: ws, moments, z, rate }: Inputs) => {
    const loss = (...parameters: tf.Tensor[]) => {
      const phase = tf.matMul(applyNetwork(spec, parameters, z) as tf.Tensor2D, tf.tensor2d(omega.data, [output, m]));
      const r = tf.sub(tf.mean(tf.cos(phase), 0), tf.tensor1d(cos.data));
      const i = tf.sub(tf.mean(tf.sin(phase), 0), tf.tensor1d(sin.data));
      return tf.sum(tf.add(tf.square(r), tf.square(i))) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)([...ws]);
    const updated = adamUpdate(ws, grads, moments, rate);
    return { value: value as tf.Tensor, weights: updated.parameters, moments: updated.moments };
  };
  try {
    const from = performance.now();
    const compiled = await compile(step, inputs, { engine, threads });
    const start = (performance.now() - from) / 1000;
    const times: number[] = [];
    let { weights: ws, moments } = state;
    const warmUp = engine === "onnx" ? 2 : 0;
    for (let k = 0; k < warmUp + repeat; k++) {
      const began = performance.now();
      const result = await compiled.run({ ...inputs, weights: ws, moments, rate: adamRate(1e-3, k) });
      if (k >= warmUp) times.push(performance.now() - began);
      if (!Number.isFinite(result.value.data[0])) throw new Error("the loss is not finite");
      ({ weights: ws, moments } = result);
      if (times.reduce((a, b) => a + b, 0) > 1000 * EAGER_BUDGET) break;
    }
    await compiled.dispose();
    times.sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)]!;
    return { ...size, engine, start, median, least: times[0]!, gflops: flops(size) / (median * 1e6) };
  } catch (error) {
    return { ...size, engine, failure: error instanceof Error ? error.message : String(error) };
  }
}

interface Inputs {
  readonly weights: readonly tf.Tensor[];
  readonly moments: { readonly first: readonly tf.Tensor[]; readonly second: readonly tf.Tensor[] };
  readonly z: tf.Tensor;
  readonly rate: tf.Tensor;
}

/** Operations of the matrix products: forward, and twice that backward (none towards the latents or frequencies). */
function flops({ layers, m, batch }: Size): number {
  const products = layers.slice(1).map((n, i) => 2 * batch * layers[i]! * n);
  const sketch = 2 * batch * layers.at(-1)! * m;
  return products.reduce((sum, p, i) => sum + (i === 0 ? 2 : 3) * p, 0) + 2 * sketch;
}

const machine = (threads: number): string =>
  `${os.cpus()[0]?.model.trim()}, ${threads} threads, node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}`;

function table(rows: readonly Row[]): string {
  const columns = ["step", "m", "batch", "engine", "start s", "median ms", "least ms", "GFLOP/s"];
  return textTable(
    columns.map((title, i) => ({ title, align: i === 0 || i === 3 ? ("left" as const) : ("right" as const) })),
    rows.map((r) => [
      ...[r.name, String(r.m), String(r.batch), r.engine],
      ...(r.failure ? [r.failure] : [short(r.start, 3), short(r.median, 4), short(r.least, 4), short(r.gflops, 3)]),
    ]),
  );
}
