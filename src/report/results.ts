import type { ComparisonTable } from "../compare/compare.ts";
import type { ComparisonRow } from "../compare/row.ts";
import { summarisePaired } from "../compare/summary.ts";
import { escapeHtml } from "./escape.ts";
import { bestRows, covered, decibels, endText, fixed, noiseText, pValue, short } from "./table.ts";

/** The rows of one operator with one noise, in the order of the methods. */
export interface RowGroup {
  readonly operator: string;
  readonly m: number;
  readonly noise: number;
  readonly noiseName: string;
  readonly rows: readonly ComparisonRow[];
}

export function rowGroups(table: ComparisonTable): RowGroup[] {
  return table.cases.map(({ operator, m, noise, noiseName }) => ({
    ...{ operator, m, noise, noiseName },
    rows: table.rows.filter((row) => row.operator === operator && row.noiseName === noiseName),
  }));
}

/** Whether the paired difference from the operator's best method could be chance, that is, whether its 95 % interval contains 0. */
function closeToBest(row: ComparisonRow, group: RowGroup, best: ReadonlySet<ComparisonRow>): boolean {
  if (best.has(row)) return false;
  const winner = group.rows.find((r) => best.has(r));
  return winner !== undefined && !(summarisePaired(row.errors, winner.errors, { draws: row.draws }).interval[0] > 0);
}

/** A line for each operator and a column for each method: error, its interval, PSNR. */
export function summaryTable(table: ComparisonTable): string {
  const best = bestRows(table);
  const lines = rowGroups(table).map((group) => {
    const cells = table.methods.map((method) => {
      const row = group.rows.find((r) => r.method === method);
      if (!row) return "<td class=n>–</td>";
      const error = best.has(row) ? `<strong>${fixed(row.mse)}</strong>` : fixed(row.mse);
      const mark = closeToBest(row, group, best) ? "≈ " : "";
      return `<td class=n>${mark}${error}<small>${fixed(row.mseInterval[0])} to ${fixed(row.mseInterval[1])}</small><small>${decibels(row.psnr)} dB</small></td>`;
    });
    return `<tr class=first><th scope=row>${escapeHtml(group.operator).replace("(", "<wbr>(")}<small>m = ${group.m}, noise ${escapeHtml(noiseText(group))}</small></th>${cells.join("")}</tr>`;
  });
  return scrolling(
    `<thead><tr><th>operator</th>${table.methods.map((m) => `<th class=n>${escapeHtml(m)}</th>`).join("")}</tr></thead>`,
    lines,
    "summary",
  );
}

/** Every number of every row. */
export function fullTable(table: ComparisonTable): string {
  const best = bestRows(table);
  const reference = table.methods[0] ?? "";
  const lines = rowGroups(table).flatMap((group) =>
    group.rows.map((row, i) => {
      const emphasise = (text: string) => (best.has(row) ? `<strong>${text}</strong>` : text);
      const cells = [
        emphasise(fixed(row.mse)),
        interval(row.mseInterval, fixed),
        fixed(row.mseMedian),
        emphasise(decibels(row.psnr)),
        interval(row.psnrInterval, decibels),
        row.difference
          ? `${signed(row.difference.mean)} <span class=soft>(${row.difference.interval.map(signed).join(" to ")})</span>`
          : "–",
        pValue(row.wilcoxon) || "–",
        row.seconds.toFixed(2),
        short(row.lambda, 2),
        covered(row.coverage) || "–",
      ];
      const head = i === 0 ? `${escapeHtml(group.operator)}<small>noise ${escapeHtml(noiseText(group))}</small>` : "";
      return `<tr${i === 0 ? " class=first" : ""}><th scope=row>${head}</th><td>${escapeHtml(row.method)}</td>${cells.map((c) => `<td class=n>${c}</td>`).join("")}<td>&ensp;${escapeHtml(endText(row))}</td></tr>`;
    }),
  );
  const titles = [
    "error",
    "95 % interval",
    "median",
    "PSNR, dB",
    "95 % interval",
    `error − ${reference}`,
    "p",
    "seconds",
    "λ",
    "in 50 / 90 / 99 %",
  ];
  return scrolling(
    `<thead><tr><th>operator</th><th>method</th>${titles.map((t) => `<th class=n>${escapeHtml(t)}</th>`).join("")}<th>&ensp;ended</th></tr></thead>`,
    lines,
  );
}

const scrolling = (head: string, lines: readonly string[], kind = "all"): string =>
  `<div class=wide><table class=${kind}>${head}<tbody>${lines.join("\n")}</tbody></table></div>`;

const interval = (ends: readonly number[], format: (v: number) => string): string => ends.map(format).join(" to ");

const signed = (value: number): string => (value > 0 ? "+" : "") + fixed(value).replace("-", "−");
