import { readFile } from "node:fs/promises";
import path from "node:path";
import type { NdArray } from "ndarray";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as tf from "#tf";
import { fromHost } from "../../src/data/array.ts";
import { readNpz } from "../../src/data/npz-file.ts";
import { once } from "../../src/data/once.ts";
import { openForeign } from "../../src/engine/foreign.ts";
import { compile } from "../../src/engine/index.ts";
import { decodeOnnx, onnxFunction } from "../../src/engine/onnx-import/index.ts";
import { ofShapes, operators } from "../../src/engine/onnx-import/operators/index.ts";
import { cases } from "./onnx-import/cases.ts";
import { type Given, ints, modelOf, type NodeCase, numbersFor } from "./onnx-import/model.ts";

const test = suite("networks of other programs");
const FIXTURES = path.join(import.meta.dirname, "../fixtures/onnx");

type Signals = NdArray<Float32Array>;
const nowhere = async (name: string) =>
  assert.unreachable(`nothing is beside the model, ${name} was asked for`) as never;
const titleOf = ({ op, inputs, attributes, opset }: NodeCase) =>
  `${op} ${JSON.stringify(inputs.map((input) => input && ("given" in input ? input.given : input.stored)))} ${JSON.stringify(attributes ?? {})}${opset ? ` opset ${opset}` : ""}`;
const isGiven = (input: Given): input is { readonly given: readonly number[] } => input !== null && "given" in input;

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const difference = (a: Signals, b: Signals) =>
  a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i]!)), 0);
const largest = (a: Signals) => a.data.reduce((most, v) => Math.max(most, Math.abs(v)), 1);

test("every operator that can be read has a case", () => {
  const tried = new Set(cases.map(({ op }) => op));
  assert.equal(
    [...Object.keys(operators), ...Object.keys(ofShapes)].filter((op) => !tried.has(op)),
    [],
  );
});

/** By name: inputs, and the weights of the outputs in a sum whose gradient is checked. */
interface Tried {
  readonly node: NodeCase;
  readonly bytes: Uint8Array;
  readonly inputs: Readonly<Record<string, Signals>>;
  /** What ONNX Runtime computes of other inputs. */
  run(inputs: Readonly<Record<string, Signals>>): Promise<Readonly<Record<string, Signals>>>;
  readonly theirs: Readonly<Record<string, Signals>>;
  readonly weights: Readonly<Record<string, Signals>>;
}

const mapped = <A, B>(record: Readonly<Record<string, A>>, f: (value: A, name: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));

async function triedIn(node: NodeCase): Promise<Tried> {
  const bytes = modelOf(node);
  const inputs = Object.fromEntries(
    node.inputs.flatMap((input, i) =>
      isGiven(input) ? [[`in${i}`, fromHost(numbersFor(input.given, `${node.op} ${i}`), input.given)] as const] : [],
    ),
  );
  const foreign = await openForeign(bytes);
  const theirs = await foreign.run(inputs);
  const weights = mapped(theirs, ({ shape }, name) => fromHost(numbersFor(shape, `w ${name}`), shape));
  return { node, bytes, inputs, run: foreign.run, theirs, weights };
}

type Tensors = Record<string, tf.Tensor>;
type Results = readonly { readonly outputs: Record<string, Signals>; readonly slopes: Record<string, Signals> }[];

/** All cases in one compiled function, which takes a second where one function a case takes a minute. */
const results = once(async () => {
  const tried: Tried[] = [];
  for (const node of cases) tried.push(await triedIn(node));
  const functions: ReturnType<typeof onnxFunction>[] = [];
  for (const { bytes } of tried) functions.push(onnxFunction(await decodeOnnx(bytes, "case", nowhere)));
  const given = tried.map(({ inputs, weights }) => ({ inputs, weights }));
  const run = await compile(
    (all: { inputs: Tensors; weights: Tensors }[]) =>
      all.map(({ inputs, weights }, at) => {
        const names = Object.keys(inputs);
        const compute = functions[at]!;
        const weighed = (...xs: tf.Tensor[]) => {
          const outputs = compute(Object.fromEntries(names.map((name, i) => [name, xs[i]!])));
          const sums = Object.entries(weights).map(([name, w]) => tf.sum(tf.mul(outputs[name]!, w)));
          return sums.reduce((a, b) => tf.add(a, b));
        };
        const slopes = hasGradient(tried[at]!) ? tf.grads(weighed)(names.map((name) => inputs[name]!)) : [];
        return {
          outputs: { ...compute(inputs) },
          slopes: Object.fromEntries(slopes.map((slope, i) => [names[i]!, slope])),
        };
      }),
    given,
    { name: "all cases" },
  );
  const found = (await run.run(given)) as unknown as Results;
  await run.dispose();
  return { tried, found };
});

