import type { ClipByValueAttrs, StepAttrs } from "#tf";
import { broadcastShape, type Graph, type GraphDType, type Value } from "../graph.ts";
import { Calculator, real, realOp, store } from "./calculator.ts";
import { input, type Kernel, type Kernels, kernel } from "./call.ts";

/** A unary operator with the same meaning in ONNX for float32 and int32. */
const numeric =
  (op: string): Kernel =>
  (call) => {
    const x = input(call, "x");
    return numbers(call.graph, [x], ([v]) => call.graph.node(op, [v!], v!.shape));
  };

/** A binary operator with NumPy broadcasting, the same in ONNX for float32 and int32. */
const binary =
  (op: string): Kernel =>
  (call) =>
    numbers(call.graph, [input(call, "a"), input(call, "b")], (vs) => call.graph.elementwise(op, vs, vs[0]!.dtype));

/** ONNX has no arithmetic of booleans, so it is done in int32 and stored as bool again. */
function numbers(graph: Graph, operands: readonly Value[], build: (operands: Value[]) => Value): Value {
  const dtype: GraphDType = operands[0]!.dtype;
  if (dtype !== "bool") return build([...operands]);
  return graph.cast(build(operands.map((v) => graph.cast(v, "int32"))), "bool");
}

/** floor, ceil, round: nothing to do on integers. */
const rounding =
  (op: string): Kernel =>
  (call) => {
    const x = input(call, "x");
    return x.dtype === "float32" ? call.graph.node(op, [x], x.shape) : x;
  };

/** A test of a float. All integers give the same answer. */
const question = (op: "IsNaN" | "IsInf" | "finite"): Kernel =>
  kernel((call) => {
    const x = input(call, "x");
    const math = new Calculator(call.graph);
    if (x.dtype !== "float32") return call.graph.expand(call.graph.scalar(Number(op === "finite"), "bool"), x.shape);
    if (op !== "finite") return math.unary(op, x, "bool");
    return math.not(math.or(math.unary("IsNaN", x, "bool"), math.unary("IsInf", x, "bool")));
  });

/** The remainder with the sign of the divisor; 0 for integers divided by 0, as tfjs stores NaN. */
function modulo(graph: Graph, a: Value, b: Value): Value {
  const math = new Calculator(graph);
  const shape = broadcastShape(a.shape, b.shape);
  if (a.dtype !== "float32") {
    const divisor = math.where(math.equal(b, 0), 1, b); // an integer division by zero would end the process
    return graph.node("Mod", [a, divisor], shape, a.dtype);
  }
  const remainder = (x: Value) => graph.node("Mod", [x, b], shape, "float32", { fmod: 1 });
  const first = remainder(a);
  const sameSign = math.equal(math.less(a, 0), math.less(b, 0));
  return math.where(sameSign, first, remainder(math.add(first, b)));
}

const floorDiv: Kernel = (call) => {
  const [a, b] = [input(call, "a"), input(call, "b")];
  const math = new Calculator(call.graph);
  if (a.dtype === "float32") return call.graph.cast(math.unary("Floor", math.div(a, b)), "int32");
  const [p, q] = [call.graph.cast(a, "int32"), call.graph.cast(b, "int32")];
  const zero = math.equal(q, 0);
  const divisor = math.where(zero, 1, q);
  const towardsZero = math.div(p, divisor);
  const rest = math.sub(p, math.mul(towardsZero, divisor));
  const below = math.and(
    math.not(math.equal(rest, 0)),
    math.not(math.equal(math.less(rest, 0), math.less(divisor, 0))),
  );
  return math.where(zero, 0, math.where(below, math.sub(towardsZero, 1), towardsZero));
};

const clip = kernel<ClipByValueAttrs>(({ attrs, graph, inputs }) => {
  const x = input({ inputs }, "x");
  const bound = (v: number): Value =>
    graph.scalar(x.dtype === "int32" ? Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, v)) : v, x.dtype);
  return graph.node("Clip", [x, bound(attrs.clipValueMin), bound(attrs.clipValueMax)], x.shape);
});

