import type { ClipByValueAttrs, LeakyReluAttrs, StepAttrs } from "@tensorflow/tfjs";
import type { Kernel } from "./call.ts";
import { input } from "./call.ts";
import { binary, formula, unary, unaryFloat } from "./elementwise.ts";
import { batchMatMul } from "./matmul.ts";
import { reduce } from "./reduce.ts";
import { cast, concat, expandDims, fill, identity, like, pack, reshape, transpose } from "./shape.ts";

/** Every tfjs kernel that can be traced. To add one: its name here, its entry below, a case in test/engine/kernels. */
export const kernelNames = [
  "Abs",
  "Add",
  "AddN",
  "BatchMatMul",
  "Cast",
  "ClipByValue",
  "Concat",
  "Cos",
  "Equal",
  "Exp",
  "ExpandDims",
  "Fill",
  "Greater",
  "GreaterEqual",
  "Identity",
  "LeakyRelu",
  "Less",
  "LessEqual",
  "Log",
  "LogicalAnd",
  "LogicalNot",
  "Max",
  "Maximum",
  "Mean",
  "Minimum",
  "Multiply",
  "Neg",
  "OnesLike",
  "Pack",
  "Pow",
  "RealDiv",
  "Relu",
  "Reshape",
  "Rsqrt",
  "Select",
  "Sigmoid",
  "Sign",
  "Sin",
  "Sqrt",
  "Square",
  "SquaredDifference",
  "Step",
  "Sub",
  "Sum",
  "Tanh",
  "Transpose",
  "ZerosLike",
] as const;
export type KernelName = (typeof kernelNames)[number];

export const kernels: { readonly [K in KernelName]: Kernel } = {
  Abs: unary("Abs"),
  Add: binary("Add"),
  AddN: (call) => call.list.reduce((a, b) => call.graph.elementwise("Add", [a, b], a.dtype)),
  BatchMatMul: batchMatMul,
  Cast: cast,
  ClipByValue: formula<ClipByValueAttrs>((math, { attrs, graph }) => {
    const x = math.x();
    return graph.node(
      "Clip",
      [x, graph.scalar(attrs.clipValueMin, x.dtype), graph.scalar(attrs.clipValueMax, x.dtype)],
      x.shape,
    );
  }),
  Concat: concat,
  Cos: unaryFloat("Cos"),
  Equal: binary("Equal", "bool"),
  Exp: unaryFloat("Exp"),
  ExpandDims: expandDims,
  Fill: fill,
  Greater: binary("Greater", "bool"),
  GreaterEqual: binary("GreaterOrEqual", "bool"),
  Identity: identity,
  LeakyRelu: formula<LeakyReluAttrs>((math, { attrs, graph }) =>
    graph.node("LeakyRelu", [math.float()], math.x().shape, "float32", { alpha: { float: attrs.alpha } }),
  ),
  Less: binary("Less", "bool"),
  LessEqual: binary("LessOrEqual", "bool"),
  Log: unaryFloat("Log"),
  LogicalAnd: binary("And", "bool"),
  LogicalNot: unary("Not"),
  Max: reduce("ReduceMax"),
  Maximum: binary("Max"),
  Mean: reduce("ReduceMean", "float32"),
  Minimum: binary("Min"),
  Multiply: binary("Mul"),
  Neg: unary("Neg"),
  OnesLike: like(1),
  Pack: pack,
  Pow: binary("Pow"),
  RealDiv: binary("Div"),
  Relu: unary("Relu"),
  Reshape: reshape,
  Rsqrt: formula((math) => math.unary("Reciprocal", math.unary("Sqrt", math.float()))),
  Select: (call) => {
    const t = input(call, "t");
    return call.graph.elementwise("Where", [input(call, "condition"), t, input(call, "e")], t.dtype);
  },
  Sigmoid: unaryFloat("Sigmoid"),
  Sign: unary("Sign"),
  Sin: unaryFloat("Sin"),
  Sqrt: unaryFloat("Sqrt"),
  Square: formula((math) => math.mul(math.x(), math.x())),
  SquaredDifference: formula((math) => {
    const d = math.sub(math.x("a"), math.x("b"));
    return math.mul(d, d);
  }),
  Step: formula<StepAttrs>((math, { attrs }) => {
    const x = math.x();
    return math.where(math.unary("IsNaN", x, "bool"), x, math.where(math.greater(x, 0), 1, attrs.alpha));
  }),
  Sub: binary("Sub"),
  Sum: reduce("ReduceSum"),
  Tanh: unaryFloat("Tanh"),
  Transpose: transpose,
  ZerosLike: like(0),
};
