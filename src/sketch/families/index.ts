import type { Family } from "./family.ts";
import { type FourierOptions, type FourierSpec, fourier } from "./fourier.ts";
import { type LocalMomentsOptions, type LocalMomentsSpec, localMoments } from "./local-moments.ts";
import { type SecondMomentsOptions, type SecondMomentsSpec, secondMoments } from "./second-moments.ts";

/** What a design says of each of its families. */
export type FamilySpec = FourierSpec | SecondMomentsSpec | LocalMomentsSpec;
/** What a user may say of each. */
export type FamilyOptions = FourierOptions | SecondMomentsOptions | LocalMomentsOptions;
export type FamilyName = FamilySpec["kind"];

type Entry<K extends FamilyName> = Family<
  Extract<FamilySpec, { kind: K }>,
  Extract<FamilyOptions, { readonly kind: K }>
>;

/** Every moment family by name; a forgotten entry is a compile error. */
export const families: { readonly [K in FamilyName]: Entry<K> } = {
  fourier,
  "second-moments": secondMoments,
  "local-moments": localMoments,
};

/** The families of a design that names none. */
export const defaultFamilies: readonly FamilyOptions[] = [{ kind: "fourier" }, { kind: "second-moments" }];

export const familyNames = Object.keys(families) as readonly FamilyName[];

/** The family of a spec or of options, with the types of its own spec. */
export const familyOf = (kind: FamilyName) => families[kind] as Family<FamilySpec, FamilyOptions>;
