import { InputError } from "../data/errors.ts";

/** Text that is a number. */
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/**
 * The specs that a sweep stands for. A number after a comma is one more value of the option before it: `gaussian:m=10,25` is
 * `gaussian:m=10` and `gaussian:m=25`, `0.01,0.1` is 0.01 and 0.1. Of several options every combination is made, the last one changing
 * fastest. A spec without such numbers stands for itself. Errors (InputError): one value given twice.
 */
export function swept(spec: string): string[] {
  let made = [""];
  for (const [i, part] of spec.split("*").entries()) {
    const ahead = i === 0 ? "" : "*";
    made = made.flatMap((before) => sweptPart(part).map((one) => `${before}${ahead}${one}`));
  }
  const twice = made.find((one, i) => made.indexOf(one) !== i);
  if (twice !== undefined) throw new InputError(`${spec}: ${twice} is given twice; leave one of the two out`);
  return made;
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
  let made: string[] | undefined;
  for (const { start, values } of options) {
    const all = values.length === 0 ? [start] : values.map((value) => `${start}${value}`);
    made = made ? made.flatMap((before) => all.map((one) => `${before},${one}`)) : all;
  }
  return made!;
}
