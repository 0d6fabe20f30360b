import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { fromHost, sameShape, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { stream } from "../data/random.ts";
import { shapeText } from "../data/text.ts";
import { compile } from "../engine/index.ts";
import {
  type OnnxModel,
  onnxFunction,
  type PackedOnnx,
  packedOnnx,
  unpackedOnnx,
} from "../engine/onnx-import/index.ts";

/** A network whose outputs are features of samples. It is part of the design, with its weights (`FEATURE_WEIGHTS`), so that no other one can take its place. */
export interface FeatureNetwork {
  /** The name of the file that it came from. */
  readonly file: string;
  /** SHA-256 of that file and of those beside it that hold its tensors, in hexadecimal. */
  readonly sha256: string;
  /** What wrote the file: `pytorch 2.9.0`. */
  readonly written: string;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  /** Numbers of the network's output for one sample, p. */
  readonly features: number;
  readonly network: PackedOnnx;
}

/** Name of the network's float32 numbers, [w], in a design's arrays. */
export const FEATURE_WEIGHTS = "network-moments.weights";

/** Below this |φ|² is taken for 0. */
const LEAST = 1e-30;

/** How much a row may depend on the others, as a part of the largest number: float32 sums in another order. */
const ROUNDING = 1e-4;

/**
 * The features φ(x)/|φ(x)| [n, p] of samples x [n, d], 0 where φ(x) is 0: of norm 1, so that a sample can move their sum by at most 1, and the units of the network do not matter
 * (DP-MEPF: Harder et al. 2023, section 4). A pure tensor function, with a gradient.
 */
export function networkFeatures(spec: FeatureNetwork, weights: Float32Array): (x: tf.Tensor) => tf.Tensor {
  const model = unpackedOnnx(spec.network, weights, spec.file);
  const apply = applied(model, spec.shape);
  return (x) => {
    const phi = apply(x);
    const norm2 = tf.sum(tf.square(phi), 1, true);
    return tf.div(phi, tf.sqrt(tf.maximum(norm2, LEAST)));
  };
}

/**
 * A network as features of samples of `shape`, tried on two random samples. Errors (InputError): several inputs or outputs, an input that takes no such samples, operators that are not known, an output that is not finite or mixes the
 * rows of a batch.
 */
export async function featureNetwork(
  model: OnnxModel,
  about: Pick<FeatureNetwork, "file" | "sha256" | "shape">,
): Promise<{ readonly spec: FeatureNetwork; readonly weights: NdArray<Float32Array> }> {
  const { inputs, outputs, where } = model;
  if (inputs.length !== 1 || outputs.length !== 1) {
    const names = ({ name }: { readonly name: string }) => name;
    throw new InputError(
      `${where}: expected one input and one output, got inputs ${inputs.map(names).join(", ")} and outputs ${outputs.map(names).join(", ")}; ` +
        "export the features alone, several of them joined by torch.cat",
    );
  }
  const features = await featuresTried(model, about.shape);
  const { network, weights } = packedOnnx(model);
  return {
    spec: { ...about, written: model.producer, features, network },
    weights: fromHost(weights, [weights.length]),
  };
}

/** The network on samples [n, d]: its output as rows [n, p]. */
function applied(model: OnnxModel, shape: readonly number[]): (x: tf.Tensor) => tf.Tensor {
  const { where, inputs, outputs } = model;
  const [input, output] = [inputs[0]!, outputs[0]!];
  const arrange = arrangement(input.shape.slice(1), shape);
  if (!arrange || input.dtype !== "float32") {
    const takes = `${input.dtype ?? "an unknown type"} [${input.shape.map((n) => n ?? "?").join(", ")}]`;
    throw new InputError(
      `${where}: its input ${input.name} is ${takes}, the samples are ${shapeText(shape)}; ` +
        "give a network of [batch, channels, rows, columns] of these sizes, or of flat samples",
    );
  }
  const compute = onnxFunction(model);
  return (x) => {
    const rows = x.shape[0]!;
    const made = compute({ [input.name]: arrange(x) })[output.name]!;
    if (made.shape[0] === rows && made.rank > 1) return tf.reshape(made, [rows, -1]);
    throw new InputError(
      `${where}: expected features of ${rows} rows for ${rows} samples, got [${made.shape.join(", ")}]; export it with a dynamic batch axis`,
    );
  };
}

/** How samples [n, d] of a shape become an input [n, ...wanted], where undefined is any size; undefined if they do not fit. */
function arrangement(
  wanted: readonly (number | undefined)[],
  shape: readonly number[],
): ((x: tf.Tensor) => tf.Tensor) | undefined {
  const [height = 0, width = 0, channels = 0] = shape;
  const fits = (own: readonly number[]) =>
    own.length === wanted.length && own.every((n, i) => wanted[i] === undefined || wanted[i] === n);
  const images = (x: tf.Tensor) => tf.reshape(x, [-1, ...shape]);
  if (shape.length === 3 && fits([channels, height, width])) return (x) => tf.transpose(images(x), [0, 3, 1, 2]);
  const same = [[1, ...shape], shape, [...shape, 1], [sizeOf(shape)]].find(fits);
  return same && ((x) => tf.reshape(x, [-1, ...same]));
}

/** The features of one sample, p: from a run on two samples, and another on the first with a third. */
async function featuresTried(model: OnnxModel, shape: readonly number[]): Promise<number> {
  const d = sizeOf(shape);
  const apply = applied(model, shape);
  const random = stream(1, "trial of features");
  const x = Float32Array.from({ length: 3 * d }, () => random.uniform());
  const given = (second: number) => ({
    x: fromHost(Float32Array.from([...x.subarray(0, d), ...x.subarray(second * d, (second + 1) * d)]), [2, d]),
  });
  const run = await compile((rows: { x: tf.Tensor }) => apply(rows.x), given(1), { name: model.where });
  const [one, other] = [(await run.run(given(1))) as NdArray<Float32Array>, await run.run(given(2))];
  await run.dispose();
  if (!one.data.every(Number.isFinite)) {
    throw new InputError(
      `${model.where}: makes features that are not finite of numbers between 0 and 1; train it again`,
    );
  }
  const first = one.data.subarray(0, one.size / 2);
  const most = first.reduce((size, v) => Math.max(size, Math.abs(v)), 0);
  if (sameShape(one.shape, other.shape) && first.every((v, i) => Math.abs(v - other.data[i]!) <= ROUNDING * most)) {
    return one.shape[1]!;
  }
  throw new InputError(
    `${model.where}: mixes the rows of a batch, as batch normalisation in training does; call eval() before the export`,
  );
}
