import { type Named, withLegend } from "../legend.ts";
import { dotPlot } from "../plot.ts";
import type { ReportFigure } from "../report-figure.ts";
import type { RowGroup } from "../results.ts";
import { noiseText } from "../table.ts";

/** The errors of problems that no sweep holds, a dot each method. */
export function singlesFigure(groups: readonly RowGroup[], series: readonly Named[]): ReportFigure | undefined {
  const dots = groups.map((group) => ({
    title: `${group.operator}, m = ${group.m}, noise ${noiseText(group)}`,
    dots: group.rows.map((row) => ({
      ...series.find(({ name }) => name === row.method)!,
      ...{ y: row.mse, low: row.mseInterval[0], high: row.mseInterval[1] },
    })),
  }));
  const drawing = dotPlot(dots, { label: "error by operator and method", xLabel: "mean squared error per pixel" });
  if (drawing === "") return undefined; // no problem, or no error above 0
  return {
    name: "error",
    caption: "Operators that are not swept: error with its 95 % interval.",
    drawing: withLegend(drawing, "error by operator and method", series),
    data: groups.flatMap(({ rows }) =>
      rows.map(({ operator, m, noise, method, mse, mseInterval }) => {
        return { operator, m, noise, method, error: mse, low: mseInterval[0], high: mseInterval[1] };
      }),
    ),
  };
}
