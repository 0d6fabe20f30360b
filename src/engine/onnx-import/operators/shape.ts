import * as tf from "#tf";
import { sizeOf } from "../../../data/array.ts";
import { InputError } from "../../../data/errors.ts";
import { broadcastShape, type DType } from "../../graph.ts";
import {
  axesOf,
  axisOf,
  broadcast,
  input,
  listAttribute,
  numberAttribute,
  numbers,
  numbersOr,
  type Operator,
  type OperatorCall,
  type Operators,
  requireChoice,
  tensorAttribute,
  tensorOf,
  textAttribute,
} from "../call.ts";
import { dtypeOfType, typed } from "../tensor.ts";

/** The list of integers that an operator needs. Errors (InputError): it is left out. */
function needed(call: OperatorCall, i: number, attribute: string): readonly number[] {
  const found = numbersOr(call, i, attribute);
  if (found) return found;
  throw new InputError(`${call.who}: expected ${attribute}, got none; export the network again`);
}

/**
 * 0 keeps a length and −1 takes what is left. A file that was exported for a fixed number of rows may name them: then a leading axis that
 * holds the rows keeps them.
 */
const reshape: Operator = (call) => {
  const x = input(call, 0);
  const { declared, given } = call.rows;
  const shape = [...needed(call, 1, "shape")];
  const zero = numberAttribute(call, "allowzero", 0) !== 0;
  for (const [axis, n] of shape.entries()) if (n === 0 && !zero) shape[axis] = x.shape[axis]!;
  const rows = !call.inputs[0]!.constant && x.shape[0] === given && shape[0] === declared;
  return tf.reshape(x, rows ? [given, ...shape.slice(1)] : shape);
};

const flatten: Operator = (call) => {
  const x = input(call, 0);
  const axis = axisOf(numberAttribute(call, "axis", 1), x.rank);
  return tf.reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
};

const squeeze: Operator = (call) => {
  const x = input(call, 0);
  const axes = numbersOr(call, 1, "axes");
  const gone = axes ? axesOf(axes, x.rank) : [...x.shape.keys()].filter((axis) => x.shape[axis] === 1);
  return tf.reshape(
    x,
    x.shape.filter((_, axis) => !gone.includes(axis)),
  );
};

const unsqueeze: Operator = (call) => {
  const x = input(call, 0);
  const axes = needed(call, 1, "axes");
  const rank = x.rank + axes.length;
  const added = axesOf(axes, rank);
  const rest = [...x.shape];
  return tf.reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : rest.shift()!)),
  );
};

const split: Operator = (call) => {
  const x = input(call, 0);
  const axis = axisOf(numberAttribute(call, "axis", 0), x.rank);
  const sizes = numbersOr(call, 1, "split");
  const parts = call.node.outputs.length;
  if (parts === 1) return x; // a single part has no gradient in tfjs
  if (sizes) return tf.split(x, [...sizes], axis);
  const each = Math.ceil(x.shape[axis]! / parts); // the last part may be smaller
  return tf.split(
    x,
    Array.from({ length: parts }, (_, i) => Math.min(each, x.shape[axis]! - i * each)),
    axis,
  );
};

/** Starts, ends and steps along some axes; they were attributes before version 10. */
const slice: Operator = (call) => {
  const x = input(call, 0);
  const [starts, ends] = [needed(call, 1, "starts"), needed(call, 2, "ends")];
  const axes = axesOf(numbersOr(call, 3, "axes") ?? starts.map((_, i) => i), x.rank);
  const steps = numbers(call, 4) ?? starts.map(() => 1);
  let out = x;
  for (const [i, axis] of axes.entries()) {
    const [size, step] = [x.shape[axis]!, steps[i]!];
    const place = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v < 0 ? v + size : v));
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const first = place(starts[i]!, Math.max(low, 0), high);
    const last = ends[i]! < -size ? low : place(ends[i]!, low, high);
    const count = Math.max(0, Math.ceil((last - first) / step));
    if (step === 1) {
      const begin = out.shape.map((_, at) => (at === axis ? first : 0));
      out = tf.slice(
        out,
        begin,
        out.shape.map((n, at) => (at === axis ? count : n)),
      );
    } else {
      const places = Int32Array.from({ length: count }, (_, at) => first + at * step);
      out = tf.gather(out, tf.tensor1d(places, "int32"), axis);
    }
  }
  return out;
};

