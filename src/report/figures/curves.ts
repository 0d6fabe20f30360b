import type { ComparisonRow } from "../../compare/row.ts";
import type { Family } from "../families.ts";
import { type Named, withLegend } from "../legend.ts";
import { type Level, linePlot } from "../plot.ts";
import type { ReportFigure } from "../report-figure.ts";

/** A figure of merit that a curve shows. */
interface Shown {
  readonly what: string;
  readonly label: string;
  readonly yAxis?: "linear";
  readonly value: (row: ComparisonRow) => number | undefined;
  readonly interval: (row: ComparisonRow) => readonly [number, number] | undefined;
}

export const errorCurve: Shown = {
  what: "error",
  label: "mean squared error per pixel",
  value: ({ mse }) => mse,
  interval: ({ mseInterval }) => mseInterval,
};

export const ssimCurve: Shown = {
  what: "SSIM",
  label: "structural similarity (SSIM)",
  yAxis: "linear",
  value: ({ ssim }) => ssim,
  interval: ({ ssimInterval }) => ssimInterval,
};

/** A figure of merit against what a family sweeps, a curve each method. Undefined if no row has it. */
export function curveFigure(
  { title, swept, groups }: Family,
  { what, label, value, interval, ...axis }: Shown,
  series: readonly Named[],
  levels: readonly Level[],
): ReportFigure | undefined {
  const rows = groups.flatMap((group) => group.rows).filter((row) => value(row) !== undefined);
  if (rows.length === 0) return undefined;
  const lines = series.map((one) => ({
    ...one,
    points: rows
      .filter((row) => row.method === one.name)
      .map((row) => ({ row, ends: interval(row) ?? [Number.NaN, Number.NaN] }))
      .map(({ row, ends }) => ({ x: row[swept], y: value(row)!, low: ends[0]!, high: ends[1]! })),
  }));
  const against = swept === "m" ? "measurements m" : "noise σ";
  const name = `${title}: ${what} against ${against}`;
  const drawing = linePlot(lines, { label: name, xLabel: against, yLabel: label, levels, ...axis });
  if (drawing === "") return undefined; // no error above 0
  return {
    name: `${what}-${swept}-${title}`,
    caption: `${name}; bands: 95 % interval of the mean${levels.length > 0 ? "; dashed: what G(z) cannot represent" : ""}.`,
    drawing: withLegend(drawing, name, series),
    data: rows.map((row) => {
      const [low, high] = interval(row) ?? [];
      return { operator: row.operator, m: row.m, noise: row.noise, method: row.method, [what]: value(row), low, high };
    }),
  };
}
