import { sizeOf } from "../../../src/data/array.ts";
import { stream } from "../../../src/data/random.ts";
import { attributeTypes, ModelProto } from "../../../src/engine/onnx-schema.ts";

/** An input of a node: given at a run, stored in the model, or left out. */
export type Given =
  | { readonly given: readonly number[] }
  | {
      readonly stored: readonly number[];
      readonly type: "float" | "int64" | "bool";
      readonly values?: readonly number[];
    }
  | null;

/** A float attribute; a plain number is an integer. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: Exclude<Given, null> };

export interface NodeCase {
  readonly op: string;
  readonly inputs: readonly Given[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
  readonly opset?: number;
  /** Whether there is a gradient in the given inputs to check; default true. */
  readonly smooth?: boolean;
}

export const given = (...shape: number[]): Given => ({ given: shape });
export const floats = (...shape: number[]): Given => ({ stored: shape, type: "float" });
export const ints = (...values: number[]): Given => ({ stored: [values.length], type: "int64", values });
export const scalar = (value: number, type: "float" | "int64" = "float"): Given => ({
  stored: [],
  type,
  values: [value],
});

const TYPES = { float: 1, int64: 7, bool: 9 } as const;
const bytes = (array: Float32Array | BigInt64Array | Uint8Array) => new Uint8Array(array.buffer);

/** Numbers between .1 and 1.5 of either sign: no function here has a kink that near to one. */
export function numbersFor(shape: readonly number[], name: string, positive = false): Float32Array {
  const random = stream(3, name);
  return Float32Array.from({ length: sizeOf(shape) }, () => {
    const size = 0.1 + 1.4 * random.uniform();
    return positive || random.uniform() < 0.5 ? size : -size;
  });
}

function tensor(name: string, { stored, type, values }: Extract<Given, { stored: unknown }>, positive = false) {
  const own = values ?? [...numbersFor(stored, name, positive)];
  const raw = {
    float: () => bytes(Float32Array.from(own)),
    int64: () => bytes(BigInt64Array.from(own, BigInt)),
    bool: () => Uint8Array.from(own),
  }[type]();
  return { name, dims: stored, data_type: TYPES[type], raw_data: raw };
}

function attribute([name, value]: readonly [string, AttributeValue]) {
  if (typeof value === "number") return { name, i: value, type: attributeTypes.int };
  if (typeof value === "string") return { name, s: new TextEncoder().encode(value), type: attributeTypes.string };
  if ("float" in value) return { name, f: value.float, type: attributeTypes.float };
  if ("floats" in value) return { name, floats: value.floats, type: attributeTypes.floats };
  if ("tensor" in value) {
    return { name, t: tensor(name, value.tensor as Extract<Given, { stored: unknown }>), type: attributeTypes.tensor };
  }
  return { name, ints: value, type: attributeTypes.ints };
}

/** Operators whose second kind of stored numbers, such as variances, must be positive. */
const POSITIVE = new Set(["BatchNormalization", "Pow", "Log", "Sqrt"]);

/** A model of one node: inputs in0, in1, …, outputs out0, out1, … Floating-point outputs alone are outputs of the model if `cast` is not set. */
export function modelOf({ op, inputs, attributes = {}, outputs = 1, opset = 20 }: NodeCase, domain = ""): Uint8Array {
  const named = inputs.map((input, i) => ({ input, name: input ? `in${i}` : "" }));
  const stored = named.flatMap(({ input, name }) =>
    input && "stored" in input ? [tensor(name, input, POSITIVE.has(op))] : [],
  );
  const outs = Array.from({ length: outputs }, (_, i) => `out${i}`);
  const value = (name: string, shape?: readonly number[]) => ({
    name,
    type: { tensor_type: { elem_type: 1, ...(shape && { shape: { dim: shape.map((n) => ({ dim_value: n })) } }) } },
  });
  // whatever the type is, the output is cast to float32
  const casts = outs.map((name) => ({
    ...{ op_type: "Cast", input: [`${name}_raw`], output: [name] },
    attribute: [attribute(["to", 1])],
  }));
  const node = {
    ...{
      op_type: op,
      domain,
      name: "tried",
      input: named.map(({ name }) => name),
      output: outs.map((n) => `${n}_raw`),
    },
    attribute: Object.entries(attributes).map(attribute),
  };
  const model = {
    ...{
      ir_version: 8,
      producer_name: "test",
      opset_import: [{ domain: "", version: opset }, ...(domain ? [{ domain, version: 1 }] : [])],
    },
    graph: {
      ...{ name: "one", node: [node, ...casts], initializer: stored, output: outs.map((name) => value(name)) },
      input: named.flatMap(({ input, name }) => (input && "given" in input ? [value(name, input.given)] : [])),
    },
  };
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}