/** Entries along one axis; negative indices count from the end. */
const gather: Operator = (call) => {
  const [x, indices] = [input(call, 0), input(call, 1)];
  const axis = axisOf(numberAttribute(call, "axis", 0), x.rank);
  const flat = tf.reshape(indices, [-1]);
  const forward = tf.where(tf.less(flat, 0), tf.add(flat, tf.scalar(x.shape[axis]!, "int32")), flat);
  const found = tf.gather(x, tf.cast(forward, "int32") as tf.Tensor1D, axis);
  return tf.reshape(found, [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]);
};

const expand: Operator = (call) => {
  const x = input(call, 0);
  return broadcast(x, broadcastShape(x.shape, needed(call, 1, "shape")));
};

const tile: Operator = (call) => {
  const x = input(call, 0);
  const repeats = needed(call, 1, "repeats");
  const apart = x.shape.flatMap((n) => [1, n]);
  const whole = x.shape.flatMap((n, axis) => [repeats[axis]!, n]);
  return tf.reshape(
    broadcast(tf.reshape(x, apart), whole),
    x.shape.map((n, axis) => n * repeats[axis]!),
  );
};

/** Channels to pixels: [batch, c, r, r, h, w] in one of two orders. */
const depthToSpace: Operator = (call) => {
  const [x, r] = [input(call, 0), numberAttribute(call, "blocksize", 1)];
  const mode = textAttribute(call, "mode", "DCR");
  requireChoice(call, "mode", mode, ["DCR", "CRD"]);
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const out = channels / r ** 2;
  const apart = mode === "DCR" ? [batch, r, r, out, height, width] : [batch, out, r, r, height, width];
  const order = mode === "DCR" ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return tf.reshape(tf.transpose(tf.reshape(x, apart), order), [batch, out, height * r, width * r]);
};

const spaceToDepth: Operator = (call) => {
  const [x, r] = [input(call, 0), numberAttribute(call, "blocksize", 1)];
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const apart = tf.reshape(x, [batch, channels, height / r, r, width / r, r]);
  return tf.reshape(tf.transpose(apart, [0, 3, 5, 1, 2, 4]), [batch, channels * r ** 2, height / r, width / r]);
};

/** TensorProto.DataType: uint16 and bfloat16, which casts go to although no stored tensor is read of them. */
const castsAlone: Readonly<Record<number, DType>> = { 4: "int32", 16: "float32" };

const cast: Operator = (call) => {
  const type = numberAttribute(call, "to", 0);
  const to = dtypeOfType(type) ?? castsAlone[type];
  if (to) return tf.cast(input(call, 0), to);
  throw new InputError(`${call.who}: casts to the type ${call.node.attributes.to}; export the network in float32`);
};

const constant: Operator = (call) => {
  const { attributes } = call.node;
  const stored = tensorAttribute(call, "value");
  if (stored) return tensorOf(stored);
  for (const [name, dtype] of [
    ["value_float", "float32"],
    ["value_floats", "float32"],
    ["value_int", "int32"],
    ["value_ints", "int32"],
  ] as const) {
    const value = attributes[name] as number | readonly number[] | undefined;
    if (value === undefined) continue;
    const list = typeof value === "number" ? [value] : value;
    return tensorOf({ shape: list === value ? [list.length] : [], dtype, data: typed(list, dtype) });
  }
  throw new InputError(`${call.who}: is a constant of texts or a sparse one; export the network without it`);
};

const constantOfShape: Operator = (call) => {
  const value = tensorAttribute(call, "value");
  return tf.fill([...needed(call, 0, "shape")], Number(value?.data[0] ?? 0), value?.dtype ?? "float32");
};

const range: Operator = (call) => {
  const [start, limit, step] = [0, 1, 2].map((i) => numbers(call, i)![0]!);
  return tf.range(start!, limit!, step!, input(call, 0).dtype as "int32");
};

const identity: Operator = (call) => input(call, 0);

/** Shapes, and what is made and taken apart for them. */
export const shapes: Operators = {
  Identity: identity,
  Dropout: identity,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: (call) => tf.transpose(input(call, 0), listAttribute(call, "perm") as number[] | undefined),
  Concat: (call) => {
    const tensors = call.inputs.map((operand) => operand!.tensor);
    return tf.concat(tensors, axisOf(numberAttribute(call, "axis", 0), tensors[0]!.rank));
  },
  Split: split,
  Slice: slice,
  Gather: gather,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Cast: cast,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
};

/** Operators that see only the shape of their input, so that what they return is known at once. */
export const ofShapes: Operators = {
  Shape: (call) => {
    const { shape, rank } = input(call, 0);
    const [start, end] = [numberAttribute(call, "start", 0), numberAttribute(call, "end", rank)];
    return tf.tensor1d(shape.slice(start, end), "int32");
  },
  Size: (call) => tf.scalar(input(call, 0).size, "int32"),
};
