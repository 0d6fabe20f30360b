import { InputError, messageOf } from "../src/data/errors.ts";
import { describeKinds, parseSpec } from "../src/data/spec.ts";
import type { PenaltyKind } from "./kind.ts";
import { dctKind } from "./penalties/dct.ts";
import { l1Kind } from "./penalties/l1.ts";
import { tikhonovKind } from "./penalties/tikhonov.ts";
import { tvKind } from "./penalties/tv.ts";
import { waveletKind } from "./penalties/wavelet.ts";
import type { PenaltyPrior } from "./prior.ts";

/** Every penalty that specs know, one line each. */
const kinds = {
  tikhonov: tikhonovKind,
  tv: tvKind,
  wavelet: waveletKind,
  dct: dctKind,
  l1: l1Kind,
} satisfies Record<string, PenaltyKind>;

export type PenaltyName = keyof typeof kinds;
export const penalties: { readonly [K in PenaltyName]: PenaltyKind } = kinds;
export const penaltyNames = Object.keys(kinds) as readonly PenaltyName[];

/** The penalties that `compare` takes when no baselines are named. */
export const defaultBaselines: readonly string[] = penaltyNames.filter((name) => penalties[name].baseline);

/** Whether a text is meant as the spec of a penalty: it begins with the name of one. */
export const isPenalty = (spec: string): boolean => Object.hasOwn(penalties, spec.split(":")[0]!.trim());

/**
 * The penalty of a spec, `wavelet` or `wavelet:levels=2`, for signals of `shape`.
 * Errors (InputError): an unknown name or option, with the nearest one; a shape or values that the penalty cannot take.
 */
export function parsePenalty(spec: string, shape: readonly number[]): PenaltyPrior {
  const { kind, values, title } = parseSpec<PenaltyKind>("penalty", penalties, spec);
  try {
    return { ...kind.make(shape, values), name: title };
  } catch (error) {
    throw error instanceof RangeError ? new InputError(messageOf(error)) : error;
  }
}

/** All penalties with their options, for `--help`. */
export function describePenalties(): string {
  const told = ({ summary, options, baseline }: PenaltyKind) => ({
    summary: baseline ? `${summary} (compared by default)` : summary,
    options,
  });
  return describeKinds(
    "Baselines: penalties without training, name:key=value,key=value",
    Object.fromEntries(Object.entries<PenaltyKind>(penalties).map(([name, kind]) => [name, told(kind)])),
  );
}
