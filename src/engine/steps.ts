import type * as Ort from "onnxruntime-node";
import type * as tf from "#tf";
import { fromHost, type HostArray, type HostData, isArray, sizeOf } from "../data/array.ts";
import { type CompileOptions, checkedInputs, embedded, reachableHidden, traceTwice } from "./compile.ts";
import { eager } from "./eager.ts";
import { dtypeOf, isTensor } from "./host.ts";
import { COUNT, encodeLoop } from "./onnx.ts";
import { onnxRuntime, openSession } from "./session.ts";
import { engineSettings } from "./settings.ts";
import { type ArraysOf, flatten, type Struct, type TensorsOf, unflatten } from "./struct.ts";

export interface StepsOptions extends CompileOptions {
  /** The most steps of one call. */
  readonly most: number;
}

/** A step that was traced once, and of which one call runs many. */
export interface CompiledSteps<C, E, O> {
  /**
   * Runs `count` steps, at least 1 and at most `most`, from the carried arrays. `each` has the arrays of all steps below each other, with a leading axis of
   * size `most`; those beyond `count` are not read. Returns what the last step carries on, and what every step told, with a leading axis of size `count`.
   * The same steps give the same bits, however they are divided into calls. The caller must await each run before the next.
   */
  run(carried: C, each: E, count: number): Promise<{ carried: C; told: ArraysOf<O> }>;
  /** Nodes of a step, before ONNX Runtime's own optimisation. */
  readonly nodes: number;
  dispose(): Promise<void>;
}

/**
 * Compiles a step that is run again and again: fn(carried, each) → { carried, told }. `carried` keeps its structure, shapes and dtypes; `each` is what a step
 * gets of its own (random numbers, a step size); `told` is what is kept of every step. The arrays given are examples of one step, as with `compile`.
 * One call runs many steps as an ONNX Loop, so that what they carry stays inside ONNX Runtime. With the engine tfjs they run one by one.
 * Errors: those of `compile`; a step that does not carry on what it was given (RangeError).
 */
export async function compileSteps<
  C extends Struct<HostArray>,
  E extends Struct<HostArray>,
  O extends Struct<tf.Tensor>,
>(
  fn: (carried: TensorsOf<C>, each: TensorsOf<E>) => { carried: TensorsOf<C>; told: O },
  example: { readonly carried: C; readonly each: E },
  options: StepsOptions,
): Promise<CompiledSteps<C, E, O>> {
  const { most } = options;
  const name = options.name ?? (fn.name || "steps");
  const settings = engineSettings(options);
  const state = flatten(example.carried as Struct<HostArray>, isArray, "carried");
  const given = flatten(example.each as Struct<HostArray>, isArray, "each");
  const leaves = [...state, ...given];
  // only shapes and dtypes of these are looked at
  const stacked = given.map(({ path, value: { data, shape } }) => ({
    path,
    value: fromHost<HostData>(data.subarray(0, 0), [most, ...shape]),
  }));
  const call = (tensors: tf.Tensor[]) => {
    const carried = unflatten(example.carried as Struct<HostArray>, isArray, tensors.slice(0, state.length));
    const each = unflatten(example.each as Struct<HostArray>, isArray, tensors.slice(state.length));
    return fn(carried as never, each as never) as unknown as Struct<tf.Tensor>;
  };
  const traced = traceTwice(
    name,
    call,
    leaves.map(({ value }) => value),
  );
  const { graph, outputs } = traced;
  for (const [i, { path, value }] of state.entries()) {
    const [found, wanted] = [outputs[i], `${dtypeOf(value)} [${value.shape}]`];
    const got = `${found?.dtype} [${found?.shape}]`;
    if (got !== wanted) throw new RangeError(`${name}: ${path}: expected to carry on ${wanted}, got ${got}`);
  }
  const result = traced.result as { readonly carried: Struct<tf.Tensor>; readonly told: Struct<tf.Tensor> };
  const structured = (arrays: readonly HostArray[]) => ({
    carried: unflatten(result.carried, isTensor, arrays.slice(0, state.length)) as never,
    told: unflatten(result.told, isTensor, arrays.slice(state.length)) as never,
  });
  const checked = (carried: C, each: E, count: number): HostData[] => {
    if (!(Number.isInteger(count) && count >= 1 && count <= most)) {
      throw new RangeError(`${name}: count: expected an integer from 1 to ${most}, got ${count}`);
    }
    const arrays = [
      ...flatten(carried as Struct<HostArray>, isArray, "carried"),
      ...flatten(each as Struct<HostArray>, isArray, "each"),
    ];
    return checkedInputs(name, [...state, ...stacked], arrays);
  };

  if (settings.engine === "tfjs") {
    const one = await eager(call, leaves);
    return {
      run: async (carried, each, count) => {
        const data = checked(carried, each, count);
        let now = data.slice(0, state.length);
        const told: HostArray[][] = [];
        for (let step = 0; step < count; step++) {
          const own = data.slice(state.length).map((all, i) => {
            const size = sizeOf(given[i]!.value.shape);
            return all.subarray(step * size, (step + 1) * size);
          });
          const found = flatten(one([...now, ...own]), isArray).map(({ value }) => value);
          now = found.slice(0, state.length).map((array) => array.data);
          told.push(found.slice(state.length));
        }
        const last = now.map((array, i) => fromHost(array, state[i]!.value.shape));
        return structured([...last, ...stackedUp(told)]);
      },
      nodes: 0,
      dispose: async () => {},
    };
  }

  const outside = reachableHidden(graph, outputs);
  const embed = embedded(options, outside);
  const session = await openSession(encodeLoop({ graph, outputs, carried: state.length, most }, { embed }), settings);
  const { Tensor } = await onnxRuntime();
  const fixed: Record<string, Ort.Tensor> = {};
  if (!embed)
    for (const c of outside) fixed[c.name] = new Tensor(c.dtype as "float32", c.data as Float32Array, c.shape);
  return {
    run: async (carried, each, count) => {
      const feeds: Record<string, Ort.Tensor> = { ...fixed };
      feeds[COUNT] = new Tensor("int64", BigInt64Array.of(BigInt(count)), []);
      for (const [i, data] of checked(carried, each, count).entries()) {
        const { name: input, dtype, shape } = graph.inputs[i]!;
        const [of, size] = i < state.length ? ["first", shape] : ["all", [most, ...shape]];
        feeds[`${of}-${input}`] = new Tensor(dtype as "float32", data as Float32Array, size as number[]);
      }
      const found = await session.run(feeds);
      const arrays = outputs.map(({ shape }, i) =>
        fromHost(found[`out${i}`]!.data as HostData, i < state.length ? shape : [count, ...shape]),
      );
      return structured(arrays);
    },
    nodes: graph.nodes.length,
    dispose: () => session.release(),
  };
}

/** The arrays of every step, below each other. */
function stackedUp(steps: readonly (readonly HostArray[])[]): HostArray[] {
  return steps[0]!.map(({ data, shape, size }, i) => {
    const all = new (data.constructor as new (length: number) => HostData)(steps.length * size);
    for (const [step, arrays] of steps.entries()) all.set(arrays[i]!.data, step * size);
    return fromHost(all, [steps.length, ...shape]);
  });
}
