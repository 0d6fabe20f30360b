import * as tf from "#tf";
import { broadcastShape } from "../../graph.ts";
import {
  broadcast,
  input,
  numberAttribute,
  numbers,
  type Operator,
  type OperatorCall,
  type Operators,
  textAttribute,
} from "../call.ts";

const unary =
  (compute: (x: tf.Tensor, call: OperatorCall) => tf.Tensor): Operator =>
  (call) =>
    compute(input(call, 0), call);

const binary =
  (compute: (a: tf.Tensor, b: tf.Tensor, call: OperatorCall) => tf.Tensor): Operator =>
  (call) =>
    compute(input(call, 0), input(call, 1), call);

/** An operation of two tensors on operands of one shape. */
const joined = (compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => (a: tf.Tensor, b: tf.Tensor) => {
  const shape = broadcastShape(a.shape, b.shape);
  return compute(broadcast(a, shape), broadcast(b, shape));
};

/** A comparison, which no gradient goes through. (tfjs would look for one, because `where` passes zeros to its condition.) */
const compared = (compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operator =>
  binary((a, b) => {
    const flat = tf.customGrad(() => ({
      value: compute(a, b),
      gradFunc: () => [tf.zeros(a.shape), tf.zeros(b.shape)],
    }));
    return flat(a, b);
  });

const maximum = joined(tf.maximum);
const minimum = joined(tf.minimum);

/** All inputs joined by an operation of two. */
const folded =
  (compute: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operator =>
  ({ inputs }) =>
    inputs.map((operand) => operand!.tensor).reduce(compute);

/** Where an activation is the identity above 0: relu(x) + f(min(x, 0)), with f(0) = 0. */
const below = (x: tf.Tensor, f: (negative: tf.Tensor) => tf.Tensor): tf.Tensor =>
  tf.add(tf.relu(x), f(tf.neg(tf.relu(tf.neg(x)))));

/** [0, 1] of ax + b. */
const hardSigmoid = (x: tf.Tensor, a: number, b: number): tf.Tensor => tf.clipByValue(tf.add(tf.mul(a, x), b), 0, 1);

/** Powers by an exponent that is known and simple have simple gradients, also at 0. */
const power = binary((base, exponent, call) => {
  const known = call.inputs[1]!.constant && exponent.size === 1 ? numbers(call, 1)![0] : undefined;
  if (known === 1) return base;
  if (known === 2) return tf.square(base);
  if (known === 0.5) return tf.sqrt(base);
  if (known === -0.5) return tf.rsqrt(base);
  return tf.pow(base, exponent);
});

/** The remainder, with the sign of b; with fmod=1 that of a, a − b trunc(a/b). */
const modulo = binary((a, b, call) =>
  numberAttribute(call, "fmod", 0) === 0 ? tf.mod(a, b) : tf.mul(tf.sign(a), tf.mod(tf.abs(a), tf.abs(b))),
);

const FLOAT32 = 3.4028234663852886e38;

const clip: Operator = (call) => {
  const [low, high] = [numbers(call, 1)?.[0], numbers(call, 2)?.[0]];
  return tf.clipByValue(
    input(call, 0),
    low ?? numberAttribute(call, "min", -FLOAT32),
    high ?? numberAttribute(call, "max", FLOAT32),
  );
};

/** x Φ(x), with Φ the normal distribution or its usual approximation. */
const gelu = unary((x, call) => {
  const inner =
    textAttribute(call, "approximate", "none") === "tanh"
      ? tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x))))))
      : tf.erf(tf.mul(Math.SQRT1_2, x));
  return tf.mul(tf.mul(0.5, x), tf.add(1, inner));
});

const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

/** Element by element, with NumPy's broadcasting. */
export const elementwise: Operators = {
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  Div: binary(tf.div),
  Mod: modulo,
  Pow: power,
  Max: folded(maximum),
  Min: folded(minimum),
  Sum: folded(tf.add),
  Mean: (call) => tf.div(folded(tf.add)(call) as tf.Tensor, call.inputs.length),
  Neg: unary(tf.neg),
  Abs: unary(tf.abs),
  Sqrt: unary(tf.sqrt),
  Reciprocal: unary((x) => tf.div(1, x)),
  Exp: unary(tf.exp),
  Log: unary(tf.log),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Erf: unary(tf.erf),
  Sign: unary(tf.sign),
  Floor: unary(tf.floor),
  Ceil: unary(tf.ceil),
  Round: unary(tf.round),

  Relu: unary(tf.relu),
  LeakyRelu: unary((x, call) => tf.leakyRelu(x, numberAttribute(call, "alpha", 0.01))),
  PRelu: binary((x, slope) => below(x, (negative) => tf.mul(slope, negative))),
  Elu: unary((x, call) => below(x, (v) => tf.mul(numberAttribute(call, "alpha", 1), tf.expm1(v)))),
  Celu: unary((x, call) => {
    const alpha = numberAttribute(call, "alpha", 1);
    return below(x, (v) => tf.mul(alpha, tf.expm1(tf.div(v, alpha))));
  }),
  Selu: unary((x, call) => {
    const alpha = numberAttribute(call, "alpha", SELU.alpha);
    const scaled = below(x, (v) => tf.mul(alpha, tf.expm1(v)));
    return tf.mul(numberAttribute(call, "gamma", SELU.gamma), scaled);
  }),
  Sigmoid: unary(tf.sigmoid),
  HardSigmoid: unary((x, call) =>
    hardSigmoid(x, numberAttribute(call, "alpha", 0.2), numberAttribute(call, "beta", 0.5)),
  ),
  HardSwish: unary((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Tanh: unary(tf.tanh),
  Softplus: unary(tf.softplus),
  Softsign: unary((x) => tf.div(x, tf.add(1, tf.abs(x)))),
  Mish: unary((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Gelu: gelu,
  Clip: clip,

  Equal: compared(tf.equal),
  Greater: compared(tf.greater),
  GreaterOrEqual: compared(tf.greaterEqual),
  Less: compared(tf.less),
  LessOrEqual: compared(tf.lessEqual),
  Not: unary(tf.logicalNot),
  And: compared(joined(tf.logicalAnd)),
  Or: compared(joined(tf.logicalOr)),
  Where: (call) => {
    const [condition, yes, no] = [input(call, 0), input(call, 1), input(call, 2)];
    const shape = [condition, yes, no].map((t) => t.shape).reduce(broadcastShape);
    return tf.where(broadcast(condition, shape), broadcast(yes, shape), broadcast(no, shape));
  },
};
