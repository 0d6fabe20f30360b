import { sameShape, sizeOf } from "../data/array.ts";
import { type ConstantData, frozen } from "./constant.ts";

/** The dtypes of tfjs tensors. int64 (shapes and indices of ONNX operators) and float64 exist only inside a graph. */
export type DType = "float32" | "int32" | "bool";
export type GraphDType = DType | "int64" | "float64";

/** One edge of the graph. In a traced graph the shape is always known. In a graph made by hand, -1 means any size. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: GraphDType;
  /** If this edge is an Expand of a smaller one: that edge. Elementwise operators broadcast it instead of reading the large one. */
  readonly source?: Value;
  /** The value of a rank-0 constant. */
  readonly fill?: number;
}

export type Attribute = number | string | readonly number[] | { readonly float: number } | { readonly body: Body };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** What a Loop repeats. It may use edges of the graph around it. */
export interface Body {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

export interface Constant extends Value {
  readonly data: ConstantData;
}

/** A constant with more elements than this becomes a hidden input, so that graphs stay small and sessions can be shared. */
const LARGEST_INLINE = 64;

/**
 * An ONNX graph under construction: named edges, nodes in topological order, constants.
 * Kernels append to it through `node`; the helpers below are the ONNX idioms that several kernels share.
 */
export class Graph {
  readonly inputs: Value[] = [];
  readonly nodes: Node[] = [];
  readonly inline: Constant[] = [];
  readonly hidden: Constant[] = [];
  #names = 0;
  #constants = new Map<ConstantData, Constant>();
  #scalars = new Map<string, Value>();

  #fresh(): string {
    return `v${this.#names++}`;
  }

  input(shape: readonly number[], dtype: DType): Value {
    const value = { name: `in${this.inputs.length}`, shape, dtype };
    this.inputs.push(value);
    return value;
  }

