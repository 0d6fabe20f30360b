import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ndarray, { type NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { fourierLoss, type TrainOptions } from "../../../priors/generator/index.ts";
import type { TrainSettings } from "../../../priors/generator/options.ts";
import { targetOf } from "../../../priors/generator/target.ts";
import { constant } from "../../../priors/signals.ts";
import { teach } from "../../../scripts/experiments/teach.ts";
import { ganTeacher } from "../../../scripts/experiments/teachers/gan.ts";
import { type MethodName, methodNames, teacherFrom } from "../../../scripts/experiments/teachers/index.ts";
import { augmented, kernelLoss } from "../../../scripts/experiments/teachers/mmd.ts";
import { trainTaught } from "../../../scripts/experiments/teachers/train.ts";
import { loadPrior } from "../../../src/cli/prior-folder.ts";
import { arrayDataset, type Dataset, InputError, openDataset, readRows } from "../../../src/data/index.ts";
import { stream } from "../../../src/data/random.ts";
import { compile } from "../../../src/engine/index.ts";
import { saveSketch } from "../../../src/sketch/files.ts";
import { designFor, frequencies, makeDesign, sketchDataset } from "../../../src/sketch/index.ts";
import { inProcess } from "../../cli/spawn.ts";

const test = suite("teachers");

/** More samples than one block of the kernel's. */
const COUNT = 5000;
const points = await readRows(await openDataset("ring"), 0, COUNT);
const ring = arrayDataset("points", points);
const sketchOf = async (law: "gaussian" | "folded-gaussian") =>
  sketchDataset(
    ring,
    await designFor(ring, { families: [{ kind: "fourier", law, m: 100 }, { kind: "second-moments" }] }),
  );
const sketch = await sketchOf("gaussian");
const toy = { latent: 4, hidden: [20, 20], batch: 100, steps: 40, learningRate: 0.02, seed: 3, validateEvery: 10 };
const train = (method: MethodName, options: TrainOptions = {}, data: Dataset = ring) =>
  trainTaught(sketch, teacherFrom(method, data, sketch.design), { ...toy, ...options });

const normal = (name: string, ...shape: number[]): NdArray<Float32Array> =>
  ndarray(stream(1, name).fillNormal(new Float32Array(shape.reduce((a, b) => a * b))), shape);
const ones = ndarray(Float32Array.of(1, 1), [2]);

/** Central differences of a function of float64 numbers. */
const slopes = (f: (x: Float64Array) => number, x: Float64Array, step = 1e-5): Float64Array =>
  x.map((_, i) => {
    const moved = (by: number) => f(x.map((v, j) => (j === i ? v + by : v)));
    return (moved(step) - moved(-step)) / (2 * step);
  });

const near = (got: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(got - expected) <= tolerance, `got ${got}, expected ${expected} ± ${tolerance}`);

test("the kernel loss and its gradient are those of the formula, over several blocks of samples", async () => {
  const [g, scales, b] = [normal("generated", 6, 2), [0.5, 2], 6];
  const kernel = (p: number, q: number) =>
    scales.reduce((sum, s) => sum + Math.exp(-(p * p + q * q) / (2 * s * s)) / scales.length, 0);
  const exact = (x: Float64Array) => {
    let loss = 0;
    for (let i = 0; i < b; i++) {
      const [p, q] = [x[2 * i]!, x[2 * i + 1]!];
      for (let j = 0; j < b; j++) if (j !== i) loss += kernel(p - x[2 * j]!, q - x[2 * j + 1]!) / (b * (b - 1));
      for (let j = 0; j < COUNT; j++) loss -= (2 * kernel(p - points.get(j, 0), q - points.get(j, 1))) / (b * COUNT);
    }
    return loss;
  };
  const samples = augmented(points, ones);
  const step = await compile((x: tf.Tensor) => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => kernelLoss(x, samples, scales) as tf.Scalar)(x);
    return { value, grad };
  }, g);
  const { value, grad } = await step.run(g);
  await step.dispose();
  const x = Float64Array.from(g.data);
  near(value.data[0]!, exact(x), 1e-5); // float32 exponents of up to about 30
  for (const [i, slope] of slopes(exact, x).entries()) near(grad.data[i]!, slope, 1e-5);
});

