import type { MethodPrior } from "../../../priors/prior.ts";
import { InputError, messageOf } from "../../data/errors.ts";
import { checkedOptions, type OptionValues } from "../../data/options.ts";
import { describeKinds, parseSpec } from "../../data/spec.ts";
import type { Problem } from "../problem.ts";
import type { Solver } from "../solver.ts";
import { bicubic } from "./bicubic.ts";
import { deepImagePrior } from "./deep-image-prior.ts";
import { filteredBackprojection } from "./filtered-backprojection.ts";
import type { RecoveryMethod } from "./method.ts";
import { richardsonLucy } from "./richardson-lucy.ts";
import { wiener } from "./wiener.ts";
import { zeroFilled } from "./zero-filled.ts";

/** Every baseline that is a method of recovery, one line each. */
const kinds = {
  "zero-filled": zeroFilled,
  bicubic,
  "filtered-backprojection": filteredBackprojection,
  wiener,
  "richardson-lucy": richardsonLucy,
  "deep-image-prior": deepImagePrior,
} satisfies Record<string, RecoveryMethod>;

export type MethodName = keyof typeof kinds;
export const methods: { readonly [K in MethodName]: RecoveryMethod } = kinds;
export const methodNames = Object.keys(kinds) as readonly MethodName[];

/** Whether a text is meant as the spec of a method: it begins with the name of one. */
export const isMethod = (spec: string): boolean => Object.hasOwn(methods, spec.split(":")[0]!.trim());

/**
 * The baseline of a spec, `wiener` or `wiener:decay=2`, for signals of `shape`.
 * Errors (InputError): an unknown name or option, with the nearest one; values out of range.
 */
export function parseMethod(spec: string, shape: readonly number[]): MethodPrior {
  const { kind, name, values, title } = parseSpec<RecoveryMethod>("method", methods, spec);
  try {
    kind.check?.(values);
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
  return { kind: "method", name: title, shape, method: name, options: values };
}

/**
 * The one solver of a baseline that is a method. Errors (InputError): a problem that it does not take, another solver or a λ asked for; RangeError: a name
 * that no method has.
 */
export function methodSolver(
  prior: MethodPrior,
  problem: Problem,
  { name, withLambda }: { readonly name?: string | undefined; readonly withLambda: boolean },
): Solver<MethodPrior> {
  const { method: own } = prior;
  if (!Object.hasOwn(methods, own)) {
    throw new RangeError(`method: expected ${methodNames.join(" or ")}, got ${own}; make it with parseMethod`);
  }
  const method = methods[own as MethodName];
  if (name !== undefined) throw new InputError(`solver: ${own} is a method of its own; leave ${name} out`);
  if (withLambda) throw new InputError(`lambda: ${own} has none; leave it out`);
  const answer = method.accepts(problem);
  if (answer !== true) throw new InputError(`${own}: ${answer}`);
  return {
    ...{ name: own, summary: method.summary, options: {}, uncertainty: false },
    accepts: (_, other) => method.accepts(other),
    solve: async (given, { options: values }, options) => {
      checkedOptions(own, {}, options.own);
      const { noise } = given;
      const found = await method.solve(given, values as OptionValues<typeof method.options>, options);
      return { ...found, chosen: { solver: own, noise: noise.name, sigma: noise.sigma } };
    },
  };
}

/** All methods with their options, for `--help`. */
export const describeMethods = (): string =>
  describeKinds("Baselines that are methods of their own, name:key=value,key=value", methods);
