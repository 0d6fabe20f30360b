import type { Graph, GraphDType, Value } from "../graph.ts";
import { input, type Kernel, type KernelCall, kernel } from "./call.ts";

type Operand = Value | number;

/** Arithmetic on edges, for kernels that are formulas. Numbers become constants of the other operand's dtype. */
export class Calculator {
  constructor(readonly graph: Graph) {}

  unary = (op: string, x: Value, dtype: GraphDType = x.dtype): Value => this.graph.node(op, [x], x.shape, dtype);
  add = (a: Operand, b: Operand): Value => this.#binary("Add", a, b);
  sub = (a: Operand, b: Operand): Value => this.#binary("Sub", a, b);
  mul = (a: Operand, b: Operand): Value => this.#binary("Mul", a, b);
  div = (a: Operand, b: Operand): Value => this.#binary("Div", a, b);
  greater = (a: Operand, b: Operand): Value => this.#binary("Greater", a, b, "bool");
  less = (a: Operand, b: Operand): Value => this.#binary("Less", a, b, "bool");
  equal = (a: Operand, b: Operand): Value => this.#binary("Equal", a, b, "bool");
  and = (a: Value, b: Value): Value => this.#binary("And", a, b, "bool");
  or = (a: Value, b: Value): Value => this.#binary("Or", a, b, "bool");
  not = (a: Value): Value => this.unary("Not", a);
  where = (condition: Value, a: Operand, b: Operand): Value => {
    const dtype = dtypeOf(a, b);
    return this.graph.elementwise("Where", [condition, this.#value(a, dtype), this.#value(b, dtype)], dtype);
  };

  #value(v: Operand, dtype: GraphDType): Value {
    return typeof v === "number" ? this.graph.scalar(v, dtype) : v;
  }
  #binary(op: string, a: Operand, b: Operand, dtype?: GraphDType): Value {
    const like = dtypeOf(a, b);
    return this.graph.elementwise(op, [this.#value(a, like), this.#value(b, like)], dtype ?? like);
  }
}

function dtypeOf(a: Operand, b: Operand): GraphDType {
  if (typeof a !== "number") return a.dtype;
  return typeof b === "number" ? "float32" : b.dtype;
}

/** A cast like that of tfjs when it stores numbers in arrays of another dtype: towards zero, so 0.5 as bool is false. */
export function store(graph: Graph, x: Value, dtype: GraphDType): Value {
  return graph.cast(dtype === "bool" ? graph.cast(x, "int32") : x, dtype);
}

/**
 * A kernel that is a formula of one real number `x`. For int32 and bool, tfjs computes it in floating point and stores the result in the
 * dtype of `x`, unless `result` names another dtype.
 */
export const real = <Attrs extends object = object>(
  build: (math: Calculator, x: Value, call: KernelCall<Attrs>) => Value,
  result?: GraphDType,
): Kernel =>
  kernel<Attrs>((call) => {
    const x = input(call, "x");
    const y = build(new Calculator(call.graph), call.graph.cast(x, "float32"), call);
    return store(call.graph, y, result ?? x.dtype);
  });

/** A real function that is one ONNX operator. */
export const realOp = (op: string, result?: GraphDType): Kernel => real((math, x) => math.unary(op, x), result);