const hasGradient = ({ node, inputs }: Pick<Tried, "node" | "inputs">): boolean =>
  node.smooth !== false && Object.keys(inputs).length > 0;

/** Half the distance of the two places of a central difference: third derivatives times h²/6 are lost, and rounding over h. */
const STEP = 2 ** -9;

for (const [at, node] of cases.entries()) {
  test(`${titleOf(node)}: as ONNX Runtime computes it, with its gradient`, async () => {
    const { tried, found } = await results();
    const { theirs, inputs, weights, run } = tried[at]!;
    const { outputs, slopes } = found[at]!;
    for (const [name, expected] of Object.entries(theirs)) {
      assert.equal(outputs[name]!.shape, expected.shape, name);
      // sums of float32 in another order
      assert.ok(difference(outputs[name]!, expected) <= 1e-5 * largest(expected), name);
    }
    if (!hasGradient(tried[at]!)) return;
    const directions = mapped(inputs, ({ shape }, name) => numbersFor(shape, `direction ${name}`));
    const moved = (h: number) =>
      mapped(inputs, ({ data, shape }, name) =>
        fromHost(
          data.map((v, i) => v + h * directions[name]![i]!),
          shape,
        ),
      );
    const total = (outs: Readonly<Record<string, Signals>>) =>
      Object.entries(outs).reduce((sum, [name, { data }]) => sum + dot(data, weights[name]!.data), 0);
    const measured = (total(await run(moved(STEP))) - total(await run(moved(-STEP)))) / (2 * STEP);
    const computed = Object.entries(slopes).reduce((sum, [name, { data }]) => sum + dot(data, directions[name]!), 0);
    const size = Object.values(slopes).reduce((sum, { data }) => sum + data.reduce((s, v) => s + Math.abs(v), 0), 0);
    assert.ok(Math.abs(measured - computed) <= 2e-3 * size, `${measured} measured, ${computed} computed`);
  });
}

for (const name of ["mlp", "decoder", "dcgan", "apart"] as const) {
  for (const engine of ["onnx", "tfjs"] as const) {
    test(`${name}.onnx: values and gradient are those of PyTorch, with the engine ${engine}`, async () => {
      const { arrays } = await readNpz(path.join(FIXTURES, "values.npz"));
      const [z, x, w, gradient] = ["z", "x", "w", "gradient"].map((key) => arrays[`${name}.${key}`] as Signals);
      const beside = (file: string) => readFile(path.join(FIXTURES, file));
      const model = await decodeOnnx(await beside(`${name}.onnx`), name, name === "apart" ? beside : nowhere);
      const compute = onnxFunction(model);
      const latent = model.inputs[0]!.shape.slice(1) as number[];
      const decode = (z: tf.Tensor) => compute({ z: tf.reshape(z, [z.shape[0]!, ...latent]) }).x!;
      const run = await compile(
        (given: { z: tf.Tensor; w: tf.Tensor }) => {
          const weighed = (z: tf.Tensor) => tf.sum(tf.mul(tf.reshape(decode(z), w!.shape), given.w));
          return { x: decode(given.z), slope: tf.grad(weighed)(given.z) };
        },
        { z: z!, w: w! },
        { engine },
      );
      const found = await run.run({ z: z!, w: w! });
      await run.dispose();
      assert.equal(found.x.shape, x!.shape);
      // float32 sums in another order; the numbers are about 1
      assert.ok(difference(found.x as Signals, x!) < 1e-6 * largest(x!));
      assert.ok(difference(found.slope as Signals, gradient!) < 2e-6 * largest(gradient!));
    });
  }
}

/** What a network of one operator makes of ones. */
const madeOfOnes = async (bytes: Uint8Array, shape: readonly number[]) => {
  const compute = onnxFunction(await decodeOnnx(bytes, "mine.onnx", nowhere));
  return tf.tidy(() => {
    const { out0 } = compute({ in0: tf.ones([...shape]) });
    return { shape: out0!.shape, data: [...out0!.dataSync()] };
  });
};

