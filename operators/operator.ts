import type { NdArray } from "ndarray";
import * as tf from "#tf";
import { sameShape } from "../src/data/array.ts";

/**
 * A forward operator Φ. `forward` maps a batch [batch, ...inShape] to [batch, ...outShape] and is written with tfjs ops
 * alone, so that the same lines run eagerly, compiled, and inside a gradient. Make one with `forwardOperator` or `linearOperator`.
 */
export interface ForwardOperator {
  /** Readable, with its parameters: `gaussian(m=100)`. */
  readonly name: string;
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  /** What `parseOperator` made it from, and can make it from again; absent for operators made in code. */
  readonly source?: OperatorSource;
  /** SHA-256 of the matrices that its spec reads from files, by which another one at the same path is noticed. */
  readonly digest?: string;
  forward(x: tf.Tensor): tf.Tensor;
  /**
   * For a Φ whose misfit has no useful gradient, as that of `sign` and `quantise`, which are flat between jumps: what descents compare with y in
   * place of Φ(x). It is y where x agrees with y, and apart from y by how far the numbers before the jumps are from agreeing.
   */
  relaxed?(x: tf.Tensor, y: tf.Tensor): tf.Tensor;
}

/** With the signal shape, it gives the same operator anywhere, as long as the files that the spec names are the same. */
export interface OperatorSource {
  /** `gaussian:m=100*blur:sigma=1` */
  readonly spec: string;
  readonly seed: number;
}

/** A linear Φ, with its adjoint: ⟨Φx, y⟩ = ⟨x, Φ'y⟩ for all x, y. */
export interface LinearOperator extends ForwardOperator {
  readonly linear: true;
  /** ‖Φ‖, the largest singular value, where it is known; else it is computed when it is needed (`operatorNorm`). */
  readonly norm?: number;
  /** Present where methods that are made for one kind of operator can use it. */
  readonly form?: OperatorForm;
  /** Φ as a matrix [m, n], row by row, where it is had without measuring n signals. */
  matrix?(): Float32Array;
  adjoint(y: tf.Tensor): tf.Tensor;
}

/** What is supposed to lie outside an image that is convolved. */
export const continuations = ["reflect", "zero", "circular"] as const;
export type Continuation = (typeof continuations)[number];

/** What a blur does at the border: it continues the image, or (`valid`) gives no pixel that something outside would reach. */
export const boundaries = [...continuations, "valid"] as const;
export type Boundary = (typeof boundaries)[number];

/** What a linear Φ is. */
export type OperatorForm =
  /** A convolution along the first two axes, with a kernel [rows, columns], or [length] for lines; its centre is the entry ⌊n/2⌋ of each axis. */
  | { readonly kind: "convolution"; readonly kernel: NdArray<Float32Array>; readonly boundary: Boundary }
  /** `downsample`: one pixel for `factor` pixels along each of the first two axes. */
  | { readonly kind: "downsampling"; readonly factor: number }
  /** `radon`: projections of [h, w], or of each channel of [h, w, channels], at angles evenly over 180°. */
  | { readonly kind: "parallel-beam" }
  /** Some numbers of a signal, each once: its rows are rows `kept` of the identity. */
  | { readonly kind: "selection"; readonly kept: Int32Array }
  /** Some coefficients of a Fourier, cosine or Walsh-Hadamard transform of an image, or of its product with each coil's sensitivity. */
  | { readonly kind: "coefficients" }
  /** Its rows are random and spread over all numbers of a signal, so that Φ'Φx − x is like white noise for every x (in the scaling E‖Φx‖² = ‖x‖²). */
  | { readonly kind: "mixing" };

export const isLinear = (operator: ForwardOperator): operator is LinearOperator =>
  "linear" in operator && operator.linear === true;

/** The operator as a linear one, for methods that need Φ'. `who` begins the message. Errors (RangeError): it is not linear. */
export function requireLinear(who: string, operator: ForwardOperator): LinearOperator {
  if (isLinear(operator)) return operator;
  throw new RangeError(`${who}: needs a linear operator, ${operator.name} is not; use a generator or a mixture prior`);
}

