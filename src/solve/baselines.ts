import type { MethodPrior, PenaltyPrior } from "../../priors/prior.ts";
import { isPenalty, parsePenalty, penaltyNames } from "../../priors/registry.ts";
import { describeMethods, isMethod, methodNames, parseMethod } from "./methods/registry.ts";
import { describeOpenPenalties, isModulePenalty, openPenalty, penaltyModules } from "./penalised/open-penalty.ts";

/** Every baseline, by name: penalties, and methods of their own. */
export const baselineNames: readonly string[] = [...penaltyNames, ...methodNames];

/** Whether a text is meant as the spec of a baseline: it begins with the name of one. */
export const isBaseline = (spec: string): boolean => isPenalty(spec) || isModulePenalty(spec) || isMethod(spec);

/**
 * The baseline of a spec, `wavelet:levels=2` or `wiener`, for signals of `shape`.
 * Errors (InputError): those of `parseMethod` and `parsePenalty`.
 */
export const parseBaseline = (spec: string, shape: readonly number[]): PenaltyPrior | MethodPrior =>
  isMethod(spec) ? parseMethod(spec, shape) : parsePenalty(spec, shape);

/** The same, and penalties of a user's module: `./mine.js`. Errors (InputError): those of `parseMethod` and `openPenalty`. */
export const openBaseline = async (spec: string, shape: readonly number[]): Promise<PenaltyPrior | MethodPrior> =>
  isMethod(spec) ? parseMethod(spec, shape) : openPenalty(spec, shape);

/** The users' modules that the spec of a baseline names, by their paths. Errors (InputError): those of `penaltyModules`. */
export const baselineModules = (spec: string): string[] => (isMethod(spec) ? [] : penaltyModules(spec));

/** All baselines with their options, for `--help`. */
export const describeBaselines = (): string => `${describeOpenPenalties()}\n\n${describeMethods()}`;
