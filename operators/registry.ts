import { InputError, messageOf } from "../src/data/errors.ts";
import { suggestion } from "../src/data/nearest.ts";
import { describeOptions, type OptionTable, type OptionValues, parseOptions } from "../src/data/options.ts";
import { blur, boundaries } from "./blur.ts";
import { compose } from "./compose.ts";
import { gaussian } from "./gaussian.ts";
import { blockMask, mask } from "./mask.ts";
import type { ForwardOperator } from "./operator.ts";

/** What an operator says of itself: help texts, the law tests and the command line read nothing else. */
export interface OperatorEntry {
  readonly summary: string;
  readonly options: OptionTable;
  /** Specs on a small signal shape that the law tests run on. */
  readonly samples: readonly { readonly inShape: readonly number[]; readonly spec: string }[];
  /** Makes the operator from the text after its name. */
  readonly make: (inShape: readonly number[], options: string, seed: number) => ForwardOperator;
}

interface Definition<T extends OptionTable> extends Omit<OperatorEntry, "make" | "options"> {
  readonly name: string;
  readonly options: T;
  readonly make: (inShape: readonly number[], values: OptionValues<T>, seed: number) => ForwardOperator;
}

const define = <const T extends OptionTable>({ name, make, ...rest }: Definition<T>): OperatorEntry => ({
  ...rest,
  make: (inShape, text, seed) => make(inShape, parseOptions(name, rest.options, text), seed),
});

export const operatorNames = ["gaussian", "mask", "blur"] as const;
export type OperatorName = (typeof operatorNames)[number];

/** Every operator that the command line knows. To add one: its file, its name above, its entry here, its test. */
export const operators: { readonly [K in OperatorName]: OperatorEntry } = {
  gaussian: define({
    name: "gaussian",
    summary: "y = Ax, A random with entries N(0, 1/m): compressed sensing",
    options: { m: { type: "integer", required: true, description: "measurements of one signal" } },
    samples: [
      { inShape: [4, 5], spec: "gaussian:m=7" },
      { inShape: [6], spec: "gaussian:m=9" },
    ],
    make: (inShape, { m }, seed) => gaussian({ inShape, m, seed }),
  }),
  mask: define({
    name: "mask",
    summary: "keeps some pixels: random ones (keep), or all but a square block (block)",
    options: {
      keep: { type: "number", description: "fraction up to 1, or number, of random pixels to keep; 0.5 without block" },
      block: { type: "integer", description: "side of the missing square instead" },
      top: { type: "integer", description: "first missing row; without it the block is centred" },
      left: { type: "integer", description: "first missing column; without it the block is centred" },
    },
    samples: [
      { inShape: [4, 5], spec: "mask" },
      { inShape: [6, 5, 3], spec: "mask:keep=4" },
      { inShape: [6, 5], spec: "mask:block=2" },
      { inShape: [6, 5, 2], spec: "mask:block=3,top=0,left=2" },
    ],
    make: (inShape, values, seed) => makeMask(inShape, values, seed),
  }),
  blur: define({
    name: "blur",
    summary: "Gaussian blur; keeps the shape",
    options: {
      sigma: { type: "number", default: 1, description: "standard deviation of the kernel in pixels" },
      boundary: { type: "choice", choices: boundaries, default: "reflect", description: "what lies outside the image" },
    },
    samples: [
      { inShape: [8, 6], spec: "blur" },
      { inShape: [5, 4, 3], spec: "blur:sigma=0.7,boundary=zero" },
      { inShape: [9], spec: "blur:sigma=2" },
    ],
    make: (inShape, values) => blur({ inShape, ...values }),
  }),
};

interface MaskValues {
  readonly keep: number | undefined;
  readonly block: number | undefined;
  readonly top: number | undefined;
  readonly left: number | undefined;
}

function makeMask(inShape: readonly number[], { keep, block, top, left }: MaskValues, seed: number): ForwardOperator {
  if (block === undefined) {
    if (top !== undefined || left !== undefined)
      throw new InputError("mask: top and left place a block; give block=<side>");
    return mask({ inShape, keep: keep ?? 0.5, seed });
  }
  if (keep !== undefined) throw new InputError("mask: give keep (random pixels) or block (a missing square), not both");
  return blockMask({ inShape, block, ...(top !== undefined && { top }), ...(left !== undefined && { left }) });
}

/**
 * Makes an operator from its spec: `name:key=value,key=value`; `a*b` applies b first, then a.
 * `source` remembers spec and seed, from which the same operator is made again anywhere.
 *
 * Errors (InputError): unknown operator or option names with the nearest one, wrong values, shapes that do not fit.
 */
export function parseOperator(spec: string, inShape: readonly number[], seed: number): ForwardOperator {
  const parts = spec.split("*").map((part) => part.trim());
  if (parts.includes("")) {
    throw new InputError(`operator: expected name:key=value,… (or several joined by *), got "${spec}"`);
  }
  let built: ForwardOperator | undefined;
  for (const part of parts.reverse()) {
    try {
      const next = parseOne(part, built?.outShape ?? inShape, seed);
      built = built ? compose(next, built) : next;
    } catch (error) {
      if (error instanceof RangeError) throw new InputError(messageOf(error));
      throw error;
    }
  }
  return { ...built!, source: { spec: spec.trim(), seed } };
}

function parseOne(part: string, inShape: readonly number[], seed: number): ForwardOperator {
  const colon = part.indexOf(":");
  const name = (colon < 0 ? part : part.slice(0, colon)).trim();
  if (!Object.hasOwn(operators, name)) {
    throw new InputError(`operator: unknown operator "${name}"; ${suggestion(name, operatorNames)}`);
  }
  return operators[name as OperatorName].make(inShape, colon < 0 ? "" : part.slice(colon + 1), seed);
}

/** All operators with their options, for `--help`. */
export function describeOperators(): string {
  const entries = operatorNames.flatMap((name) => {
    const { summary, options } = operators[name];
    return [`  ${name.padEnd(10)} ${summary}`, ...describeOptions(options)];
  });
  return [
    "Operators: name:key=value,key=value; a*b applies b first, as in gaussian:m=100*blur:sigma=1",
    ...entries,
  ].join("\n");
}