/** log(1 + x) without losing the digits of a small x (Kahan): x · log(u) / (u - 1) with u = 1 + x as rounded. */
const log1p = real((math, x) => {
  const u = math.add(x, 1);
  const log = math.unary("Log", u);
  const small = math.where(math.equal(u, 1), x, math.div(math.mul(log, x), math.sub(u, 1)));
  return math.where(math.less(math.unary("Abs", x), 1), small, log);
});

/** exp(x) - 1 by the same idea: (u - 1) · x / log(u) with u = exp(x) as rounded. */
const expm1 = real((math, x) => {
  const u = math.unary("Exp", x);
  const minus = math.sub(u, 1);
  const small = math.where(math.equal(u, 1), x, math.div(math.mul(minus, x), math.unary("Log", u)));
  return math.where(math.less(math.unary("Abs", x), 0.5), small, minus);
});

const atan2: Kernel = (call) => {
  const { graph } = call;
  const [y, x] = [graph.cast(input(call, "a"), "float32"), graph.cast(input(call, "b"), "float32")];
  const math = new Calculator(graph);
  const angle = math.unary("Atan", math.div(y, x));
  const left = math.where(math.less(y, 0), math.sub(angle, Math.PI), math.add(angle, Math.PI));
  const above = math.where(math.greater(y, 0), Math.PI / 2, math.where(math.less(y, 0), -Math.PI / 2, y));
  const result = math.where(math.greater(x, 0), angle, math.where(math.less(x, 0), left, above));
  return store(graph, result, input(call, "a").dtype);
};

const addN: Kernel = ({ list, graph }) =>
  numbers(graph, list, (vs) => vs.reduce((a, b) => graph.elementwise("Add", [a, b], a.dtype)));

const step = real<StepAttrs>((math, x, { attrs }) =>
  math.where(math.unary("IsNaN", x, "bool"), x, math.where(math.greater(x, 0), 1, attrs.alpha)),
);

const square = (x: Value, graph: Graph) => numbers(graph, [x], ([v]) => new Calculator(graph).mul(v!, v!));

/** tfjs's sign of NaN is 0. */
const sign: Kernel = (call) => {
  const x = input(call, "x");
  const math = new Calculator(call.graph);
  const signed = numeric("Sign")(call) as Value;
  return x.dtype === "float32" ? math.where(math.unary("IsNaN", x, "bool"), 0, signed) : signed;
};

export const math = {
  Abs: numeric("Abs"),
  Acos: realOp("Acos"),
  Acosh: realOp("Acosh"),
  Add: binary("Add"),
  AddN: addN,
  Asin: realOp("Asin"),
  Asinh: realOp("Asinh"),
  Atan: realOp("Atan"),
  Atan2: atan2,
  Atanh: realOp("Atanh"),
  Ceil: rounding("Ceil"),
  ClipByValue: clip,
  Cos: realOp("Cos"),
  Cosh: realOp("Cosh"),
  Erf: realOp("Erf"),
  Exp: realOp("Exp", "float32"),
  Expm1: expm1,
  Floor: rounding("Floor"),
  FloorDiv: floorDiv,
  IsFinite: question("finite"),
  IsInf: question("IsInf"),
  IsNan: question("IsNaN"),
  Log: realOp("Log"),
  Log1p: log1p,
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Mod: (call) => numbers(call.graph, [input(call, "a"), input(call, "b")], ([a, b]) => modulo(call.graph, a!, b!)),
  Multiply: binary("Mul"),
  Neg: numeric("Neg"),
  Pow: binary("Pow"),
  RealDiv: binary("Div"),
  Reciprocal: realOp("Reciprocal"),
  Round: rounding("Round"),
  Rsqrt: real((math, x) => math.unary("Reciprocal", math.unary("Sqrt", x))),
  Sign: sign,
  Sin: realOp("Sin"),
  Sinh: realOp("Sinh"),
  Sqrt: realOp("Sqrt"),
  Square: (call) => square(input(call, "x"), call.graph),
  SquaredDifference: (call) =>
    numbers(call.graph, [input(call, "a"), input(call, "b")], ([a, b]) =>
      square(new Calculator(call.graph).sub(a!, b!), call.graph),
    ),
  Step: step,
  Sub: binary("Sub"),
  Tan: realOp("Tan"),
  Tanh: realOp("Tanh"),
} satisfies Kernels;
