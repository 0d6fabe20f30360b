import * as tf from "#tf";
import { InputError } from "../../data/errors.ts";
import type { OnnxAttribute, OnnxNode } from "./model.ts";
import type { StoredTensor } from "./tensor.ts";

/** A value while a network is computed. */
export interface Operand {
  readonly tensor: tf.Tensor;
  /** Whether its numbers are known before any input is: they may then be shapes, axes and indices. */
  readonly constant: boolean;
}

/** One operator of a network, with its inputs. */
export interface OperatorCall {
  readonly node: OnnxNode;
  /** Version of the standard operators. */
  readonly opset: number;
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Operand | undefined)[];
  /** The leading axis of the network's first input: as the file fixes it, if it does, and as it is. */
  readonly rows: { readonly declared: number | undefined; readonly given: number };
  /** Begins messages: the file and the operator. */
  readonly who: string;
}

/** A standard ONNX operator in TensorFlow.js, differentiable in its floating-point inputs. */
export type Operator = (call: OperatorCall) => tf.Tensor | tf.Tensor[];
export type Operators = Readonly<Record<string, Operator>>;

/** The i-th input. Errors (InputError): it is left out. */
export const input = ({ inputs, who }: OperatorCall, i: number): tf.Tensor => {
  const found = inputs[i];
  if (!found) throw new InputError(`${who}: expected an input ${i}, got none`);
  return found.tensor;
};

/** The numbers of the i-th input, undefined where it is left out. Errors (InputError): they depend on the network's inputs. */
export function numbers({ inputs, who }: OperatorCall, i: number): readonly number[] | undefined {
  const found = inputs[i];
  if (!found) return undefined;
  if (found.constant) return Array.from(found.tensor.dataSync());
  throw new InputError(`${who}: its input ${i} depends on values that are computed, so that shapes do too`);
}

/** The numbers of the i-th input, or of the attribute that held them in older versions of the operator. */
export const numbersOr = (call: OperatorCall, i: number, attribute: string): readonly number[] | undefined =>
  numbers(call, i) ?? listAttribute(call, attribute);

export const numberAttribute = ({ node }: OperatorCall, name: string, otherwise: number): number => {
  const value: OnnxAttribute | undefined = node.attributes[name];
  return typeof value === "number" ? value : otherwise;
};

export const textAttribute = ({ node }: OperatorCall, name: string, otherwise: string): string => {
  const value = node.attributes[name];
  return typeof value === "string" ? value : otherwise;
};

export const listAttribute = ({ node }: OperatorCall, name: string): readonly number[] | undefined => {
  const value = node.attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
};

export const tensorAttribute = ({ node }: OperatorCall, name: string): StoredTensor | undefined => {
  const value = node.attributes[name];
  return typeof value === "object" && "dtype" in value ? value : undefined;
};

export const tensorOf = ({ data, shape, dtype }: StoredTensor): tf.Tensor =>
  tf.tensor(data as Float32Array, [...shape], dtype);

/** Errors (InputError): an attribute has a value other than those that are computed here. */
export function requireChoice(call: OperatorCall, name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new InputError(
    `${call.who}: ${name}=${value} is not computed here, only ${choices.join(", ")}; export the network with one of them`,
  );
}

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

export const axesOf = (axes: readonly number[], rank: number): number[] => axes.map((axis) => axisOf(axis, rank));

/** The order of axes in which one of them and the last change places; it is its own inverse. */
export function swappedWithLast(axis: number, rank: number): number[] {
  const order = Array.from({ length: rank }, (_, i) => i);
  [order[axis], order[rank - 1]] = [rank - 1, axis];
  return order;
}

/** x repeated to a shape, by NumPy's rules. (The gradients of tfjs's own broadcasts are wrong for some operations and ranks.) */
export const broadcast = (x: tf.Tensor, shape: readonly number[]): tf.Tensor => {
  if (x.rank === shape.length && x.shape.every((n, i) => n === shape[i])) return x;
  if (x.dtype === "bool") return tf.cast(broadcast(tf.cast(x, "int32"), shape), "bool");
  return tf.mul(x, tf.ones([...shape], x.dtype));
};