/** What an operator is made of. */
export interface ForwardOperatorOptions {
  readonly name: string;
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  readonly forward: (x: tf.Tensor) => tf.Tensor;
  /** What descents compare with y in place of Φ(x); default Φ(x). */
  readonly relaxed?: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;
}

export interface LinearOperatorOptions extends Omit<ForwardOperatorOptions, "relaxed"> {
  /** Default: by automatic differentiation, as the gradient of ⟨Φx, y⟩ in x. */
  readonly adjoint?: (y: tf.Tensor) => tf.Tensor;
  /** ‖Φ‖, where a formula gives it. */
  readonly norm?: number;
  /** What it is, for methods that are made for one kind of operator. */
  readonly form?: OperatorForm;
  /** Φ as a matrix [m, n], row by row, where it is at hand. */
  readonly matrix?: () => Float32Array;
}

/**
 * Makes an operator that need not be linear. What `forward` takes and returns is checked whenever it runs or is traced.
 * Errors (TypeError, RangeError): a name, shape or function that is missing; signals or measurements of another shape.
 */
export function forwardOperator(options: ForwardOperatorOptions): ForwardOperator {
  requireParts(options);
  const { name, inShape, outShape, forward, relaxed } = options;
  return {
    ...{ name, inShape, outShape, forward: checked(`${name}: forward`, forward, inShape, outShape) },
    ...(relaxed && {
      relaxed: (x: tf.Tensor, y: tf.Tensor) =>
        checked(`${name}: relaxed`, (at) => relaxed(at, y), inShape, outShape)(x),
    }),
  };
}

/** Makes a linear operator. The adjoint is derived unless given; all shapes are checked. Errors: those of `forwardOperator`. */
export function linearOperator(options: LinearOperatorOptions): LinearOperator {
  const operator = forwardOperator(options);
  const { name, inShape, outShape, forward } = operator;
  const derived = (y: tf.Tensor): tf.Tensor => {
    const zero = tf.zeros([y.shape[0]!, ...inShape]);
    return tf.grad((x) => tf.sum(tf.mul(forward(x), y)))(zero);
  };
  const adjoint = checked(`${name}: adjoint`, options.adjoint ?? derived, outShape, inShape);
  const { norm, form, matrix } = options;
  return {
    ...operator,
    ...{ linear: true, adjoint },
    ...(norm !== undefined && { norm }),
    ...(form && { form }),
    ...(matrix && { matrix }),
  };
}

function requireParts({ name, inShape, outShape, forward }: ForwardOperatorOptions): void {
  const who = typeof name === "string" && name !== "" ? name : "operator";
  if (who !== name) throw new TypeError(`operator: name: expected a text, got ${String(name)}`);
  for (const [part, shape] of Object.entries({ inShape, outShape })) {
    if (Array.isArray(shape) && shape.length > 0 && shape.every((n) => Number.isInteger(n) && n > 0)) continue;
    throw new TypeError(`${who}: ${part}: expected positive integers such as [28, 28], got ${JSON.stringify(shape)}`);
  }
  if (typeof forward !== "function") {
    throw new TypeError(`${who}: forward: expected a function of a tensor, got ${typeof forward}`);
  }
}

/** `fn`, which maps batches of shape `from` to as many of shape `to`, with both checked. Errors (RangeError): another shape. */
function checked(
  who: string,
  fn: (x: tf.Tensor) => tf.Tensor,
  from: readonly number[],
  to: readonly number[],
): (x: tf.Tensor) => tf.Tensor {
  return (x) => {
    if (x.rank === 0 || !sameShape(x.shape.slice(1), from)) {
      throw new RangeError(`${who}: expected [batch, ${from.join(", ")}], got [${x.shape.join(", ")}]`);
    }
    const y = fn(x);
    const wanted = [x.shape[0]!, ...to];
    if (sameShape(y?.shape ?? [], wanted)) return y;
    const got = Array.isArray(y?.shape) ? `[${y.shape.join(", ")}]` : typeof y;
    throw new RangeError(
      `${who}: should return [${wanted.join(", ")}], returned ${got}; correct it or the shapes given`,
    );
  };
}
