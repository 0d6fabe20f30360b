import { sameShape } from "../src/data/array.ts";
import { adjoint } from "./adjoint.ts";
import { compose } from "./compose.ts";
import { identity } from "./identity.ts";
import { type ForwardOperator, isLinear, type LinearOperator } from "./operator.ts";
import { scale } from "./scale.ts";
import type { SpecTree } from "./spec-tree.ts";
import { stack } from "./stack.ts";
import { sum } from "./sum.ts";

/** A part of a spec that is to be made, for signals of `inShape` if that is known. */
export interface WantedPart {
  readonly text: string;
  readonly inShape?: readonly number[];
  /** Its place in the spec, 0 for the part that is made first. */
  readonly place: number;
}

type Build = Generator<WantedPart, ForwardOperator, ForwardOperator>;
type Shape = readonly number[] | undefined;

/**
 * Puts an operator together as its spec says. It yields every part that it needs and is given that part as an operator, so that
 * `parseOperator`, and `openOperator`, which reads files, are the same walk.
 *
 * Errors (RangeError): parts that do not fit each other or the signals; an adjoint of what is not linear, or of what it is not known.
 */
export function* buildOperator(tree: SpecTree, inShape: Shape): Build {
  const operator = yield* anyOf(tree, inShape, { places: 0 });
  if (!inShape || sameShape(operator.inShape, inShape)) return operator;
  throw new RangeError(
    `operator: ${operator.name} takes signals of [${operator.inShape.join(", ")}], the signals are [${inShape.join(", ")}]`,
  );
}

/** How many parts were made so far. */
interface Made {
  places: number;
}

function* anyOf(tree: SpecTree, inShape: Shape, made: Made): Build {
  switch (tree.kind) {
    case "part":
      return yield { text: tree.text, place: made.places++, ...(inShape && { inShape }) };
    case "number":
      return scale(tree.value, identity({ inShape: needed(inShape, String(tree.value)) }));
    case "product":
      return yield* productOf(tree.factors, inShape, made);
    case "adjoint":
      return tree.shape ? adjoint(linear(yield* anyOf(tree.of, tree.shape, made))) : appliedAdjoint(tree.of, []);
    default: {
      const parts: ForwardOperator[] = [];
      for (const part of tree.parts) parts.push(yield* anyOf(part, inShape ?? parts[0]?.inShape, made));
      return tree.kind === "sum" ? sum(parts) : stack(parts);
    }
  }
}

function* productOf(factors: readonly SpecTree[], inShape: Shape, made: Made): Build {
  const applied: Applied[] = [];
  let built: ForwardOperator | undefined;
  for (const factor of factors) {
    if (factor.kind === "number" && built) {
      built = scale(factor.value, built);
      continue;
    }
    const unknown = factor.kind === "adjoint" && !factor.shape;
    const next = unknown ? appliedAdjoint(factor.of, applied) : yield* anyOf(factor, built?.outShape ?? inShape, made);
    applied.push({ tree: factor, operator: next });
    built = built ? compose(next, built) : next;
  }
  return built!;
}

/** A factor of a product, and what it is. */
interface Applied {
  readonly tree: SpecTree;
  readonly operator: ForwardOperator;
}

/** The adjoint of operators that are applied before it in the product, as in adjoint(a)*a: of those very ones, with their draws. */
function appliedAdjoint(of: SpecTree, applied: readonly Applied[]): LinearOperator {
  let built: LinearOperator | undefined;
  for (const factor of of.kind === "product" ? of.factors : [of]) {
    if (factor.kind === "number" && built) {
      built = scale(factor.value, built);
      continue;
    }
    const text = JSON.stringify(factor);
    const same = applied.findLast(({ tree }) => JSON.stringify(tree) === text);
    if (!same) {
      throw new RangeError(
        "operator: adjoint(a) is for an a that is applied before it, as in adjoint(a)*a; otherwise give the shape of the signals " +
          "that a takes, as adjoint(a; 28,28)",
      );
    }
    const next = linear(same.operator);
    built = built ? compose(next, built) : next;
  }
  return adjoint(built!);
}

function linear(operator: ForwardOperator): LinearOperator {
  if (isLinear(operator)) return operator;
  throw new RangeError(`operator: adjoint: ${operator.name} is not linear, it has none`);
}

function needed(inShape: Shape, what: string): readonly number[] {
  if (inShape) return inShape;
  throw new RangeError(`operator: ${what} needs the shape of one signal; say --shape, as 28,28`);
}
