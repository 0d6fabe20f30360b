import { Calculator } from "./calculator.ts";
import { input, type Kernel, type Kernels } from "./call.ts";

/** A comparison. ONNX orders only numbers, so booleans are compared as integers. */
const compare =
  (op: string): Kernel =>
  (call) => {
    const operands = [input(call, "a"), input(call, "b")];
    const ordered =
      op === "Equal" ? operands : operands.map((v) => (v.dtype === "bool" ? call.graph.cast(v, "int32") : v));
    return call.graph.elementwise(op, ordered, "bool");
  };

const logical =
  (op: string): Kernel =>
  (call) =>
    call.graph.elementwise(op, [input(call, "a"), input(call, "b")], "bool");

export const logic = {
  Equal: compare("Equal"),
  Greater: compare("Greater"),
  GreaterEqual: compare("GreaterOrEqual"),
  Less: compare("Less"),
  LessEqual: compare("LessOrEqual"),
  LogicalAnd: logical("And"),
  LogicalNot: (call) => new Calculator(call.graph).not(input(call, "x")),
  LogicalOr: logical("Or"),
  NotEqual: (call) =>
    new Calculator(call.graph).not(call.graph.elementwise("Equal", [input(call, "a"), input(call, "b")], "bool")),
  Select: (call) => {
    const { graph } = call;
    const [t, e] = [input(call, "t"), input(call, "e")];
    const dtype = t.dtype === "float32" || e.dtype === "float32" ? "float32" : t.dtype === "bool" ? e.dtype : t.dtype;
    const computed = dtype === "bool" ? "int32" : dtype; // ONNX Runtime has no Where of booleans
    const operands = [input(call, "condition"), graph.cast(t, computed), graph.cast(e, computed)];
    return graph.cast(graph.elementwise("Where", operands, computed), dtype);
  },
} satisfies Kernels;
