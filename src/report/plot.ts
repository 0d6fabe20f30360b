import { type Axis, axes, type Frame, linearAxis, logAxis, tickText, upwards, withoutOverlap } from "./axes.ts";
import { marker, type Named, withLegend } from "./legend.ts";
import { area, digits, line, type Point, svg, svgFile, text } from "./svg.ts";
import { short } from "./table.ts";

/** Plots as inline SVG. Colours are classes s0, s1, … of the page's style sheet, so they follow its light and dark mode. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the interval; NaN for none. */
  readonly low: number;
  readonly high: number;
}

export interface Series extends Named {
  readonly points: readonly PlotPoint[];
}

/** A value of y to compare with: a dashed horizontal line in the colour of a series. */
export interface Level extends Named {
  readonly y: number;
}

export interface LinePlotOptions {
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Values of x to compare with, each a vertical line with its name above the plot. */
  readonly marks?: readonly Mark[];
  readonly levels?: readonly Level[];
  /** Default: logarithmic. */
  readonly yAxis?: "linear";
}

export interface Mark {
  readonly x: number;
  readonly name: string;
}

/** Height of a line of the marks' names. */
const MARK = 16;

/** The frame of a plot on a page. */
export const plotFrame: Frame = { width: 480, height: 340, left: 74, right: 466, top: 10, bottom: 294 };

/** Lines with bands between the ends of the intervals. x is logarithmic, and so is y by default; values that such an axis does not have are left out. */
export function linePlot(series: readonly Series[], options: LinePlotOptions): string {
  const isLog = options.yAxis !== "linear";
  const drawn = series.map((s) => ({ ...s, points: s.points.filter((p) => p.x > 0 && (p.y > 0 || !isLog)) }));
  const points = drawn.flatMap((s) => s.points);
  if (points.length === 0) return "";
  const { marks = [], levels = [] } = options;
  const frame = { ...plotFrame, top: plotFrame.top + MARK * marks.length };
  const { width, height, left, right } = frame;
  const ys = [...points, ...levels.map(({ y }) => ({ y, low: y, high: y }))];
  const y = isLog
    ? roomyAxis(ys.flatMap(extent), upwards(frame), options.yLabel)
    : roomyLinearAxis(ys, upwards(frame), options.yLabel);
  const xs = [...new Set(points.map((p) => p.x))].sort((a, b) => a - b);
  const across = roomyAxis([...xs, ...marks.map((mark) => mark.x)], [left + 14, right - 14], options.xLabel);
  const x = { ...across, ticks: xs };
  const bands = drawn.map(({ style, points: all }) => {
    const known = all.filter((p) => Number.isFinite(p.high) && (isLog ? p.low > 0 : Number.isFinite(p.low)));
    const side = (value: (p: PlotPoint) => number) => known.map((p): Point => [x.place(p.x), y.place(value(p))]);
    return area(
      `s${style}`,
      side((p) => p.low),
      side((p) => p.high),
    );
  });
  const lines = drawn.map((s) => {
    const at = (p: PlotPoint): Point => [x.place(p.x), y.place(p.y)];
    const path = s.points.map((p) => at(p).map(digits).join(",")).join(" ");
    const markers = s.points
      .map((p) => marker(s.style, ...at(p), `${s.name}, ${options.xLabel} = ${p.x}: ${short(p.y)}`))
      .join("");
    return `<g class="s${s.style}"><polyline points="${path}"/>${markers}</g>`;
  });
  const dashed = levels.map(
    (level) =>
      `<g class="s${level.style} level">${line(`s${level.style}`, [
        [left, y.place(level.y)],
        [right, y.place(level.y)],
      ])}</g>${text([right - 4, y.place(level.y) - 5], level.name, { anchor: "end" })}`,
  );
  const above = markLines(marks, x.place, frame);
  return svg(width, height, options.label, [...axes(x, y, frame), ...above, ...bands, ...dashed, ...lines]);
}

