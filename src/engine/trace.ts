import * as tf from "#tf";
import type { HostArray } from "../data/array.ts";
import { withBackend } from "./backend.ts";
import type { ConstantData } from "./constant.ts";
import { type DType, Graph, type Value } from "./graph.ts";
import { dtypeOf, isTensor } from "./host.ts";
import { kernels } from "./kernels/index.ts";
import { flatten, type Struct } from "./struct.ts";

tf.enableProdMode(); // before any tensor is made: else tfjs's cpu backend prints an advertisement of its native package

/** The name under which the tracing backend is registered with tfjs. */
const BACKEND = "sketchprior-trace";

type DataId = object;

/** What tracing knows about a tensor: its edge in the graph, or, for a constant, the values it had before. */
interface Traced {
  value?: Value;
  readonly constant?: ConstantData;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * A tfjs backend that computes nothing: every kernel appends ONNX nodes to the current graph.
 * tfjs-core runs unchanged on it, gradients included, because gradients are made of kernels too.
 */
class TraceBackend extends tf.KernelBackend {
  graph = new Graph();
  #data = new Map<DataId, Traced>();
  #captured = new Map<DataId, Traced>();

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): DataId {
    const id = {};
    this.move(id, values, shape, dtype);
    return id;
  }
  override move(id: DataId, values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.#data.set(id, { constant: constantData(values, dtype), shape, dtype: dtype as DType });
  }
  override readSync(id: DataId): tf.backend_util.BackendValues {
    const { constant } = this.#lookup(id);
    if (constant) return constant as tf.backend_util.BackendValues;
    throw new Error(
      "compile: the values of a traced tensor cannot be read (dataSync, array, print, or an operation whose output shape " +
        "depends on values); return the tensor from the function, or choose with tf.where",
    );
  }
  override async read(id: DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(id);
  }
  override disposeData(id: DataId): boolean {
    return this.#data.delete(id);
  }
  override numDataIds(): number {
    return this.#data.size;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override memory() {
    return { unreliable: false };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}

  /**
   * The edge of a tensor in the current graph; a constant enters the graph when it is first used. Constants of other back ends may share their
   * data with a tensor of another shape or dtype, which they were made of.
   */
  edgeOf({ dataId, shape, dtype }: tf.TensorInfo): Value {
    const traced = this.#lookup(dataId);
    traced.value ??= this.graph.constant(traced.constant!, traced.shape, traced.dtype);
    return this.graph.cast(this.graph.reshape(traced.value, shape), dtype as DType);
  }

  /** A tensor for an edge of the graph. */
  infoOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.#data.set(dataId, { value, shape: value.shape, dtype: value.dtype as DType });
    return { dataId, shape: [...value.shape], dtype: value.dtype as DType };
  }

  begin(): void {
    this.graph = new Graph();
    this.#captured.clear();
  }

  /** Tensors made before tracing live on another backend. They are constants, copied when they are first used. */
  #lookup(id: DataId): Traced {
    const own = this.#data.get(id) ?? this.#captured.get(id);
    if (own) return own;
    const info = tf.engine().state.tensorInfo.get(id);
    if (!info)
      throw new Error("compile: a disposed tensor was used; create constants inside the function or keep them");
    const constant = constantData(info.backend.readSync(id), info.dtype);
    const captured: Traced = { constant, shape: info.shape, dtype: info.dtype as DType };
    this.#captured.set(id, captured);
    return captured;
  }
}

function constantData(values: tf.backend_util.BackendValues, dtype: tf.DataType): ConstantData {
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool") {
    throw new TypeError(`compile: tensors must be float32, int32 or bool, got ${dtype}`);
  }
  if (ArrayBuffer.isView(values)) {
    if (dtype === "float32" && values instanceof Float32Array) return values;
    if (dtype === "int32" && values instanceof Int32Array) return values;
    if (dtype === "bool" && values instanceof Uint8Array) return values;
  }
  const numbers = values as ArrayLike<number>;
  if (dtype === "float32") return Float32Array.from(numbers);
  return dtype === "int32" ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

let backend: TraceBackend | undefined;

/** Registers the tracing backend and its kernels with tfjs, once, when something is first compiled. */
function traceBackend(): TraceBackend {
  if (backend) return backend;
  const made = new TraceBackend();
  backend = made;
  tf.registerBackend(BACKEND, () => made, 0);
  const refused = tf.getKernelsForBackend("cpu").filter((k) => !(k.kernelName in kernels));
  for (const { kernelName } of refused) {
    tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc: () => refuse(kernelName) });
  }
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs }) => {
        const entries = Object.entries(inputs).flatMap(([name, info]): [string, Value][] =>
          info ? [[name, made.edgeOf(info)]] : [],
        );
        const list = entries.map(([, value]) => value);
        const out = kernel({ inputs: Object.fromEntries(entries), list, attrs: attrs ?? {}, graph: made.graph });
        return Array.isArray(out) ? out.map((v) => made.infoOf(v)) : made.infoOf(out);
      },
    });
  }
  return made;
}

function refuse(kernelName: string): never {
  throw new Error(
    `compile: the kernel ${kernelName} cannot be traced yet; add it to src/engine/kernels/names.ts and a group beside it ` +
      "(see CONTRIBUTING.md, add a kernel), or run with the engine tfjs",
  );
}

export interface Trace {
  readonly graph: Graph;
  readonly outputs: readonly Value[];
  readonly outputPaths: readonly string[];
  /** The function's result. Its tensors are disposed of; only its structure is used. */
  readonly result: Struct<tf.Tensor>;
}

/** Runs `fn` once on the tracing backend, on tensors like `inputs`. Leaves no tensor behind; restores the active backend. */
export function trace(fn: (tensors: tf.Tensor[]) => Struct<tf.Tensor>, inputs: readonly HostArray[]): Trace {
  const tracer = traceBackend();
  return withBackend(BACKEND, () => record(tracer, fn, inputs));
}

function record(
  tracer: TraceBackend,
  fn: (tensors: tf.Tensor[]) => Struct<tf.Tensor>,
  inputs: readonly HostArray[],
): Trace {
  tracer.begin();
  tf.engine().startScope();
  try {
    const tensors = inputs.map((array) => {
      const info = tracer.infoOf(tracer.graph.input(array.shape, dtypeOf(array)));
      return tf.engine().makeTensorFromTensorInfo(info);
    });
    const result = fn(tensors);
    const leaves = flatten(result, isTensor);
    const outputs = leaves.map(({ value }) => tracer.edgeOf(value));
    return { graph: tracer.graph, outputs, outputPaths: leaves.map((l) => l.path), result };
  } finally {
    tf.engine().endScope();
  }
}
