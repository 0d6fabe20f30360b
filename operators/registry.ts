import { InputError, messageOf } from "../src/data/errors.ts";
import { describeKinds, parseSpec } from "../src/data/spec.ts";
import { blurKind } from "./blur.ts";
import { compose } from "./compose.ts";
import { dctKind } from "./dct.ts";
import { differencesKind } from "./differences.ts";
import { diskKind } from "./disk.ts";
import { downsampleKind } from "./downsample.ts";
import { fourierKind } from "./fourier.ts";
import { gaussianKind } from "./gaussian.ts";
import { hadamardKind } from "./hadamard.ts";
import { identityKind } from "./identity.ts";
import type { Draws, OperatorKind } from "./kind.ts";
import { maskKind } from "./mask.ts";
import { motionKind } from "./motion.ts";
import type { ForwardOperator } from "./operator.ts";
import { radonKind } from "./radon.ts";
import { structuredKind } from "./structured.ts";

/** Every operator that specs know, one line each. */
const kinds = {
  identity: identityKind,
  gaussian: gaussianKind,
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
} satisfies Record<string, OperatorKind>;

export type OperatorName = keyof typeof kinds;
export const operators: { readonly [K in OperatorName]: OperatorKind } = kinds;
export const operatorNames = Object.keys(kinds) as readonly OperatorName[];

/**
 * Makes an operator from its spec: `name:key=value,key=value`; `a*b` applies b first, then a.
 * `source` remembers spec and seed, from which the same operator is made again anywhere.
 *
 * Errors (InputError): unknown operator or option names with the nearest one, wrong values, shapes that do not fit.
 */
export function parseOperator(spec: string, inShape: readonly number[], seed: number): ForwardOperator {
  let built: ForwardOperator | undefined;
  for (const [place, part] of operatorParts(spec).entries()) {
    try {
      const next = parsePart(part, built?.outShape ?? inShape, { seed, place });
      built = built ? compose(next, built) : next;
    } catch (error) {
      throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
    }
  }
  return { ...built!, source: { spec: spec.trim(), seed } };
}

/** The parts of a spec `a*b`, the one that is applied first at the front: b, a. Errors (InputError): an empty part. */
export function operatorParts(spec: string): string[] {
  const parts = spec.split("*").map((part) => part.trim());
  if (!parts.includes("")) return parts.reverse();
  throw new InputError(`operator: expected name:key=value,… (or several joined by *), got "${spec}"`);
}

/** One part of a spec, `name:key=value`, as an operator. Errors (InputError, RangeError): as `parseOperator`. */
export function parsePart(part: string, inShape: readonly number[], draws: Draws): ForwardOperator {
  const { kind, values } = parseSpec<OperatorKind>("operator", operators, part);
  return kind.make(inShape, values, draws);
}

/** All operators with their options, for `--help`. */
export const describeOperators = (): string =>
  describeKinds(
    "Operators: name:key=value,key=value; a*b applies b first, as in gaussian:m=100*blur:sigma=1",
    operators,
  );
