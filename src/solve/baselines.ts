import type { MethodPrior, PenaltyPrior } from "../../priors/prior.ts";
import { isPenalty, parsePenalty, penaltyNames } from "../../priors/registry.ts";
import { isMethod, methodNames, parseMethod } from "./methods/registry.ts";

/** Every baseline, by name: penalties, and methods of their own. */
export const baselineNames: readonly string[] = [...penaltyNames, ...methodNames];

/** Whether a text is meant as the spec of a baseline: it begins with the name of one. */
export const isBaseline = (spec: string): boolean => isPenalty(spec) || isMethod(spec);

/**
 * The baseline of a spec, `wavelet:levels=2` or `wiener`, for signals of `shape`.
 * Errors (InputError): those of `parseMethod` and `parsePenalty`.
 */
export const parseBaseline = (spec: string, shape: readonly number[]): PenaltyPrior | MethodPrior =>
  isMethod(spec) ? parseMethod(spec, shape) : parsePenalty(spec, shape);
