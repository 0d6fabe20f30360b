import type { ComparisonTable } from "../compare/compare.ts";
import { type Crossing, crossings } from "../compare/crossings.ts";
import { escapeHtml } from "../data/escape.ts";
import { type Family, families } from "./families.ts";
import { short } from "./table.ts";

const sweepsOverM = (table: ComparisonTable): Family[] => families(table).sweeps.filter(({ swept }) => swept === "m");

const crossingsOf = ({ title, groups }: Family): (Crossing & { readonly sweep: string })[] =>
  crossings(groups.flatMap(({ rows }) => rows)).map((one) => ({ sweep: title, ...one }));

/** The crossing points of all sweeps over m. */
export const sweptCrossings = (table: ComparisonTable) => sweepsOverM(table).flatMap(crossingsOf);

/** Where methods change places along the sweeps over m; empty without such a sweep. */
export function crossingsTable(table: ComparisonTable): string {
  const sweeps = sweepsOverM(table);
  if (sweeps.length === 0) return "";
  const lines = sweeps.flatMap((family) =>
    crossingsOf(family).map(({ sweep, before, after, m, interval }) => {
      const [first, last] = [family.groups[0]!.m, family.groups.at(-1)!.m];
      const low = interval[0] === 0 ? `below ${first}` : short(interval[0], 2);
      const high = interval[1] === Number.POSITIVE_INFINITY ? `above ${last}` : short(interval[1], 2);
      return `<tr><td>${escapeHtml(sweep)}</td><td>${escapeHtml(before)}</td><td>${escapeHtml(after)}</td><td class=n>${short(m, 2)}</td><td class=n>${low} to ${high}</td></tr>`;
    }),
  );
  if (lines.length === 0) return "<p class=soft><small>No two methods change places along a sweep over m.</small></p>";
  return `<h3>Crossing points</h3><div class=wide><table class=all><thead><tr><th>sweep</th><th>smaller error with fewer measurements</th><th>with more</th><th class=n>m</th><th class=n>95 % interval</th></tr></thead><tbody>${lines.join("\n")}</tbody></table></div>
<p class=soft><small>Where the mean errors of two methods are equal, between the measured m linear in log m and log error. Interval: bootstrap over the
signals; an end beyond the sweep means that some resamples do not cross.</small></p>`;
}
