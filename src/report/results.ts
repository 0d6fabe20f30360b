import type { ComparisonTable } from "../compare/compare.ts";
import type { ComparisonRow, Setting } from "../compare/row.ts";
import { summarisePaired } from "../compare/summary.ts";
import { breakable, escapeHtml } from "../data/escape.ts";
import { bestRows, covered, decibels, endText, fixed, megabytes, noiseText, pValue, short } from "./table.ts";

/** The rows of one operator with one noise, in the order of the methods. */
export interface RowGroup extends Setting {
  readonly rows: readonly ComparisonRow[];
}

export function rowGroups(table: ComparisonTable): RowGroup[] {
  return table.cases.map(({ operator, m, noise, noiseName, noiseSpec }) => ({
    ...{ operator, m, noise, noiseName, noiseSpec },
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
    `<thead><tr><th>operator</th>${table.methods.map((m) => `<th class=n>${breakable(m)}</th>`).join("")}</tr></thead>`,
    lines,
    "summary",
  );
}

/** A column of the table of all numbers: what a cell shows, and the number that it is sorted by. */
interface Column {
  readonly title: string;
  readonly shown: (row: ComparisonRow) => string;
  readonly value: (row: ComparisonRow) => number | undefined;
}

/** Every number of every row. The page's script sorts it by the numbers in `data-v`. */
export function fullTable(table: ComparisonTable): string {
  const best = bestRows(table);
  const columns = columnsOf(table, best).filter(({ value }) => table.rows.some((row) => value(row) !== undefined));
  const lines = rowGroups(table).flatMap((group) =>
    group.rows.map((row, i) => {
      const cells = columns.map(({ shown, value }) => `<td class=n data-v="${value(row) ?? ""}">${shown(row)}</td>`);
      const head = `${escapeHtml(group.operator)}<small>noise ${escapeHtml(noiseText(group))}</small>`;
      return `<tr${i === 0 ? " class=first" : ""}><th scope=row>${head}</th><td>${escapeHtml(row.method)}</td>${cells.join("")}<td>&ensp;${escapeHtml(endText(row))}</td></tr>`;
    }),
  );
  const heads = ["operator", "method", ...columns.map(({ title }) => title), "ended"];
  const kinds = heads.map((_, i) => (i < 2 || i === heads.length - 1 ? "" : " class=n"));
  return scrolling(
    `<thead><tr>${heads.map((title, i) => `<th scope=col${kinds[i]}>${escapeHtml(title)}</th>`).join("")}</tr></thead>`,
    lines,
    '"all sortable"',
  );
}

function columnsOf(table: ComparisonTable, best: ReadonlySet<ComparisonRow>): Column[] {
  const emphasised = (row: ComparisonRow, text: string) => (best.has(row) ? `<strong>${text}</strong>` : text);
  const within = (ends: readonly number[] | undefined, format: (v: number) => string) =>
    ends ? ` <span class=soft>${interval(ends, format)}</span>` : "";
  const three = (value: number | undefined) => value?.toFixed(3) ?? "–";
  return [
    {
      title: "error, 95 % interval",
      shown: (row) => emphasised(row, fixed(row.mse)) + within(row.mseInterval, fixed),
      value: ({ mse }) => mse,
    },
    { title: "median", shown: ({ mseMedian }) => fixed(mseMedian), value: ({ mseMedian }) => mseMedian },
    {
      title: "PSNR, dB",
      shown: (row) => decibels(row.psnr) + within(row.psnrInterval, decibels),
      value: ({ psnr }) => psnr,
    },
    { title: "SSIM", shown: (row) => three(row.ssim) + within(row.ssimInterval, three), value: ({ ssim }) => ssim },
    {
      title: "relative",
      shown: ({ relativeError }) => short(relativeError, 3),
      value: ({ relativeError }) => relativeError,
    },
    { title: "residual", shown: ({ residual }) => short(residual, 3), value: ({ residual }) => residual },
    {
      title: `error − ${table.methods[0] ?? ""}`,
      shown: ({ difference }) => (difference ? signed(difference.mean) + within(difference.interval, signed) : "–"),
      value: ({ difference }) => difference?.mean,
    },
    { title: "p", shown: ({ wilcoxon }) => pValue(wilcoxon) || "–", value: ({ wilcoxon }) => wilcoxon },
    { title: "p, Holm", shown: (row) => pValue(row.holm) || "–", value: (row) => row.holm },
    { title: "seconds", shown: ({ seconds }) => seconds.toFixed(2), value: ({ seconds }) => seconds },
    { title: "MB", shown: ({ memory }) => megabytes(memory), value: ({ memory }) => memory },
    { title: "λ", shown: ({ lambda }) => short(lambda, 2), value: ({ lambda }) => lambda },
    {
      title: "in 50 / 90 / 99 %",
      shown: ({ coverage }) => covered(coverage) || "–",
      value: ({ coverage }) => coverage?.[90],
    },
  ];
}

const scrolling = (head: string, lines: readonly string[], kind = "all"): string =>
  `<div class=wide><table class=${kind}>${head}<tbody>${lines.join("\n")}</tbody></table></div>`;

const interval = (ends: readonly number[], format: (v: number) => string): string => ends.map(format).join(" to ");

const signed = (value: number): string => (value > 0 ? "+" : "") + fixed(value).replace("-", "−");
