import { InputError, messageOf } from "../src/data/errors.ts";
import type { OptionTable } from "../src/data/options.ts";
import { describeKinds, parseSpec } from "../src/data/spec.ts";
import type { PenaltyKind } from "./kind.ts";
import { dctKind } from "./penalties/dct.ts";
import { l1Kind } from "./penalties/l1.ts";
import { sumOfPenalties, type WeightedPenalty } from "./penalties/sum.ts";
import { tgvKind } from "./penalties/tgv.ts";
import { tikhonovKind } from "./penalties/tikhonov.ts";
import { tvKind } from "./penalties/tv.ts";
import { waveletKind } from "./penalties/wavelet.ts";
import type { PenaltyPrior } from "./prior.ts";

/** Every penalty that specs know, one line each. */
const kinds = {
  tikhonov: tikhonovKind,
  tv: tvKind,
  tgv: tgvKind,
  wavelet: waveletKind,
  dct: dctKind,
  l1: l1Kind,
} satisfies Record<string, PenaltyKind>;

export type PenaltyName = keyof typeof kinds;
export const penalties: { readonly [K in PenaltyName]: PenaltyKind } = kinds;
export const penaltyNames = Object.keys(kinds) as readonly PenaltyName[];

/** The penalties that `compare` takes when no baselines are named. */
export const defaultBaselines: readonly string[] = penaltyNames.filter((name) => penalties[name].baseline);

/** Whether a text is meant as the spec of a penalty, or of a sum: it begins with the name of one. */
export const isPenalty = (spec: string): boolean => Object.hasOwn(penalties, spec.split(/[:+]/)[0]!.trim());

/** The weight of a term, an option of every part of a sum. */
export const weightOption = {
  weight: { type: "number", default: 1, description: "its weight beside the other terms of a sum a+b" },
} as const satisfies OptionTable;

/** The parts of a spec `a+b`. Errors (InputError): an empty part. */
export function penaltyParts(spec: string): string[] {
  const parts = spec.split(/\+(?!\d)/).map((part) => part.trim()); // 1e+3 is a number
  if (!parts.includes("")) return parts;
  throw new InputError(`penalty: expected name:key=value,… (or several joined by +), got "${spec}"`);
}

/** One part of a spec as the term of a sum, or with `alone` as the whole. Errors (InputError, RangeError): as `parsePenalty`. */
export function parseTerm(part: string, shape: readonly number[], alone: boolean): WeightedPenalty {
  if (alone) {
    const { kind, values, title } = parseSpec<PenaltyKind>("penalty", penalties, part);
    return { weight: 1, penalty: { ...kind.make(shape, values), name: title } };
  }
  const { kind, values, title } = parseSpec<PenaltyKind>("penalty", terms, part);
  const { weight, ...own } = values as { readonly weight: number };
  return { weight, penalty: { ...kind.make(shape, own), name: title } };
}

/** The penalties with the options of a term. */
const terms: Readonly<Record<string, PenaltyKind>> = Object.fromEntries(
  Object.entries<PenaltyKind>(kinds).map(([name, kind]) => [
    name,
    { ...kind, options: { ...kind.options, ...weightOption } },
  ]),
);

/**
 * The penalty of a spec, `wavelet` or `wavelet:levels=2`, for signals of `shape`; `tv+l1:weight=0.3` is the sum r₁ + 0.3 r₂.
 * Errors (InputError): an unknown name or option, with the nearest one; a shape or values that the penalty cannot take.
 */
export function parsePenalty(spec: string, shape: readonly number[]): PenaltyPrior {
  const parts = penaltyParts(spec);
  try {
    return joined(parts.map((part) => parseTerm(part, shape, parts.length === 1)));
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

/** The only term, or the sum of several. */
export const joined = (parts: readonly WeightedPenalty[]): PenaltyPrior =>
  parts.length === 1 ? parts[0]!.penalty : sumOfPenalties(parts);

/** All penalties with their options, for `--help`. */
export function describePenalties(): string {
  const told = ({ summary, options, baseline }: PenaltyKind) => ({
    summary: baseline ? `${summary} (compared by default)` : summary,
    options,
  });
  return describeKinds(
    "Baselines: penalties without training, name:key=value,key=value; a+b:weight=0.3 is the sum a + 0.3 b",
    Object.fromEntries(Object.entries<PenaltyKind>(penalties).map(([name, kind]) => [name, told(kind)])),
  );
}
