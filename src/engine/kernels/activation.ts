import type { LeakyReluAttrs, SoftmaxAttrs } from "#tf";
import type { Graph, Value } from "../graph.ts";
import { Calculator, real, realOp } from "./calculator.ts";
import { axisOf, input, type Kernels, kernel } from "./call.ts";

const leakyRelu = (graph: Graph, x: Value, alpha: number): Value =>
  graph.node("LeakyRelu", [graph.cast(x, "float32")], x.shape, "float32", { alpha: { float: alpha } });

function prelu(graph: Graph, x: Value, alpha: Value): Value {
  const math = new Calculator(graph);
  return math.where(math.less(x, 0), math.mul(x, alpha), x);
}

const relu6 = (graph: Graph, x: Value): Value =>
  graph.node("Clip", [x, graph.scalar(0, x.dtype), graph.scalar(6, x.dtype)], x.shape);

interface FusedAttrs {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

/** The activation at the end of a fused kernel. */
export function activate(graph: Graph, x: Value, attrs: FusedAttrs, preluWeights: Value | undefined): Value {
  const node = (op: string) => graph.node(op, [x], x.shape);
  switch (attrs.activation ?? "linear") {
    case "linear":
      return x;
    case "relu":
      return node("Relu");
    case "relu6":
      return relu6(graph, x);
    case "elu":
      return node("Elu");
    case "sigmoid":
      return node("Sigmoid");
    case "leakyrelu":
      return leakyRelu(graph, x, attrs.leakyreluAlpha ?? 0.2);
    case "prelu":
      return prelu(graph, x, preluWeights!);
    default:
      throw new Error(
        `compile: the fused activation ${attrs.activation} cannot be traced yet; add it to src/engine/kernels/activation.ts`,
      );
  }
}

const softmax = kernel<SoftmaxAttrs>(({ attrs, graph, inputs }) => {
  const x = graph.cast(inputs.logits!, "float32");
  return graph.node("Softmax", [x], x.shape, x.dtype, { axis: axisOf(attrs.dim, x.shape.length) });
});

export const activation = {
  Elu: realOp("Elu"),
  /** dy·(y + 1) where the output y is negative. */
  EluGrad: (call) => {
    const math = new Calculator(call.graph);
    const [dy, y] = [input(call, "dy"), input(call, "y")];
    return math.where(math.less(y, 0), math.mul(dy, math.add(y, 1)), dy);
  },
  LeakyRelu: kernel<LeakyReluAttrs>((call) => leakyRelu(call.graph, input(call, "x"), call.attrs.alpha)),
  Prelu: (call) => prelu(call.graph, input(call, "x"), input(call, "alpha")),
  Relu: (call) => {
    const x = input(call, "x");
    return x.dtype === "bool" ? x : call.graph.node("Relu", [x], x.shape);
  },
  Relu6: (call) => relu6(call.graph, input(call, "x")),
  Selu: realOp("Selu"),
  Sigmoid: realOp("Sigmoid", "float32"),
  Softmax: softmax,
  /** max(x, 0) + log(1 + e^−|x|): ONNX Runtime's own Softplus is one number after the other, these are vectors and 3 times as fast. */
  Softplus: real((math, x) => {
    const small = math.unary("Exp", math.unary("Neg", math.unary("Abs", x)));
    return math.add(math.unary("Relu", x), math.unary("Log", math.add(small, 1)));
  }),
} satisfies Kernels;
