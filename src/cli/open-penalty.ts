import type { WeightedPenalty } from "../../priors/penalties/sum.ts";
import type { PenaltyPrior } from "../../priors/prior.ts";
import { describePenalties, joined, parseTerm, penaltyParts, weightOption } from "../../priors/registry.ts";
import { InputError, messageOf } from "../data/errors.ts";
import { parseOptions } from "../data/options.ts";
import { describeKinds, isModule } from "../data/spec.ts";
import { modulePenalty } from "./module-penalty.ts";

/** What a spec can name beside the penalties of the registry. */
const files = {
  "./mine.js": {
    summary:
      "your own ES module: its default export is { name, value, prox }, or a function of { tf, shape } that returns it",
    options: {},
  },
};

/** Whether a text is meant as a penalty of a user's module, alone or as the first term of a sum. */
export const isModulePenalty = (spec: string): boolean => isModule(fileOf(spec.split("+")[0]!.trim()));

/**
 * A penalty from its spec, as `parsePenalty`; a part such as `./mine.js`, or `./mine.js:weight=0.3` in a sum, is the penalty of a user's ES module
 * (see `modulePenalty`). Errors (InputError): those of both.
 */
export async function openPenalty(spec: string, shape: readonly number[]): Promise<PenaltyPrior> {
  const parts = penaltyParts(spec);
  const terms: WeightedPenalty[] = [];
  try {
    for (const part of parts) terms.push(await openTerm(part, shape, parts.length === 1));
    return joined(terms);
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

/** The users' modules that the spec of a penalty names, by their paths. Errors (InputError): an empty part. */
export const penaltyModules = (spec: string): string[] => penaltyParts(spec).map(fileOf).filter(isModule);

async function openTerm(part: string, shape: readonly number[], alone: boolean): Promise<WeightedPenalty> {
  const file = fileOf(part);
  if (!isModule(file)) return parseTerm(part, shape, alone);
  const { weight } = parseOptions(file, weightOption, part.slice(file.length + 1));
  return { weight: alone ? 1 : weight, penalty: await modulePenalty(file, shape) };
}

/** A part without its options. */
const fileOf = (part: string): string => part.replace(/:weight=[^:]*$/, "").trim();

/** All penalties with their options, for `--help`. */
export const describeOpenPenalties = (): string => describeKinds(describePenalties(), files);
