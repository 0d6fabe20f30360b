import * as tf from "#tf";
import { InputError } from "../../../data/errors.ts";
import {
  input,
  listAttribute,
  numberAttribute,
  type Operator,
  type OperatorCall,
  type Operators,
  requireChoice,
  textAttribute,
} from "../call.ts";

type Pair = readonly [number, number];

/** Strides, dilations and pads [begin, end] of the two axes of an image. */
interface Window {
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: readonly [Pair, Pair];
  readonly groups: number;
}

/** Signals of one axis are images of one row. */
const asImages = (x: tf.Tensor): tf.Tensor =>
  x.rank === 3 ? tf.reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]) : x;

/** A list of the spatial axes; a signal of one axis leaves the first of two as it is. */
function pair(values: readonly number[] | undefined, otherwise: number): Pair {
  if (!values) return [otherwise, otherwise];
  return values.length === 1 ? [otherwise, values[0]!] : [values[0]!, values[1]!];
}

function windowOf(call: OperatorCall, x: tf.Tensor, filter: tf.Tensor): Window {
  const strides = pair(listAttribute(call, "strides"), 1);
  const dilations = pair(listAttribute(call, "dilations"), 1);
  const auto = textAttribute(call, "auto_pad", "NOTSET");
  requireChoice(call, "auto_pad", auto, ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]);
  const given = listAttribute(call, "pads") ?? [];
  const [begin, end] = [given.slice(0, given.length / 2), given.slice(given.length / 2)];
  const explicit = (axis: 0 | 1): Pair => {
    const at = axis - (2 - begin.length); // a signal of one axis has no pads for the row before it
    return at >= 0 && given.length > 0 ? [begin[at]!, end[at]!] : [0, 0];
  };
  const same = (axis: 0 | 1): Pair => {
    const [size, width] = [x.shape[2 + axis]!, (filter.shape[2 + axis]! - 1) * dilations[axis] + 1];
    const all = Math.max(0, (Math.ceil(size / strides[axis]) - 1) * strides[axis] + width - size);
    return auto === "SAME_UPPER" ? [all >> 1, all - (all >> 1)] : [all - (all >> 1), all >> 1];
  };
  const none = (): Pair => [0, 0];
  const along = auto.startsWith("SAME") ? same : auto === "VALID" ? none : explicit;
  return { strides, dilations, pads: [along(0), along(1)], groups: numberAttribute(call, "group", 1) };
}

const LAST = [0, 2, 3, 1]; // [batch, channels, rows, columns] with channels last
const FIRST = [0, 3, 1, 2];

/** [rows, columns, in, out] of ONNX's [out, in, rows, columns], its rows and columns pulled apart: tfjs has no gradient of dilations. */
function filterOf(filter: tf.Tensor, dilations: Pair): tf.Tensor4D {
  const w = tf.transpose(filter, [2, 3, 1, 0]);
  if (dilations[0] === 1 && dilations[1] === 1) return w as tf.Tensor4D;
  const [rows, columns, ...rest] = w.shape as [number, number, number, number];
  const [down, across] = dilations;
  const apart = tf.pad(tf.reshape(w, [rows, 1, columns, 1, rest[0] * rest[1]]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const whole = tf.reshape(apart, [rows * down, columns * across, ...rest]);
  return tf.slice(whole, 0, [(rows - 1) * down + 1, (columns - 1) * across + 1, ...rest]) as tf.Tensor4D;
}

const withBias = (y: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor => (bias ? tf.add(y, bias) : y);

const convolve: Operator = (call) => {
  const given = input(call, 0);
  requirePlane(call, given);
  const [x, filter] = [asImages(given), asImages(input(call, 1))];
  const { strides, dilations, pads, groups } = windowOf(call, x, filter);
  const images = tf.transpose(x, LAST) as tf.Tensor4D;
  const [none, down, across] = [[0, 0], [...pads[0]], [...pads[1]]] as [number, number][];
  const pad: tf.backend_util.ExplicitPadding = [none!, down!, across!, none!];
  const channels = x.shape[1]!;
  const w = filterOf(filter, dilations);
  let y: tf.Tensor;
  if (groups === 1) y = tf.conv2d(images, w, [...strides], pad);
  else if (groups === channels && strides[0] === strides[1]) {
    // output channel c · multiplier + q belongs to the input channel c
    const [rows, columns, , out] = w.shape;
    const own = tf.reshape(w, [rows, columns, channels, out / channels]) as tf.Tensor4D;
    y = tf.depthwiseConv2d(images, own, [...strides], pad);
  } else {
    const [parts, filters] = [tf.split<tf.Tensor4D>(images, groups, 3), tf.split<tf.Tensor4D>(w, groups, 3)];
    y = tf.concat(
      parts.map((part, g) => tf.conv2d(part, filters[g]!, [...strides], pad)),
      3,
    );
  }
  return likeInput(tf.transpose(withBias(y, call.inputs[2]?.tensor), FIRST), given);
};

/** The adjoint of a convolution, whose filter is [in, out / groups, rows, columns]; then `pads` are cut off and `output_padding` is added. */
const transposed: Operator = (call) => {
  const given = input(call, 0);
  requirePlane(call, given);
  const [x, filter] = [asImages(given), asImages(input(call, 1))];
  const { strides, dilations, pads, groups } = windowOf(call, x, filter);
  requireChoice(call, "auto_pad", textAttribute(call, "auto_pad", "NOTSET"), ["NOTSET", "VALID"]);
  if (listAttribute(call, "output_shape")) {
    throw new InputError(`${call.who}: output_shape is not computed here; export the network with output_padding`);
  }
  const extra = pair(listAttribute(call, "output_padding"), 0);
  const w = filterOf(filter, dilations); // [rows, columns, out, in], as tfjs wants it
  const whole = ([0, 1] as const).map(
    (axis) => (x.shape[2 + axis]! - 1) * strides[axis] + w.shape[axis]! + extra[axis],
  );
  const images = tf.transpose(x, LAST) as tf.Tensor4D;
  const shape: [number, number, number, number] = [x.shape[0]!, whole[0]!, whole[1]!, w.shape[2]];
  const spread = (part: tf.Tensor4D, own: tf.Tensor4D) => tf.conv2dTranspose(part, own, shape, [...strides], "valid");
  let y = images;
  if (groups === 1) y = spread(images, w);
  else {
    const [parts, filters] = [tf.split<tf.Tensor4D>(images, groups, 3), tf.split<tf.Tensor4D>(w, groups, 3)];
    y = tf.concat(
      parts.map((part, g) => spread(part, filters[g]!)),
      3,
    );
  }
  const cut = tf.slice(
    y,
    [0, pads[0][0], pads[1][0], 0],
    [-1, whole[0]! - pads[0][0] - pads[0][1], whole[1]! - pads[1][0] - pads[1][1], -1],
  );
  return likeInput(tf.transpose(withBias(cut, call.inputs[2]?.tensor), FIRST), given);
};

const likeInput = (y: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  x.rank === 3 ? tf.reshape(y, [y.shape[0]!, y.shape[1]!, y.shape[3]!]) : y;

function requirePlane({ who }: OperatorCall, x: tf.Tensor): void {
  if (x.rank === 3 || x.rank === 4) return;
  throw new InputError(
    `${who}: expected signals of one or two axes, [batch, channels, …], got [${x.shape.join(", ")}]`,
  );
}

export const convolutions: Operators = { Conv: convolve, ConvTranspose: transposed };