test("the sketch loss of many Gaussian frequencies is the kernel loss, but for the data's own term", async () => {
  const [m, scales] = [20_000, [0.3, 1]];
  const families = [
    { kind: "fourier" as const, draw: "independent" as const, scales, m },
    { kind: "second-moments" as const },
  ];
  const design = await makeDesign({ shape: [2], families });
  const { cos, sin } = await targetOf(await sketchDataset(ring, design));
  const omega = frequencies(design);
  const samples = augmented(points, ones);
  const both = await compile(
    (g: tf.Tensor) => {
      const sketched = fourierLoss(g, constant(omega), { cos: constant(cos), sin: constant(sin) });
      return { sketched, exact: kernelLoss(g, samples, scales) };
    },
    normal("generated", 200, 2),
  );
  const differences: number[] = [];
  for (const batch of [0, 1]) {
    const g = normal(`generated ${batch}`, 200, 2);
    const { sketched, exact } = await both.run(
      batch === 0
        ? g
        : ndarray(
            g.data.map((v) => 0.2 * v),
            g.shape,
          ),
    );
    differences.push(sketched.data[0]! - exact.data[0]!);
  }
  await both.dispose();
  // the own term, mean |z_X|², is the same for every batch; both are means over m frequencies: error 1/√m
  const own = cos.data.reduce((sum, c, j) => sum + (c * c + sin.data[j]! ** 2) / m, 0);
  for (const difference of differences) near(difference, own, 3 / Math.sqrt(m));
});

test("each teacher brings the network nearer to the data, by frequencies that it did not see", async () => {
  for (const method of methodNames) {
    const { validation } = await train(method, { steps: 400, hidden: [40, 40], learningRate: 0.005 });
    const [first, last] = [validation[0]!.loss, validation.at(-1)!.loss];
    assert.ok(last < first / 2, `${method}: from ${first} to ${last}`);
  }
});

/** A perceptron with relu and one output: its value and its gradient at u, in float64. */
function perceptron(weights: readonly NdArray<Float32Array>[], flat: Float64Array, u: readonly number[]) {
  const offsets = weights.map((_, i) => weights.slice(0, i).reduce((sum, { size }) => sum + size, 0));
  const layers = weights.map(({ size }, i) => flat.subarray(offsets[i]!, offsets[i]! + size));
  let [h, jacobian] = [[...u], u.map((_, i) => u.map((_, j) => Number(i === j)))]; // ∂h/∂uᵢ in row i
  for (let layer = 0; layer < layers.length; layer += 2) {
    const [w, bias] = [layers[layer]!, layers[layer + 1]!];
    const width = bias.length;
    const times = (row: readonly number[]) =>
      Array.from(bias, (_, j) => row.reduce((sum, v, i) => sum + v * w[i * width + j]!, 0));
    const next = times(h).map((v, j) => v + bias[j]!);
    const passes = next.map((v) => layer + 2 === layers.length || v > 0);
    const cut = (row: readonly number[]) => row.map((v, j) => (passes[j] ? v : 0));
    [h, jacobian] = [cut(next), jacobian.map((row) => cut(times(row)))];
  }
  return { value: h[0]!, slope: jacobian.map((row) => row[0]!) };
}

