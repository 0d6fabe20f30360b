import * as tf from "#tf";
import { InputError } from "../../../data/errors.ts";
import {
  axesOf,
  input,
  listAttribute,
  numberAttribute,
  numbers,
  numbersOr,
  type Operator,
  type OperatorCall,
  type Operators,
  requireChoice,
  swappedWithLast,
  textAttribute,
} from "../call.ts";

/** From which places of a line a new place is made, with what weights. */
type Taps = (place: number) => readonly (readonly [from: number, weight: number])[];

/** A linear map of every line along one axis, from its length to `length`. As a product its gradient is exact, also where places repeat. */
function alongAxis(x: tf.Tensor, axis: number, length: number, taps: Taps): tf.Tensor {
  const size = x.shape[axis]!;
  const map = new Float32Array(size * length);
  for (let to = 0; to < length; to++) for (const [from, weight] of taps(to)) map[from * length + to]! += weight;
  const order = swappedWithLast(axis, x.rank);
  const lines = tf.transpose(x, order);
  const made = tf.matMul(tf.reshape(lines, [-1, size]), tf.tensor2d(map, [size, length]));
  return tf.transpose(tf.reshape(made, [...lines.shape.slice(0, -1), length]), order);
}

/**
 * The place in the old line, a real number, of a place in the new one. Every operation rounds to float32, as in ONNX Runtime: which place is nearest
 * depends on it.
 */
type Position = (place: number, size: number, length: number, scale: number) => number;

const { fround } = Math;
const halfPixel = (i: number, scale: number) => fround(fround((i + 0.5) / scale) - 0.5);

const positions: Readonly<Record<string, Position>> = {
  half_pixel: (i, _, __, scale) => halfPixel(i, scale),
  pytorch_half_pixel: (i, _, length, scale) => (length > 1 ? halfPixel(i, scale) : 0),
  asymmetric: (i, _, __, scale) => fround(i / scale),
  align_corners: (i, size, length) => (length > 1 ? fround((i * (size - 1)) / (length - 1)) : 0),
};

