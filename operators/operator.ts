import * as tf from "#tf";

/**
 * A forward operator Φ. `forward` maps a batch [batch, ...inShape] to [batch, ...outShape] and is written with tfjs ops
 * alone, so that the same lines run eagerly, compiled, and inside a gradient.
 */
export interface ForwardOperator {
  /** Readable, with its parameters: `gaussian(m=100)`. */
  readonly name: string;
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  /** What `parseOperator` made it from, and can make it from again; absent for operators made in code. */
  readonly source?: OperatorSource;
  forward(x: tf.Tensor): tf.Tensor;
}

/** All that is stored of an operator: with the signal shape, it gives the same operator anywhere. */
export interface OperatorSource {
  /** `gaussian:m=100*blur:sigma=1` */
  readonly spec: string;
  readonly seed: number;
}

/** A linear Φ, with its adjoint: ⟨Φx, y⟩ = ⟨x, Φ'y⟩ for all x, y. */
export interface LinearOperator extends ForwardOperator {
  readonly linear: true;
  adjoint(y: tf.Tensor): tf.Tensor;
}

export const isLinear = (operator: ForwardOperator): operator is LinearOperator =>
  "linear" in operator && operator.linear === true;

/** The operator as a linear one, for methods that need Φ'. `who` begins the message. */
export function requireLinear(who: string, operator: ForwardOperator): LinearOperator {
  if (isLinear(operator)) return operator;
  throw new RangeError(`${who}: needs a linear operator, ${operator.name} is not; use a generator prior with it`);
}

export interface LinearOperatorOptions {
  readonly name: string;
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  readonly forward: (x: tf.Tensor) => tf.Tensor;
  /** Default: by automatic differentiation, as the gradient of ⟨Φx, y⟩ in x. */
  readonly adjoint?: (y: tf.Tensor) => tf.Tensor;
}

/** Makes a linear operator from its mathematics: shapes are checked here, the adjoint is derived unless given. */
export function linearOperator(options: LinearOperatorOptions): LinearOperator {
  const { name, inShape, outShape, forward } = options;
  const derived = (y: tf.Tensor): tf.Tensor => {
    const zero = tf.zeros([y.shape[0]!, ...inShape]);
    return tf.grad((x) => tf.sum(tf.mul(forward(x), y)))(zero);
  };
  const adjoint = options.adjoint ?? derived;
  return {
    name,
    inShape,
    outShape,
    linear: true,
    forward: (x) => forward(checkBatch(`${name}: forward`, x, inShape)),
    adjoint: (y) => adjoint(checkBatch(`${name}: adjoint`, y, outShape)),
  };
}

function checkBatch(who: string, x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const [, ...rest] = x.shape;
  if (x.rank === shape.length + 1 && rest.every((n, i) => n === shape[i])) return x;
  throw new RangeError(`${who} expects [batch, ${shape.join(", ")}], got [${x.shape.join(", ")}]`);
}
