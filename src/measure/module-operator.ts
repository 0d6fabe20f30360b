import * as tf from "#tf";
import { requireAdjoint } from "../../operators/adjoint-test.ts";
import {
  type ForwardOperator,
  type ForwardOperatorOptions,
  forwardOperator,
  isLinear,
  linearOperator,
  type OperatorForm,
} from "../../operators/operator.ts";
import { fromHost, sizeOf } from "../data/array.ts";
import { InputError } from "../data/errors.ts";
import { attempt, moduleValue } from "../data/user-module.ts";
import { compile } from "../engine/index.ts";

/** What a module's function is given, so that it needs no import of its own to make an operator. */
export interface ModuleContext {
  /** TensorFlow.js as this package runs it; tensors of another copy do not mix with it. */
  readonly tf: typeof tf;
  readonly linearOperator: typeof linearOperator;
  readonly forwardOperator: typeof forwardOperator;
  /** Shape of one signal, where it is known. */
  readonly shape?: readonly number[];
  readonly seed: number;
}

/**
 * The operator of a user's ES module: its default export, or what that returns when it is a function, called with `ModuleContext`.
 * It is a `ForwardOperator`: { name, inShape, outShape, forward }. `linear: true` or an `adjoint` makes it a linear one, whose
 * adjoint is derived if it is missing. The operator is run once to check its shapes, and the adjoint if it is linear, unless it is to be `unchecked`.
 *
 * Errors (InputError): no such file, a module that cannot be loaded or throws, an export that is no operator, another shape than is
 * wanted or promised, an adjoint that is not that of `forward`.
 */
export async function moduleOperator(
  file: string,
  { unchecked = false, ...options }: Pick<ModuleContext, "shape" | "seed"> & { readonly unchecked?: boolean },
): Promise<ForwardOperator> {
  const made = await moduleValue(file, "operator", {
    tf,
    linearOperator,
    forwardOperator,
    ...options,
  } satisfies ModuleContext);
  if (typeof made !== "object" || made === null || Array.isArray(made)) {
    throw new InputError(
      `${file}: expected an operator { name, inShape, outShape, forward }, got ${made === null ? "null" : typeof made}`,
    );
  }
  const operator = await attempt(file, "its operator", () => checkedOperator(made as Partial<ForwardOperator>));
  const { shape } = options;
  if (shape && shape.join() !== operator.inShape.join()) {
    throw new InputError(
      `${file}: ${operator.name} takes signals of [${operator.inShape.join(", ")}], the signals are [${shape.join(", ")}]`,
    );
  }
  await attempt(file, "its operator fails", () => tried(operator, unchecked));
  return operator;
}

/** The same operator, made by `linearOperator` or `forwardOperator`, which check its shapes whenever it runs. */
function checkedOperator(
  made: Partial<ForwardOperator> & { linear?: unknown; adjoint?: unknown; form?: OperatorForm },
): ForwardOperator {
  const { name, inShape, outShape, linear, adjoint, relaxed, form } = made;
  const parts = { name, inShape, outShape, forward: made.forward?.bind(made) } as ForwardOperatorOptions;
  if (linear !== true && typeof adjoint !== "function") {
    return forwardOperator({ ...parts, ...(relaxed && { relaxed: relaxed.bind(made) }) });
  }
  const own = adjoint as ((y: tf.Tensor) => tf.Tensor) | undefined;
  return linearOperator({
    ...parts,
    ...(own && { adjoint: own.bind(made) }),
    ...(form?.kind === "mixing" && { form }),
  });
}

/** Runs the operator once, on zeros, and a linear one's dot test. */
async function tried(operator: ForwardOperator, unchecked: boolean): Promise<void> {
  const x = fromHost(new Float32Array(2 * sizeOf(operator.inShape)), [2, ...operator.inShape]);
  const forward = await compile((input: { x: tf.Tensor }) => operator.forward(input.x), { x }, { name: operator.name });
  await forward.dispose();
  if (isLinear(operator) && !unchecked) await requireAdjoint(operator);
}
