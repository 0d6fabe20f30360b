import * as tf from "#tf";
import { broadcastShape } from "../../graph.ts";
import { broadcast, input, numberAttribute, type Operator, type Operators } from "../call.ts";

/** Products of matrices over leading axes; a vector is a row or a column. */
const matMul: Operator = (call) => {
  const [a, b] = [input(call, 0), input(call, 1)];
  const left = a.rank === 1 ? tf.reshape(a, [1, -1]) : a;
  const right = b.rank === 1 ? tf.reshape(b, [-1, 1]) : b;
  const product = matrices(left, right);
  const shape = [...product.shape];
  if (b.rank === 1) shape.pop();
  if (a.rank === 1) shape.splice(b.rank === 1 ? -1 : -2, 1);
  return tf.reshape(product, shape);
};

function matrices(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [k, columns] = b.shape.slice(-2) as [number, number];
  if (b.rank === 2) {
    const rows = tf.matMul(tf.reshape(a, [-1, k]), b as tf.Tensor2D);
    return tf.reshape(rows, [...a.shape.slice(0, -1), columns]);
  }
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return tf.matMul(broadcast(a, [...batch, ...a.shape.slice(-2)]), broadcast(b, [...batch, k, columns]));
}

/** αA'B' + βC. */
const gemm: Operator = (call) => {
  const [a, b, c] = [input(call, 0), input(call, 1), call.inputs[2]?.tensor];
  const [alpha, beta] = [numberAttribute(call, "alpha", 1), numberAttribute(call, "beta", 1)];
  const turned = (name: string) => numberAttribute(call, name, 0) !== 0;
  const product = tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, turned("transA"), turned("transB"));
  const scaled = alpha === 1 ? product : tf.mul(alpha, product);
  if (!c) return scaled;
  return tf.add(scaled, beta === 1 ? c : tf.mul(beta, c));
};

export const linear: Operators = { MatMul: matMul, Gemm: gemm };
