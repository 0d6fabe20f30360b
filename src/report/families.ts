import type { ComparisonTable } from "../compare/compare.ts";
import { type RowGroup, rowGroups } from "./results.ts";
import { noiseText } from "./table.ts";

/** What varies along a curve: the number of measurements, or the noise of one operator. */
export type Swept = "m" | "noise";

/** Problems that differ only in what is swept. */
export interface Family {
  /** The operator without the numbers of the sweep, `gaussian`, and what stays the same. */
  readonly title: string;
  readonly swept: Swept;
  /** In ascending order. */
  readonly groups: readonly RowGroup[];
}

/** Sweeps over m, each with one noise; sweeps over the noise, each with one operator and at least two σ above 0; all other problems. */
export function families(table: ComparisonTable): {
  readonly sweeps: readonly Family[];
  readonly single: readonly RowGroup[];
} {
  const groups = rowGroups(table);
  const overM = grouped(groups, (g) => `${numberless(g.operator)} ${g.noiseName}`)
    .filter((some) => new Set(some.map(({ m }) => m)).size === some.length && some.length > 1)
    .map((some) => ({
      swept: "m" as const,
      title: `${common(some)}, noise ${noiseText(some[0]!)}`,
      groups: ascending(some, "m"),
    }));
  const overNoise = grouped(groups, (g) => `${g.operator} ${numberless(g.noiseName)}`)
    .filter((some) => new Set(some.map(({ noise }) => noise)).size === some.length && some.length > 1)
    .map((some) => some.filter(({ noise }) => noise > 0))
    .filter((some) => some.length > 1)
    .map((some) => ({ swept: "noise" as const, title: some[0]!.operator, groups: ascending(some, "noise") }));
  const sweeps = [...overM, ...overNoise];
  return { sweeps, single: groups.filter((group) => !sweeps.some((sweep) => sweep.groups.includes(group))) };
}

const numberless = (name: string): string => name.replace(/\d+(\.\d+)?(e[-+]?\d+)?/g, "#");

/** The operator's name without its options, where a sweep changes them. */
const common = (groups: readonly RowGroup[]): string => groups[0]!.operator.replace(/\(.*/, "");

const ascending = (groups: readonly RowGroup[], by: Swept): RowGroup[] => [...groups].sort((a, b) => a[by] - b[by]);

function grouped(groups: readonly RowGroup[], key: (group: RowGroup) => string): RowGroup[][] {
  const found = new Map<string, RowGroup[]>();
  for (const group of groups) found.set(key(group), [...(found.get(key(group)) ?? []), group]);
  return [...found.values()];
}
