import type { ComparisonTable } from "../../compare/compare.ts";
import { coverageLevels } from "../../compare/coverage.ts";
import { axes, linearAxis } from "../axes.ts";
import { marker, type Named, withLegend } from "../legend.ts";
import { plotFrame as frame } from "../plot.ts";
import type { ReportFigure } from "../report-figure.ts";
import { line, type Point, svg } from "../svg.ts";

/** Nominal against actual coverage of the posteriors' central intervals, a line for each method and problem. Undefined without any. */
export function calibrationFigure({ rows }: ComparisonTable, series: readonly Named[]): ReportFigure | undefined {
  const known = rows.filter(({ coverage }) => coverage !== undefined);
  if (known.length === 0) return undefined;
  const x = linearAxis(0, 100, [frame.left, frame.right], "probability of the interval, %");
  const y = linearAxis(0, 100, [frame.bottom, frame.top], "true numbers inside it, %");
  const lines = known.map(({ coverage, method, operator }) => {
    const { style } = series.find(({ name }) => name === method)!;
    const points = coverageLevels.map((level): Point => [x.place(level), y.place(100 * coverage![level])]);
    const marks = ([50, 90] as const).map((level) => {
      const percent = 100 * coverage![level];
      return marker(
        style,
        x.place(level),
        y.place(percent),
        `${method}, ${operator}: ${percent.toFixed(1)} in ${level} %`,
      );
    });
    return `<g class="s${style}">${line(`s${style}`, points)}${marks.join("")}</g>`;
  });
  const diagonal = line("axis", [
    [frame.left, frame.bottom],
    [frame.right, frame.top],
  ]);
  const plot = svg(frame.width, frame.height, "calibration of intervals", [...axes(x, y, frame), diagonal, ...lines]);
  const named = series.filter(({ name }) => known.some(({ method }) => method === name));
  return {
    name: "calibration",
    caption:
      "Calibration of the posteriors' central intervals, a line for each operator and noise: above the diagonal they are too wide, below it too narrow.",
    drawing: withLegend(plot, "calibration of intervals", named),
    data: known.flatMap(({ operator, m, noise, method, coverage }) =>
      coverageLevels.map((level) => ({ operator, m, noise, method, percent: level, covered: 100 * coverage![level] })),
    ),
  };
}