test("integers of a constant beyond int32 become its ends", async () => {
  const value_ints = [9_000_000_000, -9_000_000_000, 3];
  const list = await madeOfOnes(modelOf({ op: "Constant", inputs: [], attributes: { value_ints } }), [1]);
  assert.equal(list, { shape: [3], data: [2 ** 31 - 1, -(2 ** 31), 3] });
  const one = await madeOfOnes(modelOf({ op: "Constant", inputs: [], attributes: { value_int: 9_000_000_000 } }), [1]);
  assert.equal(one, { shape: [], data: [2 ** 31 - 1] });
});

test("sizes that name the rows of the file keep the rows that are given", async () => {
  const sizes = (...lengths: number[]) =>
    modelOf({ op: "Resize", inputs: [{ given: [1, 2, 3] }, null, null, ints(...lengths)] });
  assert.equal((await madeOfOnes(sizes(1, 2, 6), [4, 2, 3])).shape, [4, 2, 6]);
});

const readFails = async (bytes: Uint8Array, message: RegExp) => {
  const found = await decodeOnnx(bytes, "mine.onnx", nowhere)
    .then((model) => {
      const compute = onnxFunction(model);
      tf.tidy(() => void compute({ in0: tf.ones([2, 3]), in1: tf.ones([2, 3]) }));
      return "nothing was refused";
    })
    .catch((error: Error) => `${error.name}: ${error.message}`);
  assert.match(found, message);
};

test("operators that are not known are named, with their domain", async () => {
  await readFails(
    modelOf({ op: "Loop", inputs: [{ given: [2, 3] }] }),
    /^InputError: mine.onnx: the operator Loop cannot be read with a gradient; export the network without, docs\/onnx.md lists/,
  );
  await readFails(
    modelOf({ op: "FusedGelu", inputs: [{ given: [2, 3] }] }, "com.acme"),
    /operator com.acme.FusedGelu cannot/,
  );
});

test("what an operator does not compute is said with its place", async () => {
  const one = (op: string, inputs: readonly Given[], attributes = {}) => modelOf({ op, inputs, attributes });
  const image = { given: [2, 3] };
  await readFails(
    one("Resize", [image, null, { stored: [2], type: "float", values: [2, 2] }], { mode: "cubic" }),
    /^InputError: mine.onnx: Resize "tried": mode=cubic is not computed here, only nearest, linear; export/,
  );
  await readFails(
    one("Resize", [image, null, null, ints(4, 4)], { keep_aspect_ratio_policy: "not_larger" }),
    /^InputError: mine.onnx: Resize "tried": keep_aspect_ratio_policy=not_larger is not computed here, only stretch; export/,
  );
  await readFails(
    one("Conv", [image, { stored: [2, 3, 1, 1], type: "float" }]),
    /^InputError: mine.onnx: Conv "tried": expected signals of one or two axes, \[batch, channels, …\], got \[2, 3\]/,
  );
  await readFails(
    one("BatchNormalization", [image, ...new Array(4).fill({ stored: [3], type: "float" })], { training_mode: 1 }),
    /BatchNormalization "tried": normalises by the batch, as in training; call eval\(\) before the export/,
  );
  await readFails(
    one("Reshape", [image, image]),
    /Reshape "tried": its input 1 depends on values that are computed, so that shapes do too/,
  );
  await readFails(
    one("MatMul", [image, { stored: [4, 2], type: "float" }]),
    /^InputError: mine.onnx: MatMul "tried": /,
  );
});

test("bytes that are no model are refused", async () => {
  await readFails(
    new TextEncoder().encode("PK not a model"),
    /^InputError: mine.onnx: is no ONNX model \(.*\); export the network again/,
  );
  await readFails(new Uint8Array(0), /^InputError: mine.onnx: is no ONNX model, it holds no operators/);
});

test("tensors in a file beside the model must be whole", async () => {
  const bytes = await readFile(path.join(FIXTURES, "apart.onnx"));
  const short = async () => new Uint8Array(100);
  const message = await decodeOnnx(bytes, "apart.onnx", short).then(String, String);
  assert.match(message, /apart.onnx: the tensor 0.weight: expected 1600 bytes in apart.onnx.data, got 100; export/);
});

test.run();
