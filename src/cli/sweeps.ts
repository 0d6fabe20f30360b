import { combinationParts, specFactors } from "../../operators/spec-tree.ts";
import { InputError } from "../data/errors.ts";

/** Text that is a number. */
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * The specs that a sweep stands for. A number after a comma is one more value of the option before it: `gaussian:m=10,25` is
 * `gaussian:m=10` and `gaussian:m=25`, `0.01,0.1` is 0.01 and 0.1. Of several options every combination is made, the last one changing
 * fastest. A spec without such numbers stands for itself. Errors (InputError): one value given twice.
 */
export const swept = (spec: string): string[] => different(spec, sweptPart(spec));

/**
 * The same for an operator, in each factor of a product and inside `stack(…)`, `sum(…)` and `adjoint(…)`. Errors (InputError): one value
 * given twice, parentheses that do not match.
 */
export const sweptOperator = (spec: string): string[] => different(spec, sweptProduct(spec));

function different(spec: string, made: string[]): string[] {
  const twice = made.find((one, i) => made.indexOf(one) !== i);
  if (twice !== undefined) throw new InputError(`${spec}: ${twice} is given twice; leave one of the two out`);
  return made;
}

const sweptProduct = (spec: string): string[] => combined(specFactors(spec).map(sweptFactor), "*");

function sweptFactor(text: string): string[] {
  const { name, inside } = combinationParts(text) ?? {};
  if (inside === undefined) return sweptPart(text);
  // after the operator of adjoint(…) comes the shape of its signals
  const parts = inside.map((part, i) => (name === "adjoint" && i > 0 ? [part] : sweptProduct(part)));
  return combined(parts, "; ").map((made) => `${name}(${made})`);
}

function sweptPart(part: string): string[] {
  const options: { readonly start: string; readonly values: string[] }[] = [];
  for (const piece of part.split(",")) {
    const last = options.at(-1);
    if (last && last.values.length > 0 && NUMBER.test(piece.trim())) {
      last.values.push(piece.trim());
      continue;
    }
    const [, start, value] = /^(.*=)?([^=]*)$/.exec(piece)!;
    const isNumber = NUMBER.test(value!.trim());
    options.push(isNumber ? { start: start ?? "", values: [value!.trim()] } : { start: piece, values: [] });
  }
  return combined(
    options.map(({ start, values }) => (values.length === 0 ? [start] : values.map((value) => `${start}${value}`))),
    ",",
  );
}

/** One text of each list, joined, in every combination; the last changes fastest. */
const combined = (lists: readonly string[][], between: string): string[] =>
  lists.reduce((made, list) => made.flatMap((before) => list.map((one) => `${before}${between}${one}`)));