test("a discriminator's gradient is that of its game, the gradient penalty included", async () => {
  const network = { latent: 2, hidden: [3], activation: "tanh" as const, output: 2, linear: false };
  const settings = { batch: 5, seed: 1 } as TrainSettings;
  const teacher = ganTeacher({ network, settings }, points);
  const generated = [0.3, -0.4]; // by a network whose only weights are the last biases
  const weights = [[2, 3], [3], [3, 2], [2]].map((shape, i) =>
    ndarray(i === 3 ? Float32Array.from(generated) : new Float32Array(shape.reduce((a, b) => a * b)), shape),
  );
  const [real] = teacher.draws(0) as [NdArray<Float32Array>];
  const inputs = { parameters: [...weights, ...teacher.parameters], z: normal("z", 5, 2), real };
  const step = await compile(
    (given: { parameters: tf.Tensor[]; z: tf.Tensor; real: tf.Tensor }) =>
      teacher.gradients(given.parameters, given.z, [given.real]),
    inputs,
  );
  const { loss, gradients } = await step.run(inputs);
  await step.dispose();
  const softplus = (v: number) => Math.log1p(Math.exp(v));
  const start = Float64Array.from(teacher.parameters.flatMap(({ data }) => [...data]));
  const fake = (flat: Float64Array) => perceptron(teacher.parameters, flat, generated).value;
  const game = (flat: Float64Array) => {
    let sum = softplus(fake(flat));
    for (let i = 0; i < 5; i++) {
      const { value, slope } = perceptron(teacher.parameters, flat, [real.get(i, 0), real.get(i, 1)]);
      sum += (softplus(-value) + 0.05 * slope.reduce((squares, v) => squares + v * v, 0)) / 5;
    }
    return sum;
  };
  near(loss.data[0]!, softplus(-fake(start)), 1e-6);
  const gradient = Float64Array.from(gradients.slice(4).flatMap(({ data }) => [...data]));
  for (let trial = 0; trial < 5; trial++) {
    const direction = stream(trial, "direction").fillNormal(new Float64Array(start.length));
    const along = (t: Float64Array) => game(start.map((v, i) => v + t[0]! * direction[i]!));
    const expected = slopes(along, Float64Array.of(0), 1e-6)[0]!;
    const got = gradient.reduce((sum, v, i) => sum + v * direction[i]!, 0);
    near(got, expected, 1e-3 * Math.max(1, Math.abs(expected))); // float32 sums over 33 000 weights
  }
});

async function refused(of: Promise<unknown>, message: RegExp) {
  const error = await of.then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.instance(error, InputError);
  assert.match((error as Error).message, message);
}

test("teachers refuse what they cannot use", async () => {
  await refused(
    train("gan", {}, arrayDataset("cubes", normal("cubes", 9, 3))),
    /^teach: cubes has samples of shape \[3\], the sketch of \[2\]; give the data that were sketched/,
  );
  const folded = await sketchOf("folded-gaussian");
  await refused(
    trainTaught(folded, teacherFrom("mmd", ring, folded.design), toy),
    /^teach: mmd has the kernel of the law gaussian only, the sketch is of folded-gaussian/,
  );
});

test("the command teach writes a prior folder, or says what is wrong", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sketchprior-"));
  try {
    const experiment = (line: string) => inProcess(line.split(" "), { teach });
    const S = path.join(folder, "S.npz");
    await saveSketch(S, sketch);
    const network = "--hidden 8 --latent 2 --batch 20 --steps 3";
    const {
      code,
      stdout,
      stderr: said,
    } = await experiment(
      `teach ${S} --method mmd --data ring --limit 100 ${network} -o ${folder}/taught --json --quiet`,
    );
    assert.equal([code, said], [0, ""]);
    const { folder: wrote, method } = JSON.parse(stdout);
    assert.equal([wrote, method], [`${folder}/taught`, "mmd"]);
    const prior = await loadPrior(`${folder}/taught`);
    assert.ok(prior.kind === "generator");
    assert.equal([prior.shape, prior.latent], [[2], 2]);
    const X = path.join(folder, "X.npz");
    writeFileSync(X, "no sketch");
    assert.match((await experiment(`teach ${X} --method gan --data ring -o ${folder}/no`)).stderr, /^error: .*X\.npz/);
    const { stderr } = await experiment(`teach ${X} --method gna --data ring -o ${folder}/no`);
    assert.match(stderr, /^error: --method: unknown value "gna"; did you mean gan\?/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
