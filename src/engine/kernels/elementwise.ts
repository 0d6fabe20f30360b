import type { GraphDType, Value } from "../graph.ts";
import { input, type Kernel, type KernelCall, kernel } from "./call.ts";

/** A unary kernel with an ONNX operator of the same meaning and dtype. */
export const unary =
  (op: string): Kernel =>
  (call) => {
    const x = input(call, "x");
    return call.graph.node(op, [x], x.shape);
  };

/** A unary kernel whose tfjs result is float32 whatever comes in. */
export const unaryFloat =
  (op: string): Kernel =>
  (call) => {
    const x = call.graph.cast(input(call, "x"), "float32");
    return call.graph.node(op, [x], x.shape);
  };

/** A binary kernel with NumPy broadcasting; `dtype` is the result's where it is not the operands'. */
export const binary =
  (op: string, dtype?: GraphDType): Kernel =>
  (call) => {
    const a = input(call, "a");
    return call.graph.elementwise(op, [a, input(call, "b")], dtype ?? a.dtype);
  };

/** A kernel written as a formula of other operators. */
export const formula = <Attrs extends object = object>(
  build: (math: Calculator, call: KernelCall<Attrs>) => Value,
): Kernel => kernel<Attrs>((call) => build(new Calculator(call as KernelCall<never>), call));

/** Arithmetic on edges, for kernels that ONNX lacks. Numbers become constants of the other operand's dtype. */
export class Calculator {
  constructor(readonly call: KernelCall<never>) {}
  x = (name = "x"): Value => input(this.call, name);
  float = (name = "x"): Value => this.call.graph.cast(this.x(name), "float32");
  unary = (op: string, x: Value, dtype: GraphDType = x.dtype): Value => this.call.graph.node(op, [x], x.shape, dtype);
  add = (a: Value | number, b: Value | number): Value => this.#binary("Add", a, b);
  sub = (a: Value | number, b: Value | number): Value => this.#binary("Sub", a, b);
  mul = (a: Value | number, b: Value | number): Value => this.#binary("Mul", a, b);
  div = (a: Value | number, b: Value | number): Value => this.#binary("Div", a, b);
  greater = (a: Value | number, b: Value | number): Value => this.#binary("Greater", a, b, "bool");
  where = (condition: Value, a: Value | number, b: Value | number): Value => {
    const dtype = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "float32";
    return this.call.graph.elementwise("Where", [condition, this.#value(a, dtype), this.#value(b, dtype)], dtype);
  };
  #value(v: Value | number, dtype: GraphDType): Value {
    return typeof v === "number" ? this.call.graph.scalar(v, dtype) : v;
  }
  #binary(op: string, a: Value | number, b: Value | number, dtype?: GraphDType): Value {
    const like = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "float32";
    return this.call.graph.elementwise(op, [this.#value(a, like), this.#value(b, like)], dtype ?? like);
  }
}
