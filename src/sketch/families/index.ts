import type { Family } from "./family.ts";
import { type FourierOptions, type FourierSpec, fourier } from "./fourier.ts";
import { type GatedMomentsOptions, type GatedMomentsSpec, gatedMoments } from "./gated-moments.ts";
import { type LocalMomentsOptions, type LocalMomentsSpec, localMoments } from "./local-moments.ts";
import { type LossyCellsOptions, type LossyCellsSpec, lossyCells } from "./lossy-cells.ts";
import { type LossyMomentsOptions, type LossyMomentsSpec, lossyMoments } from "./lossy-moments.ts";
import { type LossyScoresOptions, type LossyScoresSpec, lossyScores } from "./lossy-scores.ts";
import { type NetworkMomentsSpec, networkMoments } from "./network-moments.ts";
import { type PairedMomentsOptions, type PairedMomentsSpec, pairedMoments } from "./paired-moments.ts";
import { type ResidualMomentsOptions, type ResidualMomentsSpec, residualMoments } from "./residual-moments.ts";
import { type SecondMomentsOptions, type SecondMomentsSpec, secondMoments } from "./second-moments.ts";
import { type WindowMomentsOptions, type WindowMomentsSpec, windowMoments } from "./window-moments.ts";

/** The spec of a family in a design. */
export type FamilySpec =
  | FourierSpec
  | SecondMomentsSpec
  | LocalMomentsSpec
  | ResidualMomentsSpec
  | GatedMomentsSpec
  | PairedMomentsSpec
  | LossyMomentsSpec
  | LossyCellsSpec
  | LossyScoresSpec
  | WindowMomentsSpec
  | NetworkMomentsSpec;
/** The options of a family that a user may give. */
export type FamilyOptions =
  | FourierOptions
  | SecondMomentsOptions
  | LocalMomentsOptions
  | ResidualMomentsOptions
  | GatedMomentsOptions
  | PairedMomentsOptions
  | LossyMomentsOptions
  | LossyCellsOptions
  | LossyScoresOptions
  | WindowMomentsOptions
  | NetworkMomentsSpec;
export type FamilyName = FamilySpec["kind"];

type Entry<K extends FamilyName> = Family<
  Extract<FamilySpec, { kind: K }>,
  Extract<FamilyOptions, { readonly kind: K }>
>;

/** Every moment family by name. A missing entry is a compile error. */
export const families: { readonly [K in FamilyName]: Entry<K> } = {
  fourier,
  "second-moments": secondMoments,
  "local-moments": localMoments,
  "residual-moments": residualMoments,
  "gated-moments": gatedMoments,
  "paired-moments": pairedMoments,
  "lossy-moments": lossyMoments,
  "lossy-cells": lossyCells,
  "lossy-scores": lossyScores,
  "network-moments": networkMoments,
  "window-moments": windowMoments,
};

/** The families of a design that names none. */
export const defaultFamilies: readonly FamilyOptions[] = [{ kind: "fourier" }, { kind: "second-moments" }];

export const familyNames = Object.keys(families) as readonly FamilyName[];

/** The family of a given kind, typed for any spec. */
export const familyOf = (kind: FamilyName) => families[kind] as Family<FamilySpec, FamilyOptions>;
