import type * as Ort from "onnxruntime-node";
import type * as tf from "#tf";
import { contiguous, fromHost, type HostArray, type HostData, isArray, sameShape } from "../data/array.ts";
import { sameBits } from "./constant.ts";
import { eager } from "./eager.ts";
import type { Constant, DType, Graph, Value } from "./graph.ts";
import { dtypeOf, isTensor } from "./host.ts";
import { encodeOnnx, type OnnxOptions, reachable } from "./onnx.ts";
import { onnxRuntime, openSession, type Session } from "./session.ts";
import { type EngineSettings, engineSettings } from "./settings.ts";
import { type ArraysOf, flatten, type Leaf, type Struct, type TensorsOf, unflatten } from "./struct.ts";
import { type Trace, trace } from "./trace.ts";

export interface CompileOptions extends Partial<EngineSettings> {
  /** Name of the function in messages; default its own name. */
  readonly name?: string;
  /**
   * Whether large constants become part of the graph: ONNX Runtime then packs matrices for its products once, not in every run. For functions that run
   * many times; equal functions with other constants no longer share a session. Constants of more than 256 MB stay outside. Default false.
   */
  readonly embed?: boolean;
}

/** Most bytes of constants inside a graph, far below the 2 GB that one may have. */
const MOST_EMBEDDED = 2 ** 28;

/** Whether constants are to be inside the graph, and may. */
export const embedded = ({ embed }: CompileOptions, constants: readonly Constant[]): boolean =>
  Boolean(embed) && constants.reduce((sum, c) => sum + c.data.byteLength, 0) <= MOST_EMBEDDED;

/** A function that was traced once and now runs as one ONNX graph (or op by op, with the engine tfjs). */
export interface Compiled<I, O> {
  /**
   * Runs the function. The arrays must have the shapes and dtypes it was compiled for. The caller must await each run before the next. An array in `into` by the path of an
   * output is overwritten by it and is what the result holds. Large outputs come faster to a place that is there already.
   */
  run(inputs: I, into?: Readonly<Record<string, HostData>>): Promise<O>;
  /** The graph as an ONNX model with every constant inside. By default inputs and outputs are named by their paths. */
  toOnnx(options?: Omit<OnnxOptions, "embed">): Uint8Array;
  /** Nodes of the graph, before ONNX Runtime's own optimisation. */
  readonly nodes: number;
  /** Releases the native session. The compiled function cannot run afterwards. */
  dispose(): Promise<void>;
}

/**
 * Traces the pure function `fn` over tfjs tensors once and returns it compiled.
 *
 * `inputs` is an array, or a nested list or record of arrays. They are examples: the function is compiled for their shapes and dtypes, not
 * for their values. `fn` gets the same structure of tensors and returns a tensor or a nested structure of them. Gradients (`tf.grads`,
 * `tf.valueAndGrad`) may appear inside. Tensors and typed arrays that `fn` closes over become constants: copies of their present values.
 * (The engine tfjs runs `fn` again every time, so there they must not be changed.)
 *
 * Errors: a kernel that cannot be traced (named, with the file to add it in), reading a traced tensor's values, and a
 * function that is not pure (it draws random numbers or keeps state: two traces differ).
 */
export async function compile<I extends Struct<HostArray>, O extends Struct<tf.Tensor>>(
  fn: (inputs: TensorsOf<I>) => O,
  inputs: I,
  options: CompileOptions = {},
): Promise<Compiled<I, ArraysOf<O>>> {
  const name = options.name ?? (fn.name || "compile");
  const settings = engineSettings(options);
  const example = inputs as Struct<HostArray>;
  const leaves = flatten(example, isArray);
  const examples = leaves.map((l) => l.value);
  const call = (tensors: tf.Tensor[]) => fn(unflatten(example, isArray, tensors) as never);
  const check = (given: unknown): HostData[] =>
    checkedInputs(name, leaves, flatten(given as Struct<HostArray>, isArray));

  if (settings.engine === "tfjs") {
    const run = await eager(call, leaves);
    return {
      run: async (given, into) => {
        const result = (await run(check(given))) as Struct<HostArray>;
        if (!into) return result as never;
        const placed = flatten(result, isArray).map(({ path, value }) => placedIn(into[path], value));
        return unflatten(result, isArray, placed) as never;
      },
      toOnnx: (opts) => encode(traceTwice(name, call, examples), leaves, { ...opts, embed: true }),
      nodes: 0,
      dispose: async () => {},
    };
  }
  const traced = traceTwice(name, call, examples);
  const { graph, outputs } = traced;
  const outside = reachableHidden(graph, outputs);
  const embed = embedded(options, outside);
  const session = await openSession(encodeOnnx(graph, outputs, { embed }), settings);
  const runner = await feeder(graph, outputs, session, embed ? [] : outside);
  let disposed = false;
  return {
    run: async (given, into) => {
      if (disposed) throw new Error(`${name}: was disposed; compile it again`);
      const results = await runner(check(given), into && traced.outputPaths.map((path) => into[path]));
      return unflatten(traced.result, isTensor, results) as never;
    },
    toOnnx: (opts) => encode(traced, leaves, { ...opts, embed: true }),
    nodes: graph.nodes.length,
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      await session.release();
    },
  };
}