const roundings: Readonly<Record<string, (v: number) => number>> = {
  round_prefer_floor: (v) => Math.ceil(v - 0.5),
  round_prefer_ceil: (v) => Math.floor(v + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

interface Rules {
  readonly mode: string;
  readonly position: Position;
  readonly nearest: (v: number, scale: number) => number;
}

/** Resizes the axes whose length changes. ONNX gives factors, in float32, or lengths. */
function resized(
  x: tf.Tensor,
  scales: readonly number[],
  lengths: readonly number[],
  { mode, position, nearest }: Rules,
) {
  let out = x;
  for (const [axis, length] of lengths.entries()) {
    const size = x.shape[axis]!;
    const scale = scales[axis]!;
    if (length === size && scale === 1) continue;
    const within = (v: number) => Math.max(0, Math.min(size - 1, v));
    out = alongAxis(out, axis, length, (i) => {
      const at = position(i, size, length, scale);
      if (mode === "nearest") return [[within(nearest(at, scale)), 1]];
      const low = Math.floor(at);
      return [
        [within(low), 1 - (at - low)],
        [within(low + 1), at - low],
      ];
    });
  }
  return out;
}

function rulesOf(call: OperatorCall, position: string, nearest: string): Rules {
  const mode = textAttribute(call, "mode", "nearest");
  requireChoice(call, "mode", mode, ["nearest", "linear"]);
  requireChoice(call, "coordinate_transformation_mode", position, Object.keys(positions));
  requireChoice(call, "nearest_mode", nearest, Object.keys(roundings));
  return { mode, position: positions[position]!, nearest: roundings[nearest]! };
}

const floors = (x: tf.Tensor, scales: readonly number[]) =>
  x.shape.map((size, axis) => Math.floor(fround(size * scales[axis]!)));

const resize: Operator = (call) => {
  const x = input(call, 0);
  const older = call.opset < 11; // scales were its second input, and it had no rules; these are those of ONNX Runtime
  const rules = older
    ? {
        ...rulesOf(call, "asymmetric", "floor"),
        nearest: (v: number, scale: number) => (scale < 1 ? Math.ceil(v) : Math.floor(v)),
      }
    : rulesOf(
        call,
        textAttribute(call, "coordinate_transformation_mode", "half_pixel"),
        textAttribute(call, "nearest_mode", "round_prefer_floor"),
      );
  if (numberAttribute(call, "antialias", 0) !== 0) {
    throw new InputError(`${call.who}: antialias is not computed here; export the network without it`);
  }
  requireChoice(call, "keep_aspect_ratio_policy", textAttribute(call, "keep_aspect_ratio_policy", "stretch"), [
    "stretch",
  ]);
  const axes = axesOf(listAttribute(call, "axes") ?? [...x.shape.keys()], x.rank);
  const all = (given: readonly number[], otherwise: readonly number[]) =>
    x.shape.map((_, axis) => (axes.includes(axis) ? given[axes.indexOf(axis)]! : otherwise[axis]!));
  const given = numbers(call, older ? 1 : 2);
  if (given?.length) {
    const scales = all(
      given,
      x.shape.map(() => 1),
    );
    return resized(x, scales, floors(x, scales), rules);
  }
  const wanted = numbers(call, 3);
  if (!wanted) throw new InputError(`${call.who}: expected scales or sizes, got none; export the network again`);
  const { declared, given: rows } = call.rows;
  const lengths = all(wanted, x.shape);
  if (lengths[0] === declared && x.shape[0] === rows) lengths[0] = rows; // a file may fix the rows
  return resized(
    x,
    lengths.map((n, axis) => fround(n / x.shape[axis]!)),
    lengths,
    rules,
  );
};

const upsample: Operator = (call) => {
  const x = input(call, 0);
  const scales = numbersOr(call, 1, "scales");
  if (!scales) throw new InputError(`${call.who}: expected scales, got none; export the network again`);
  return resized(x, scales, floors(x, scales), rulesOf(call, "asymmetric", "floor"));
};

/** Numbers around an image: a constant, its own mirrored, or those at its edge. */
const pad: Operator = (call) => {
  const x = input(call, 0);
  const mode = textAttribute(call, "mode", "constant");
  requireChoice(call, "mode", mode, ["constant", "reflect", "edge"]);
  const given = numbersOr(call, 1, "pads") ?? [];
  const axes = axesOf(numbers(call, 3) ?? [...x.shape.keys()], x.rank);
  const count = given.length / 2;
  const pads = x.shape.map((_, axis): [number, number] => {
    const at = axes.indexOf(axis);
    return at < 0 ? [0, 0] : [given[at]!, given[count + at]!];
  });
  const cut = pads.map(([begin, end]) => [Math.max(0, -begin), Math.max(0, -end)] as const); // negative pads cut off
  const inner = cut.some(([begin, end]) => begin + end > 0)
    ? tf.slice(
        x,
        cut.map(([begin]) => begin),
        x.shape.map((n, axis) => n - cut[axis]![0] - cut[axis]![1]),
      )
    : x;
  const added = pads.map(([begin, end]): [number, number] => [Math.max(0, begin), Math.max(0, end)]);
  if (mode === "constant") return tf.pad(inner, added, numbers(call, 2)?.[0] ?? numberAttribute(call, "value", 0));
  let out = inner;
  for (const [axis, [begin, end]] of added.entries()) {
    if (begin + end === 0) continue;
    const size = inner.shape[axis]!;
    const edge = (i: number) => Math.max(0, Math.min(size - 1, i));
    const mirror = (i: number) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i);
    const from = mode === "edge" ? edge : mirror;
    out = alongAxis(out, axis, size + begin + end, (i) => [[from(i - begin), 1]]);
  }
  return out;
};

export const resizing: Operators = { Resize: resize, Upsample: upsample, Pad: pad };
