import type { ComparisonTable } from "../compare/compare.ts";
import { type RowGroup, rowGroups } from "./results.ts";
import { noiseText } from "./table.ts";

/** What varies along a curve: the number of measurements, or the noise of one operator. */
export type Swept = "m" | "noise";

/** Problems that differ only in what is swept. */
export interface Family {
  /** The operator and the noise, without the numbers of the sweep: `gaussian(m=…), noise 0.01`. */
  readonly title: string;
  readonly swept: Swept;
  /** In ascending order. */
  readonly groups: readonly RowGroup[];
}

/**
 * Sweeps, in which one number of a name varies: over m, each with one noise; over σ > 0, each with one operator, of at least three σ if the operator is in a sweep over m;
 * all other problems.
 */
export function families(table: ComparisonTable): {
  readonly sweeps: readonly Family[];
  readonly single: readonly RowGroup[];
} {
  const groups = rowGroups(table);
  const overM = grouped(groups, (g) => `${numberless(g.operator)} ${g.noiseSpec}`)
    .filter((some) => isSweep(some, "m", "operator"))
    .map((some) => ({
      swept: "m" as const,
      title: `${common(some.map(({ operator }) => operator))}, noise ${commonNoise(some)}`,
      groups: ascending(some, "m"),
    }));
  const overNoise = grouped(groups, (g) => `${g.operator} ${numberless(g.noiseSpec)}`)
    .filter((some) => isSweep(some, "noise", "noiseSpec"))
    .map((some) => some.filter(({ noise }) => noise > 0))
    .filter((some) => some.length > (overM.some((sweep) => sweep.groups.includes(some[0]!)) ? 2 : 1))
    .map((some) => ({
      swept: "noise" as const,
      title: `${some[0]!.operator}, noise ${common(some.map(({ noiseName }) => noiseName))}`,
      groups: ascending(some, "noise"),
    }));
  const sweeps = [...overM, ...overNoise];
  return { sweeps, single: groups.filter((group) => !sweeps.some((sweep) => sweep.groups.includes(group))) };
}

const NUMBER = /\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;

const numberless = (name: string): string => name.replace(NUMBER, "#");

/** Whether what is swept differs from group to group, and of the names, which are alike but for their numbers, one number. */
function isSweep(groups: readonly RowGroup[], by: Swept, name: "operator" | "noiseSpec"): boolean {
  const values = new Set(groups.map((group) => group[by]));
  return (
    groups.length > 1 && values.size === groups.length && common(groups.map((g) => g[name])).split("…").length === 2
  );
}

/** A name that groups share but for its numbers: those that differ are left out, `gaussian(m=…)`. */
function common(names: readonly string[]): string {
  const numbers = names.map((name) => name.match(NUMBER) ?? []);
  let at = -1;
  return names[0]!.replace(NUMBER, (number) => {
    at++;
    return numbers.every((own) => own[at] === number) ? number : "…";
  });
}

/** The noise that groups share; where each has a σ of its own, as it was asked for. */
const commonNoise = (groups: readonly RowGroup[]): string =>
  groups.every(({ noiseName }) => noiseName === groups[0]!.noiseName) ? noiseText(groups[0]!) : groups[0]!.noiseSpec;

const ascending = (groups: readonly RowGroup[], by: Swept): RowGroup[] => [...groups].sort((a, b) => a[by] - b[by]);

function grouped(groups: readonly RowGroup[], key: (group: RowGroup) => string): RowGroup[][] {
  const found = new Map<string, RowGroup[]>();
  for (const group of groups) found.set(key(group), [...(found.get(key(group)) ?? []), group]);
  return [...found.values()];
}