/** A result, in the given place if there is one. */
function placedIn(place: HostData | undefined, result: HostArray): HostArray {
  if (!place) return result;
  place.set(contiguous(result));
  return fromHost(place, result.shape);
}

/** Traces twice: equal graphs with equal constants mean that the function is pure, as far as tracing can see. */
export function traceTwice(
  name: string,
  call: (tensors: tf.Tensor[]) => Struct<tf.Tensor>,
  examples: readonly HostArray[],
): Trace {
  const first = trace(call, examples);
  const second = trace(call, examples);
  const [bytes, again] = [first, second].map((t) => encodeOnnx(t.graph, t.outputs));
  const same =
    bytes!.length === again!.length &&
    bytes!.every((v, i) => v === again![i]) &&
    first.graph.hidden.every((c, i) => sameBits(c.data, second.graph.hidden[i]!.data));
  if (!same) {
    throw new Error(
      `${name}: is not pure, two traces of it differ (does it draw random numbers or keep state?); ` +
        "pass random numbers and state in as inputs",
    );
  }
  return first;
}

export function checkedInputs(
  name: string,
  expected: readonly Leaf<HostArray>[],
  given: readonly Leaf<HostArray>[],
): HostData[] {
  if (given.length !== expected.length) {
    throw new TypeError(
      `${name}: expected ${expected.length} arrays (${paths(expected)}), got ${given.length} (${paths(given)})`,
    );
  }
  return given.map(({ path, value }, i) => {
    const want = expected[i]!;
    const dtype = dtypeOf(want.value);
    if (path !== want.path) throw new TypeError(`${name}: expected an input "${want.path}", got "${path}"`);
    if (!sameShape(value.shape, want.value.shape) || dtypeOf(value) !== dtype) {
      throw new TypeError(
        `${name}: input ${path || "value"}: expected ${dtype} [${want.value.shape}], got ${dtypeOf(value)} [${value.shape}]; ` +
          "compile it again for other shapes",
      );
    }
    return contiguous(value);
  });
}

const paths = (leaves: readonly Leaf<unknown>[]): string => leaves.map((l) => l.path || "value").join(", ");

function encode(traced: Trace, leaves: readonly Leaf<HostArray>[], options: OnnxOptions): Uint8Array {
  const inputNames = options.inputNames ?? leaves.map((l, i) => l.path || `in${i}`);
  const outputNames = options.outputNames ?? traced.outputPaths.map((path, i) => path || `out${i}`);
  return encodeOnnx(traced.graph, traced.outputs, { ...options, inputNames, outputNames });
}

/** Constants outside the graph that the outputs depend on. */
export function reachableHidden(graph: Graph, outputs: readonly Value[]): readonly Constant[] {
  const used = reachable(graph, outputs);
  return graph.hidden.filter((c) => used.has(c.name));
}

/** Passes host arrays to the session: constants outside the graph once, inputs at every run. Returns the outputs in order. */
async function feeder(graph: Graph, outputs: readonly Value[], session: Session, outside: readonly Constant[]) {
  const { Tensor } = await onnxRuntime();
  const tensor = (data: Constant["data"], { dtype, shape }: Value) =>
    new Tensor(dtype as DType, data as Float32Array, [...shape]);
  const fixed: Record<string, Ort.Tensor> = {};
  for (const c of outside) fixed[c.name] = tensor(c.data, c);
  return async (data: readonly HostData[], into?: readonly (HostData | undefined)[]): Promise<HostArray[]> => {
    const feeds = { ...fixed };
    graph.inputs.forEach((value, i) => {
      feeds[value.name] = tensor(data[i]!, value);
    });
    const places = into && outputs.map((value, i) => [`out${i}`, into[i] ? tensor(into[i], value) : null] as const);
    const results = await session.run(feeds, places && Object.fromEntries(places));
    return outputs.map((value, i) => fromHost(into?.[i] ?? (results[`out${i}`]!.data as HostData), value.shape));
  };
}
