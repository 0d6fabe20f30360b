import type { NamedAttrMap } from "#tf";
import type { Graph, Value } from "../graph.ts";
import type { KernelName } from "./names.ts";

/** What a kernel gets: its traced inputs by tfjs name (or as a list, for Concat, Pack and AddN), its attributes, the graph. */
export interface KernelCall<Attrs extends object = NamedAttrMap> {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly list: readonly Value[];
  readonly attrs: Attrs;
  readonly graph: Graph;
}

/** Emits the ONNX nodes of one tfjs kernel and returns its output edges, with tfjs shapes and dtypes. */
export type Kernel = (call: KernelCall) => Value | Value[];

/** Some rows of the kernel table; a name that is not in names.ts does not compile. */
export type Kernels = { readonly [K in KernelName]?: Kernel };

/** Gives a kernel the attribute type that tfjs publishes for it; tfjs itself passes attributes untyped. */
export const kernel = <Attrs extends object>(build: (call: KernelCall<Attrs>) => Value | Value[]): Kernel =>
  build as unknown as Kernel;

/** The input called `name`. tfjs guarantees it; if it is missing, the kernel table is wrong. */
export function input(call: Pick<KernelCall, "inputs">, name: string): Value {
  const value = call.inputs[name];
  if (!value) throw new Error(`kernel: input ${name} is missing, got ${Object.keys(call.inputs).join(", ")}`);
  return value;
}

/** An axis counted from the front; tfjs lets many attributes count from the back. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
