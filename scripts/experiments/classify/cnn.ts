import type { NdArray } from "ndarray";
import * as tf from "#tf";
import type { LabelledSamples } from "../../../priors/samples.ts";
import { contiguous, fromHost, sizeOf } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { adamMoments, adamRate, adamUpdate } from "../../../src/engine/adam.ts";
import { compile, type TensorsOf } from "../../../src/engine/index.ts";
import { type IterateOptions, iterate } from "../../../src/engine/iterate.ts";

/** Images [n, side, side], or [n, side, side, channels], with their labels [n]. */
export type Labelled = Required<LabelledSamples>;

type Weights = readonly NdArray<Float32Array>[];

/** Filters of the two convolutions, width of the hidden layer. */
const FILTERS = [16, 32] as const;
const HIDDEN = 128;
const BATCH = 100;
const TEST_BATCH = 500;

/** Two convolutions 5×5 of stride 2, two dense layers: shapes of weights and biases. */
function shapes(side: number, channels: number, classes: number): number[][] {
  const [first, second] = FILTERS;
  const flat = second * Math.ceil(side / 4) ** 2;
  const filters = [[5, 5, channels, first], [first], [5, 5, first, second], [second]];
  return [...filters, [flat, HIDDEN], [HIDDEN], [HIDDEN, classes], [classes]];
}

/** He's initialisation: N(0, 2/fan-in) for weights, 0 for biases. */
const start = (side: number, channels: number, classes: number, seed: number): Weights =>
  shapes(side, channels, classes).map((shape, i) => {
    const values = new Float32Array(sizeOf(shape));
    if (shape.length === 1) return fromHost(values, shape);
    const deviation = Math.sqrt(2 / sizeOf(shape.slice(0, -1)));
    const drawn = stream(seed, "classifier", i).fillNormal(values);
    return fromHost(
      drawn.map((v) => v * deviation),
      shape,
    );
  });

/** Logits [batch, classes] of images [batch, side, side, channels]. */
function logits(weights: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor2D {
  const [f1, b1, f2, b2, w3, b3, w4, b4] = weights as [tf.Tensor4D, ...tf.Tensor[]];
  const layer = (h: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
    tf.relu(tf.add(tf.conv2d(h as tf.Tensor4D, filter as tf.Tensor4D, 2, "same"), bias));
  const maps = layer(layer(x, f1, b1!), f2!, b2!);
  const hidden = tf.relu(tf.add(tf.matMul(tf.reshape(maps, [x.shape[0]!, -1]), w3 as tf.Tensor2D), b3!));
  return tf.add(tf.matMul(hidden as tf.Tensor2D, w4 as tf.Tensor2D), b4!);
}

/** Mean cross-entropy of the labels y [batch]. */
function crossEntropy(scores: tf.Tensor2D, y: tf.Tensor): tf.Scalar {
  const own = tf.sum(tf.mul(scores, tf.cast(tf.oneHot(y as tf.Tensor1D, scores.shape[1]), "float32")), 1);
  return tf.mean(tf.sub(tf.logSumExp(scores, 1), own));
}

export interface ClassifierOptions extends Pick<IterateOptions<unknown>, "onProgress" | "signal"> {
  readonly classes: number;
  readonly epochs: number;
  readonly seed: number;
}

/** A small CNN trained on labelled images by Adam, step size 1e-3 falling to 0 along a cosine; the weights. */
export async function trainClassifier(
  { signals, labels }: Labelled,
  { classes, epochs, seed, ...run }: ClassifierOptions,
): Promise<Weights> {
  const [count, side, , channels = 1] = signals.shape as [number, number, number, number?];
  const perEpoch = Math.floor(count / BATCH);
  const orders = Array.from({ length: epochs }, (_, epoch) => stream(seed, "epoch", epoch).permutation(count));
  const batch = (index: number) => {
    const rows = orders[Math.floor(index / perEpoch)]!.subarray((index % perEpoch) * BATCH).subarray(0, BATCH);
    return batchOf({ signals, labels }, rows);
  };
  const weights = start(side, channels, classes, seed);
  type State = { weights: Weights; moments: ReturnType<typeof adamMoments> };
  const initial: State = { weights, moments: adamMoments(weights) };
  const step = await compile(
    (given: TensorsOf<State & { x: NdArray<Float32Array>; y: NdArray<Int32Array>; rate: NdArray<Float32Array> }>) => {
      const objective = (...w: tf.Tensor[]) => crossEntropy(logits(w, given.x), given.y);
      const { value, grads } = tf.valueAndGrads(objective)([...given.weights]);
      const { parameters, moments } = adamUpdate(given.weights, grads, given.moments, given.rate);
      return { loss: value as tf.Tensor, weights: parameters, moments };
    },
    { ...initial, ...batch(0), rate: adamRate(1, 0) },
    { name: "classifier" },
  );
  const steps = epochs * perEpoch;
  const { state } = await iterate<State>({
    ...{ ...run, state: initial, maxSteps: steps },
    step: async (state, index) => {
      const rate = adamRate(1e-3 * 0.5 * (1 + Math.cos((Math.PI * index) / steps)), index);
      const { loss, ...next } = await step.run({ ...state, ...batch(index), rate });
      return { state: next, objective: loss.data[0]!, change: 1 };
    },
  });
  await step.dispose();
  return state.weights;
}

/** The part of the images whose label the classifier finds. */
export async function accuracy(weights: Weights, { signals, labels }: Labelled): Promise<number> {
  const rows = (from: number) => Int32Array.from({ length: TEST_BATCH }, (_, i) => from + i);
  const first = batchOf({ signals, labels }, rows(0));
  const right = await compile(
    (given: TensorsOf<{ weights: Weights; x: NdArray<Float32Array>; y: NdArray<Int32Array> }>) =>
      tf.sum(tf.cast(tf.equal(tf.cast(tf.argMax(logits(given.weights, given.x), 1), "int32"), given.y), "float32")),
    { weights, ...first },
    { name: "accuracy" },
  );
  const count = signals.shape[0]! - (signals.shape[0]! % TEST_BATCH);
  let sum = 0;
  for (let from = 0; from < count; from += TEST_BATCH) {
    sum += (await right.run({ weights, ...batchOf({ signals, labels }, rows(from)) })).data[0]!;
  }
  await right.dispose();
  return sum / count;
}

function batchOf({ signals, labels }: Labelled, rows: Int32Array) {
  const [, height, width, channels = 1] = signals.shape as [number, number, number, number?];
  const size = height * width * channels;
  const all = contiguous(signals);
  const x = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) x.set(all.subarray(row * size, (row + 1) * size), i * size);
  return {
    x: fromHost(x, [rows.length, height, width, channels]),
    y: fromHost(
      Int32Array.from(rows, (row) => labels.data[row]!),
      [rows.length],
    ),
  };
}