  /** Appends a node with one output. An empty input name means "optional input left out", as in ONNX. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    shape: readonly number[],
    dtype: GraphDType = inputs[0]?.dtype ?? "float32",
    attributes: Attributes = {},
  ): Value {
    const value = { name: this.#fresh(), shape, dtype };
    this.nodes.push({ op, inputs: inputs.map((v) => v?.name ?? ""), outputs: [value.name], attributes });
    return value;
  }

  /** Appends a node with several outputs. */
  multi(
    op: string,
    inputs: readonly Value[],
    outs: readonly Pick<Value, "shape" | "dtype">[],
    attributes: Attributes = {},
  ): Value[] {
    const values = outs.map(({ shape, dtype }) => ({ name: this.#fresh(), shape, dtype }));
    const outputs = values.map((v) => v.name);
    this.nodes.push({ op, inputs: inputs.map((v) => v.name), outputs, attributes });
    return values;
  }

  /**
   * A Loop of `count` (int64 []) steps. `step` gets its number (int64 []) and the state, and returns the next state and what is kept of every step. Gives the last
   * state, and what was kept, below each other.
   */
  loop(
    count: Value,
    state: readonly Value[],
    step: (
      at: Value,
      state: readonly Value[],
    ) => { readonly state: readonly Value[]; readonly kept?: readonly Value[] },
  ): { readonly state: readonly Value[]; readonly kept: readonly Value[] } {
    const own = (shape: readonly number[], dtype: GraphDType): Value => ({ name: this.#fresh(), shape, dtype });
    const [at, going] = [own([], "int64"), own([], "bool")];
    const carried = state.map(({ shape, dtype }) => own(shape, dtype));
    const before = this.nodes.length;
    const { state: next, kept = [] } = step(at, carried);
    const outputs = [going, ...next, ...kept].map((v) => this.node("Identity", [v], v.shape, v.dtype));
    const body = { inputs: [at, going, ...carried], nodes: this.nodes.splice(before), outputs };
    const made = [...next, ...kept.map((v) => ({ ...v, shape: [-1, ...v.shape] }))].map((v) => own(v.shape, v.dtype));
    this.nodes.push({
      op: "Loop",
      inputs: [count.name, "", ...state.map((v) => v.name)],
      outputs: made.map((v) => v.name),
      attributes: { body: { body } },
    });
    return { state: made.slice(0, state.length), kept: made.slice(state.length) };
  }

  /**
   * A constant: a copy of the data's present values. The same typed array always gives the same edge, so a captured matrix is stored once.
   * Constants whose elements are all equal (the ones and zeros of gradients) become an expanded scalar.
   */
  constant(data: ConstantData, shape: readonly number[], dtype: GraphDType): Value {
    const known = this.#constants.get(data);
    if (known?.dtype === dtype) return this.reshape(known, shape);
    if (dtype !== "int64" && data.length > 1 && data.every((v) => Object.is(v, data[0]))) {
      return this.expand(this.scalar(Number(data[0]), dtype), shape);
    }
    const large = sizeOf(shape) > LARGEST_INLINE;
    const name = large ? `hidden${this.hidden.length}` : this.#fresh();
    const constant = { name, shape, dtype, data: frozen(data) };
    (large ? this.hidden : this.inline).push(constant);
    this.#constants.set(data, constant);
    return constant;
  }

  /** A rank-0 constant of the given dtype. */
  scalar(value: number, dtype: GraphDType): Value {
    const key = `${dtype}:${Object.is(value, -0) ? "-0" : value}`;
    const known = this.#scalars.get(key);
    if (known) return known;
    const made = { ...this.constant(typedArray([value], dtype), [], dtype), fill: value };
    this.#scalars.set(key, made);
    return made;
  }

  /** A rank-1 int64 constant: shapes, axes, pads. */
  ints(values: readonly number[]): Value {
    return this.constant(typedArray(values, "int64"), [values.length], "int64");
  }

  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    return this.node("Reshape", [x, this.ints(shape)], shape, x.dtype, { allowzero: 1 });
  }

  transpose(x: Value, perm: readonly number[]): Value {
    if (perm.every((p, i) => p === i)) return x;
    const shape = perm.map((p) => x.shape[p]!);
    return this.node("Transpose", [x], shape, x.dtype, { perm });
  }

  cast(x: Value, dtype: GraphDType): Value {
    if (x.dtype === dtype) return x;
    return this.node("Cast", [x], x.shape, dtype, { to: elementTypes[dtype] });
  }

  expand(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    return { ...this.node("Expand", [x, this.ints(shape)], shape, x.dtype), source: x.source ?? x };
  }

  /** An elementwise operator with NumPy broadcasting. If possible, expanded operands are read before their expansion. */
  elementwise(op: string, operands: readonly Value[], dtype: GraphDType, attributes: Attributes = {}): Value {
    const shape = operands.map((v) => v.shape).reduce(broadcastShape);
    const fits = (vs: readonly Value[]) => sameShape(vs.map((v) => v.shape).reduce(broadcastShape), shape);
    let chosen = [...operands];
    for (const [i, v] of operands.entries()) {
      if (!v.source) continue;
      const next = chosen.with(i, v.source);
      if (fits(next)) chosen = next;
    }
    const [a, b] = chosen;
    if (op === "Mul" && b?.fill === 1) return this.expand(a!, shape);
    if (op === "Mul" && a?.fill === 1) return this.expand(b!, shape);
    return this.node(op, chosen, shape, dtype, attributes);
  }
}

/** TensorProto.DataType numbers of the ONNX specification. */
export const elementTypes: { [K in GraphDType]: number } = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 };

export function typedArray(values: ArrayLike<number>, dtype: GraphDType): ConstantData {
  if (dtype === "float32") return Float32Array.from(values);
  if (dtype === "int32") return Int32Array.from(values);
  if (dtype === "bool") return Uint8Array.from(values);
  if (dtype === "float64") return Float64Array.from(values);
  return BigInt64Array.from(Array.from(values, BigInt));
}

/** The shape of an elementwise operation with NumPy broadcasting. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const p = a[a.length - rank + i] ?? 1;
    const q = b[b.length - rank + i] ?? 1;
    return p === 1 ? q : p;
  });
}
