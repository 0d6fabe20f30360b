import { sizeOf } from "../../data/array.ts";
import { InputError, messageOf } from "../../data/errors.ts";
import { attributeTypes, ModelProto } from "../onnx-schema.ts";
import {
  dtypeOfType,
  locationsOf,
  type ReadBeside,
  type StoredTensor,
  storedTensor,
  type TensorProto,
} from "./tensor.ts";

/** What an ONNX file of another program says of its network. */
export interface OnnxHeader {
  /** The file, as messages name it. */
  readonly where: string;
  /** What wrote it: `pytorch 2.9.0`. */
  readonly producer: string;
  /** Version of the standard operators. */
  readonly opset: number;
  /** Inputs without those that are stored tensors. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Names of its operators, each once, in the order of their first use; with their domain, if it is not the standard one. */
  readonly operators: readonly string[];
  /** Numbers in stored tensors. */
  readonly weights: number;
  /** The files beside it in which it keeps tensors, as it names them, each once. */
  readonly external: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** A network that another program wrote as an ONNX file. */
export interface OnnxModel extends OnnxHeader {
  /** In an order in which each can be computed. */
  readonly nodes: readonly OnnxNode[];
  readonly stored: ReadonlyMap<string, StoredTensor>;
}

export interface OnnxValue {
  readonly name: string;
  /** A number, or undefined where any size is taken. */
  readonly shape: readonly (number | undefined)[];
  /** Undefined for a type that TensorFlow.js has nothing like. */
  readonly dtype: StoredTensor["dtype"] | undefined;
}

export type OnnxAttribute = number | string | readonly number[] | readonly string[] | StoredTensor;

export interface OnnxNode {
  /** Its operator, with the domain if that is not the standard one. */
  readonly op: string;
  readonly name: string;
  /** Empty names stand for optional inputs that are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

interface Protos {
  readonly producer_name?: string;
  readonly producer_version?: string;
  readonly opset_import?: readonly { readonly domain?: string; readonly version?: number }[];
  readonly metadata_props?: readonly { readonly key: string; readonly value: string }[];
  readonly graph?: {
    readonly node?: readonly NodeProto[];
    readonly initializer?: readonly TensorProto[];
    readonly input?: readonly ValueProto[];
    readonly output?: readonly ValueProto[];
  };
}

interface ValueProto {
  readonly name: string;
  readonly type?: {
    readonly tensor_type?: {
      readonly elem_type?: number;
      readonly shape?: { readonly dim?: readonly { readonly dim_value?: number; readonly dim_param?: string }[] };
    };
  };
}

interface AttributeProto {
  readonly name: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly number[];
  readonly strings?: readonly Uint8Array[];
}

interface NodeProto {
  readonly op_type: string;
  readonly domain?: string;
  readonly name?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly AttributeProto[];
}

/**
 * Reads what an ONNX file says of its network, without its tensors; `where` names it in messages.
 * Errors (InputError): bytes that are no ONNX model.
 */
export const onnxHeader = (bytes: Uint8Array, where: string): OnnxHeader => headerOf(parsed(bytes, where), where);

/**
 * Reads an ONNX file; `read` gives the files beside it in which it keeps tensors.
 * Errors (InputError): those of `onnxHeader`, tensors of types that are not read, missing files.
 */
export async function decodeOnnx(bytes: Uint8Array, where: string, read: ReadBeside): Promise<OnnxModel> {
  const proto = parsed(bytes, where);
  const { node = [], initializer = [] } = proto.graph!;
  const stored = new Map<string, StoredTensor>();
  for (const tensor of initializer) stored.set(tensor.name ?? "", await storedTensor(tensor, read, where));
  const nodes: OnnxNode[] = [];
  for (const { op_type, domain = "", name = "", input = [], output = [], attribute = [] } of node) {
    const attributes: [string, OnnxAttribute][] = [];
    for (const own of attribute) {
      const value = await attributeOf(own, read, where);
      if (value !== undefined) attributes.push([own.name, value]);
    }
    nodes.push({
      ...{ op: titleOf({ op_type, domain }), name, inputs: input, outputs: output },
      attributes: Object.fromEntries(attributes),
    });
  }
  return { ...headerOf(proto, where), nodes, stored };
}

const isStandard = (domain: string): boolean => domain === "" || domain === "ai.onnx";

const titleOf = ({ op_type, domain = "" }: Pick<NodeProto, "op_type" | "domain">): string =>
  isStandard(domain) ? op_type : `${domain}.${op_type}`;

function headerOf(proto: Protos, where: string): OnnxHeader {
  const { node = [], initializer = [], input = [], output = [] } = proto.graph!;
  const names = new Set(initializer.map(({ name }) => name));
  return {
    where,
    producer: [proto.producer_name, proto.producer_version?.split("+")[0]].filter(Boolean).join(" "),
    opset: proto.opset_import?.find(({ domain = "" }) => isStandard(domain))?.version ?? 1,
    inputs: input.filter(({ name }) => !names.has(name)).map(valueInfo),
    outputs: output.map(valueInfo),
    operators: [...new Set(node.map(titleOf))],
    weights: initializer.reduce((sum, { dims = [] }) => sum + sizeOf(dims), 0),
    external: locationsOf([
      ...initializer,
      ...node.flatMap(({ attribute = [] }) => attribute.flatMap(({ t }) => t ?? [])),
    ]),
    metadata: Object.fromEntries((proto.metadata_props ?? []).map(({ key, value }) => [key, value])),
  };
}

function parsed(bytes: Uint8Array, where: string): Protos {
  let proto: Protos;
  try {
    proto = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number });
  } catch (error) {
    throw new InputError(`${where}: is no ONNX model (${messageOf(error)}); export the network again`);
  }
  if (proto.graph?.node?.length) return proto;
  throw new InputError(`${where}: is no ONNX model, it holds no operators; export the network again`);
}

function valueInfo({ name, type }: ValueProto): OnnxValue {
  const { elem_type = 0, shape } = type?.tensor_type ?? {};
  const sizes = (shape?.dim ?? []).map(({ dim_value }) => (dim_value && dim_value > 0 ? dim_value : undefined));
  return { name, shape: sizes, dtype: dtypeOfType(elem_type) };
}

/** Undefined for what no operator here uses: the graphs of loops and conditions. */
async function attributeOf(
  { name, type, f, i, s, t, floats, ints, strings }: AttributeProto,
  read: ReadBeside,
  where: string,
): Promise<OnnxAttribute | undefined> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (type === attributeTypes.float) return f ?? 0;
  if (type === attributeTypes.int) return i ?? 0;
  if (type === attributeTypes.string) return text(s ?? new Uint8Array(0));
  if (type === attributeTypes.floats) return floats ?? [];
  if (type === attributeTypes.ints) return ints ?? [];
  if (type === attributeTypes.strings) return (strings ?? []).map(text);
  if (type === attributeTypes.tensor && t) return storedTensor({ name, ...t }, read, where);
  return undefined;
}
