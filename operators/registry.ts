import { InputError, messageOf } from "../src/data/errors.ts";
import { describeKinds, parseSpec } from "../src/data/spec.ts";
import { bernoulliKind } from "./bernoulli.ts";
import { blurKind } from "./blur.ts";
import { buildOperator, type WantedPart } from "./build.ts";
import { clipKind } from "./clip.ts";
import { convolutionKind } from "./convolution.ts";
import { dctKind } from "./dct.ts";
import { differencesKind } from "./differences.ts";
import { diskKind } from "./disk.ts";
import { downsampleKind } from "./downsample.ts";
import { fourierKind } from "./fourier.ts";
import { gaussianKind } from "./gaussian.ts";
import { hadamardKind } from "./hadamard.ts";
import { identityKind } from "./identity.ts";
import type { OpenedFile, OperatorKind } from "./kind.ts";
import { magnitudeKind } from "./magnitude.ts";
import { maskKind } from "./mask.ts";
import { matrixKind } from "./matrix.ts";
import { motionKind } from "./motion.ts";
import type { ForwardOperator } from "./operator.ts";
import { quantiseKind } from "./quantise.ts";
import { radonKind } from "./radon.ts";
import { signKind } from "./sign.ts";
import { specTree } from "./spec-tree.ts";
import { structuredKind } from "./structured.ts";

/** Every operator that specs know, one line each. */
const kinds = {
  identity: identityKind,
  gaussian: gaussianKind,
  bernoulli: bernoulliKind,
  structured: structuredKind,
  mask: maskKind,
  blur: blurKind,
  motion: motionKind,
  disk: diskKind,
  downsample: downsampleKind,
  dct: dctKind,
  hadamard: hadamardKind,
  fourier: fourierKind,
  radon: radonKind,
  differences: differencesKind,
  sign: signKind,
  quantise: quantiseKind,
  clip: clipKind,
  magnitude: magnitudeKind,
  matrix: matrixKind,
  convolution: convolutionKind,
} satisfies Record<string, OperatorKind>;

export type OperatorName = keyof typeof kinds;
export const operators: { readonly [K in OperatorName]: OperatorKind } = kinds;
export const operatorNames = Object.keys(kinds) as readonly OperatorName[];

/**
 * Makes an operator from its spec: `name:key=value,key=value`; `a*b` applies b first, then a; `0.5*a` multiplies; `stack(a; b)` measures with
 * both, `sum(a; b)` adds them; `adjoint(a)` is the adjoint of an a that was applied before, `adjoint(a; 28,28)` that of any other, for the
 * shape of a's signals. `source` remembers spec and seed, from which the same operator is made again anywhere.
 *
 * Errors (InputError): unknown operator or option names with the nearest one, wrong values, shapes that do not fit, a file, which `openOperator`
 * reads.
 */
export function parseOperator(spec: string, inShape: readonly number[], seed: number): ForwardOperator {
  try {
    const building = buildOperator(specTree(spec), inShape);
    let step = building.next();
    while (!step.done) step = building.next(parsePart(step.value, seed, notOpened));
    return { ...step.value, source: { spec: spec.trim(), seed } };
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

const notOpened: OpenedFile = (source) => {
  throw new InputError(`operator: ${source}: parseOperator opens no files and draws no texts; use openOperator`);
};

/** One part of a spec, `name:key=value`, as an operator. Errors (InputError, RangeError): as `parseOperator`; no shape of a signal. */
export function parsePart({ text, inShape, place }: WantedPart, seed: number, file: OpenedFile): ForwardOperator {
  const { kind, values } = parseSpec<OperatorKind>("operator", operators, text);
  const shape = inShape ?? kind.ownShape?.(values, file);
  if (shape) return kind.make(shape, values, { seed, place }, file);
  throw new InputError(`operator: ${text} needs the shape of one signal; say --shape, as 28,28`);
}

/** The shape of a signal of which this part measures the shape `measured`: the same, unless its kind says otherwise. */
export function partSignalShape(text: string, measured: readonly number[], file: OpenedFile): readonly number[] {
  const { kind, values } = parseSpec<OperatorKind>("operator", operators, text);
  return kind.signalShape?.(measured, values, file) ?? measured;
}

/** The files that a part names and the texts that it has drawn. Errors (InputError): unknown names, wrong values. */
export function partSources(text: string): { readonly files: readonly string[]; readonly texts: readonly string[] } {
  const { kind, values } = parseSpec<OperatorKind>("operator", operators, text);
  const given = (names: readonly string[] = []) => names.flatMap((name) => values[name] ?? []) as string[];
  return { files: given(kind.files), texts: given(kind.drawn) };
}

/** All operators with their options, for `--help`. */
export const describeOperators = (): string =>
  describeKinds(
    "Operators: name:key=value,key=value; a*b applies b first, as in gaussian:m=100*blur:sigma=1; 0.5*a; stack(a; b), sum(a; b) of " +
      "one signal; adjoint(a)*a, adjoint(a; 28,28)",
    operators,
  );