/** Names run inwards, each on a line of its own, the outermost first: so they stay in the frame, and no line crosses a name. */
function markLines(marks: readonly Mark[], place: Axis["place"], { left, right, bottom }: Frame): string[] {
  const outwards = ({ x }: Mark) => place(x) - (left + right) / 2;
  const sorted = [...marks].sort((a, b) => Math.abs(outwards(b)) - Math.abs(outwards(a)));
  return sorted.flatMap((mark, i) => {
    const [at, top] = [place(mark.x), plotFrame.top + MARK * i];
    const inwards = outwards(mark) > 0 ? -1 : 1;
    return [
      line("axis", [
        [at, top],
        [at, bottom],
      ]),
      text([at + 5 * inwards, top + 11], mark.name, { anchor: inwards > 0 ? "start" : "end" }),
    ];
  });
}

/** A line plot as an SVG file, with its legend above it. */
export const linePlotFile = (series: readonly Series[], options: LinePlotOptions): string =>
  svgFile(withLegend(linePlot(series, options), options.label, series), 640);

/** Pixels: about the width of a letter of a heading. */
const HEAVY_LETTER = 8;

/** A title in lines of at most so many letters, broken behind commas; a longer part has a line of its own. */
export function linesOf(title: string, letters: number): string[] {
  const lines: string[] = [];
  for (const part of title.split(/(?<=,) /)) {
    const joined = `${lines.at(-1)} ${part}`;
    if (lines.length > 0 && joined.length <= letters) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

export interface DotGroup {
  readonly title: string;
  readonly dots: readonly (Omit<PlotPoint, "x"> & { readonly name: string; readonly style: number })[];
}

/** Groups of dots with whiskers on one logarithmic axis, one dot per line. */
export function dotPlot(groups: readonly DotGroup[], options: Omit<LinePlotOptions, "yLabel">): string {
  const shown = groups.map((g) => ({ ...g, dots: g.dots.filter((d) => d.y > 0) })).filter((g) => g.dots.length > 0);
  if (shown.length === 0) return "";
  const { width } = plotFrame;
  const values = shown.flatMap((g) => g.dots.flatMap(extent));
  const x = roomyAxis(values, [28, width - 28], options.xLabel);
  let at = 4;
  const body: string[] = [];
  for (const { title, dots } of shown) {
    for (const words of linesOf(title, (width - 28) / HEAVY_LETTER)) {
      at += 18;
      body.push(text([14, at], words, { anchor: "start", heavy: true }));
    }
    at += 3;
    for (const dot of dots) {
      at += 14;
      const ends = Number.isFinite(dot.low) && dot.low > 0 ? [x.place(dot.low), x.place(dot.high)] : undefined;
      const interval = ends ? `<path d="M${digits(ends[0]!)} ${at}H${digits(ends[1]!)}"/>` : "";
      const dotMarker = marker(dot.style, x.place(dot.y), at, `${dot.name}: ${short(dot.y)}`);
      const level: readonly Point[] = [
        [14, at],
        [width - 14, at],
      ];
      body.push(line("grid", level), `<g class="s${dot.style}">${interval}${dotMarker}</g>`);
    }
    at += 10;
  }
  const bottom = at + 2;
  return svg(width, bottom + 46, options.label, [
    ...x.ticks.map((t) =>
      line("grid", [
        [x.place(t), 4],
        [x.place(t), bottom],
      ]),
    ),
    ...withoutOverlap(x.ticks, x.place).map((t) => text([x.place(t), bottom + 18], tickText(t))),
    line("axis", [
      [14, bottom],
      [width - 14, bottom],
    ]),
    text([width / 2, bottom + 40], options.xLabel),
    ...body,
  ]);
}

const extent = (p: Omit<PlotPoint, "x">): number[] => [p.y, p.low, p.high].filter((v) => Number.isFinite(v) && v > 0);

/** A logarithmic axis over the values, with a little room at both ends. */
function roomyAxis(values: readonly number[], ends: readonly [number, number], label: string): Axis {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const room = Math.max(0.02, 0.04 * (high - low));
  return logAxis(low - room, high + room, ends, label);
}

/** A linear axis over the values and their intervals, with a little room at both ends. */
function roomyLinearAxis(
  points: readonly Omit<PlotPoint, "x">[],
  ends: readonly [number, number],
  label: string,
): Axis {
  const values = points.flatMap((p) => [p.y, p.low, p.high]).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1e-3, 0.05 * (high - low));
  return linearAxis(low - room, high + room, ends, label);
}
