import type * as tf from "#tf";
import { InputError, messageOf } from "../../data/errors.ts";
import { withBackend } from "../backend.ts";
import { type Operand, type OperatorCall, tensorOf } from "./call.ts";
import type { OnnxModel } from "./model.ts";
import { ofShapes, operators } from "./operators/index.ts";
import type { StoredTensor } from "./tensor.ts";

/** Operators of constants of at most this many numbers in all are computed at once, whatever else is traced: shapes come from them. */
const FOLDED = 4096;
/** The back end that computes them. Numbers of its tensors can be read at any time. */
const HOST = "cpu";

/**
 * A network as a pure function of tensors, made of operations of TensorFlow.js: from its inputs by name to its outputs by name. It can be
 * traced, compiled and differentiated. Errors (InputError): operators that are not known, with their names; when it is called, shapes or
 * settings that an operator does not take.
 */
export function onnxFunction(
  model: OnnxModel,
): (given: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>> {
  requireKnown(model);
  return (given) => evaluate(model, given);
}

/** Names of the operators in a network that are not known here. */
export const unknownOperators = ({ operators: own }: Pick<OnnxModel, "operators">): readonly string[] =>
  own.filter((op) => !Object.hasOwn(operators, op) && !Object.hasOwn(ofShapes, op));

function requireKnown(model: OnnxModel): void {
  const unknown = unknownOperators(model);
  if (unknown.length === 0) return;
  throw new InputError(
    `${model.where}: the operator${unknown.length > 1 ? "s" : ""} ${unknown.join(", ")} cannot be read with a gradient; ` +
      "export the network without, docs/onnx.md lists those that can",
  );
}

const host = (stored: StoredTensor): Operand => ({
  tensor: withBackend(HOST, () => tensorOf(stored)),
  constant: true,
});

function evaluate(model: OnnxModel, given: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> {
  const values = new Map<string, Operand>();
  for (const [name, stored] of model.stored) values.set(name, host(stored));
  for (const [name, tensor] of Object.entries(given)) values.set(name, { tensor, constant: false });
  const first = model.inputs[0];
  const rows = { declared: first?.shape[0], given: (first && given[first.name]?.shape[0]) ?? 1 };
  for (const node of model.nodes) {
    const who = `${model.where}: ${node.op}${node.name ? ` "${node.name}"` : ""}`;
    const inputs = node.inputs.map((name) => (name === "" ? undefined : operandOf(values, name, who)));
    const found = called({ node, opset: model.opset, inputs, rows, who });
    for (const [i, name] of node.outputs.entries()) if (found[i]) values.set(name, found[i]);
  }
  return Object.fromEntries(
    model.outputs.map(({ name }) => [name, operandOf(values, name, `${model.where}: the output`).tensor]),
  );
}

function operandOf(values: ReadonlyMap<string, Operand>, name: string, who: string): Operand {
  const found = values.get(name);
  if (found) return found;
  throw new InputError(`${who}: "${name}" is computed by no operator before it; export the network again`);
}

function called(call: OperatorCall): Operand[] {
  const { op } = call.node;
  const ofShape = ofShapes[op];
  const present = call.inputs.filter((operand) => operand !== undefined);
  const size = present.reduce((sum, { tensor }) => sum + tensor.size, 0);
  const constant = ofShape !== undefined || (present.every((operand) => operand.constant) && size <= FOLDED);
  const operator = ofShape ?? operators[op]!;
  try {
    const made = constant ? withBackend(HOST, () => operator(call)) : operator(call);
    return [made].flat().map((tensor) => ({ tensor, constant }));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${call.who}: ${messageOf(error).split("\n")[0]}`);
  }
}
