import type { MethodPrior, PenaltyPrior } from "../../priors/prior.ts";
import { isBaseline } from "../solve/index.ts";
import { describeMethods, isMethod, parseMethod } from "../solve/methods/registry.ts";
import { describeOpenPenalties, isModulePenalty, openPenalty, penaltyModules } from "./open-penalty.ts";

/** Whether a text is meant as the spec of a baseline, as `isBaseline`, or as a penalty of a user's module. */
export const isOpenBaseline = (spec: string): boolean => isBaseline(spec) || isModulePenalty(spec);

/** A baseline from its spec, as `parseBaseline`, and penalties of a user's module: `./mine.js`. Errors (InputError): those of `parseMethod` and `openPenalty`. */
export const openBaseline = async (spec: string, shape: readonly number[]): Promise<PenaltyPrior | MethodPrior> =>
  isMethod(spec) ? parseMethod(spec, shape) : openPenalty(spec, shape);

/** The users' modules that the spec of a baseline names, by their paths. Errors (InputError): those of `penaltyModules`. */
export const baselineModules = (spec: string): string[] => (isMethod(spec) ? [] : penaltyModules(spec));

/** All baselines with their options, for `--help`. */
export const describeOpenBaselines = (): string => `${describeOpenPenalties()}\n\n${describeMethods()}`;
