import { type Axis, logAxis, tickText, withoutOverlap } from "../axes.ts";
import type { Named } from "../legend.ts";
import type { ReportFigure } from "../report-figure.ts";
import type { RowGroup } from "../results.ts";
import { digits, line, type Point, svg, text } from "../svg.ts";
import { fixed, noiseText } from "../table.ts";

const [WIDTH, LEFT, RIGHT] = [480, 14, 466];
/** Pixels of a method: its name, and the tallest bar. */
const [NAME, BAR] = [16, 30];
const BINS = 32;

/** How the errors of the signals scatter: a histogram for each method, on one logarithmic axis. Undefined if no error is above 0. */
export function histogramFigure(group: RowGroup, series: readonly Named[]): ReportFigure | undefined {
  const shown = group.rows.map((row) => ({
    row,
    logs: row.errors.filter((e) => e > 0 && Number.isFinite(e)).map(Math.log10),
  }));
  const all = shown.flatMap(({ logs }) => logs);
  if (all.length === 0) return undefined;
  const [least, greatest] = [Math.min(...all), Math.max(...all)];
  const room = Math.max(0.05, 0.03 * (greatest - least));
  const [low, high] = [least - room, greatest + room];
  const axis = logAxis(low, high, [LEFT, RIGHT], "mean squared error per pixel of a signal");
  const binOf = (log: number) => Math.min(BINS - 1, Math.floor((BINS * (log - low)) / (high - low)));
  const counts = shown.map(({ logs }) => {
    const bins = new Array<number>(BINS).fill(0);
    for (const log of logs) bins[binOf(log)]!++;
    return bins;
  });
  const tallest = Math.max(...counts.flat());
  const left = (bin: number) => LEFT + ((RIGHT - LEFT) * bin) / BINS;
  const parts = shown.flatMap(({ row }, i) => {
    const { style } = series.find(({ name }) => name === row.method)!;
    const bottom = (i + 1) * (NAME + BAR) - 2;
    const bars = counts[i]!.flatMap((count, bin) => {
      if (count === 0) return [];
      const height = (BAR * count) / tallest;
      return [
        `M${digits(left(bin) + 0.5)} ${digits(bottom - height)}h${digits(left(1) - left(0) - 1)}V${bottom}H${digits(left(bin) + 0.5)}z`,
      ];
    });
    const median = row.mseMedian > 0 && Number.isFinite(row.mseMedian) ? axis.place(row.mseMedian) : undefined;
    const base: Point[] = [
      [LEFT, bottom],
      [RIGHT, bottom],
    ];
    const middle: Point[] =
      median === undefined
        ? []
        : [
            [median, bottom],
            [median, bottom - BAR],
          ];
    return [
      text([LEFT, bottom - BAR - 3], row.method, { anchor: "start", style: `s${style}` }),
      text([RIGHT, bottom - BAR - 3], `median ${fixed(row.mseMedian)}`, { anchor: "end" }),
      `<path class="bars" style="fill:var(--s${style})" d="${bars.join("")}"/>`,
      line("grid", base),
      line("axis", middle),
    ];
  });
  const bottom = shown.length * (NAME + BAR) + 2;
  const title = `${group.operator}, m = ${group.m}, noise ${noiseText(group)}`;
  return {
    name: `errors-${group.operator}-${group.noiseName}`,
    caption: `${title}: errors of the signals.`,
    drawing: svg(WIDTH, bottom + 46, `${title}: histograms of the errors`, [...below(axis, bottom), ...parts]),
    data: shown.flatMap(({ row }) =>
      row.errors.map((error, at) => {
        const signals = row.errors.length / row.draws;
        const place = { signal: (at % signals) + 1, draw: Math.floor(at / signals) + 1 };
        const { operator, m, noise, method } = row;
        return {
          operator,
          m,
          noise,
          method,
          ...place,
          error,
          ssim: row.ssims?.[at],
          relative: row.relativeErrors[at],
          residual: row.residuals[at],
        };
      }),
    ),
  };
}

/** The axis below the histograms, with lines through them at its ticks. */
const below = (axis: Axis, bottom: number): string[] => [
  ...axis.ticks.map((tick) =>
    line("grid", [
      [axis.place(tick), 4],
      [axis.place(tick), bottom],
    ]),
  ),
  ...withoutOverlap(axis.ticks, axis.place).map((tick) => text([axis.place(tick), bottom + 18], tickText(tick))),
  text([WIDTH / 2, bottom + 40], axis.label),
];
