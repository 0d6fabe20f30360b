import { InputError } from "../src/data/errors.ts";
import { suggestion } from "../src/data/nearest.ts";
import { isModule } from "../src/data/spec.ts";

/**
 * The structure of an operator's spec:
 *
 *     spec   = factor * … * factor            the last one is applied first
 *     factor = name:key=value,…               an operator of the registry, or the path of a module
 *            | number                         multiplies by it
 *            | stack(spec; …) | sum(spec; …)  of the same signal
 *            | adjoint(spec) | adjoint(spec; h,w)
 */
export type SpecTree =
  | { readonly kind: "part"; readonly text: string }
  | { readonly kind: "number"; readonly value: number }
  /** The factor that is applied first is at the front. */
  | { readonly kind: "product"; readonly factors: readonly SpecTree[] }
  | { readonly kind: "stack" | "sum"; readonly parts: readonly SpecTree[] }
  /** `shape` is that of the signals of the operator whose adjoint it is. */
  | { readonly kind: "adjoint"; readonly of: SpecTree; readonly shape?: readonly number[] };

const combinations = ["stack", "sum", "adjoint"] as const;

/**
 * Reads a spec. Names and options of its parts are not looked at.
 * Errors (InputError): an empty part, parentheses that do not match, an unknown combination, a number that is none, arguments that do not fit.
 */
export function specTree(spec: string): SpecTree {
  const factors = specFactors(spec).map((text) => factorOf(text, spec));
  return factors.length === 1 ? factors[0]! : { kind: "product", factors: factors.reverse() };
}

/** The parts of a spec, each an operator of the registry, a file's or a module's, in the order in which they are made. */
export function partsOf(tree: SpecTree): string[] {
  switch (tree.kind) {
    case "part":
      return [tree.text];
    case "number":
      return [];
    case "adjoint":
      return partsOf(tree.of);
    case "product":
      return tree.factors.flatMap(partsOf);
    default:
      return tree.parts.flatMap(partsOf);
  }
}

function factorOf(text: string, spec: string): SpecTree {
  if (text === "") throw new InputError(`operator: expected name:key=value,… (or several joined by *), got "${spec}"`);
  if (isModule(text)) return { kind: "part", text };
  if (/^[-+]?(\d|\.\d)/.test(text)) return { kind: "number", value: numberOf(text) };
  const combination = combinationParts(text);
  if (combination) return combinationOf(combination.name, combination.inside);
  if (split(text, ";").length === 1) return { kind: "part", text };
  throw new InputError(`operator: ; parts what is inside stack(…), sum(…) or adjoint(…), got "${text}"`);
}

/** The name and the parts of `name(…; …)`; undefined for another text. Errors (InputError): parentheses that do not match. */
export function combinationParts(text: string): { readonly name: string; readonly inside: string[] } | undefined {
  const [, name, inside] = /^([\w-]+)\s*\((.*)\)$/s.exec(text) ?? [];
  return name === undefined ? undefined : { name, inside: split(inside!, ";") };
}

/** The factors of a spec, as it writes them. Errors (InputError): parentheses that do not match. */
export const specFactors = (spec: string): string[] => split(spec, "*");

function combinationOf(name: string, inside: readonly string[]): SpecTree {
  if (name === "stack" || name === "sum") {
    if (inside.length > 1) return { kind: name, parts: inside.map(specTree) };
    throw new InputError(`operator: ${name}: expected two operators or more, as ${name}(a; b), got "${inside[0]}"`);
  }
  if (name !== "adjoint") {
    throw new InputError(`operator: unknown combination "${name}(…)"; ${suggestion(name, combinations)}`);
  }
  const [of = "", shape, ...more] = inside;
  if (more.length > 0) {
    throw new InputError(
      `operator: adjoint: expected an operator and the shape of its signals, got ${inside.length} parts`,
    );
  }
  return { kind: "adjoint", of: specTree(of), ...(shape !== undefined && { shape: shapeOf(shape) }) };
}

function numberOf(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value !== 0) return value;
  throw new InputError(`operator: expected a finite number other than 0, or a name, got "${text}"`);
}

function shapeOf(text: string): number[] {
  const sizes = text.split(",").map(Number);
  if (sizes.every((size) => Number.isInteger(size) && size > 0)) return sizes;
  throw new InputError(`operator: adjoint: expected the shape of its operator's signals, as 28,28, got "${text}"`);
}

/** A text parted at a character outside of parentheses. Errors (InputError): parentheses that do not match. */
function split(text: string, at: "*" | ";"): string[] {
  const pieces = [""];
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth++;
    if (letter === ")" && --depth < 0) break;
    if (letter === at && depth === 0) pieces.push("");
    else pieces[pieces.length - 1] += letter;
  }
  if (depth === 0) return pieces.map((piece) => piece.trim());
  throw new InputError(`operator: parentheses do not match in "${text}"`);
}
