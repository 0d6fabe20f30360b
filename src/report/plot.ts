import { escapeHtml } from "../data/escape.ts";
import { type Axis, axes, type Frame, logAxis, tickText, upwards, withoutOverlap } from "./axes.ts";
import { digits, line, type Point, svg, svgFile, text } from "./svg.ts";
import { short } from "./table.ts";

/** Plots as inline SVG. Colours are classes s0, s1, … of the page's style sheet, so they follow its light and dark mode. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the whisker; NaN for none. */
  readonly low: number;
  readonly high: number;
}

export interface Series {
  readonly name: string;
  /** Number of the series' colour and marker. It is the same in every plot of a page. */
  readonly style: number;
  readonly points: readonly PlotPoint[];
}

export interface LinePlotOptions {
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Values of x to compare with, each a vertical line with its name above the plot. */
  readonly marks?: readonly Mark[];
}

export interface Mark {
  readonly x: number;
  readonly name: string;
}

/** Height of a line of the legend. */
const LEGEND = 20;
/** Height of a line of the marks' names. */
const MARK = 16;

const plotFrame: Frame = { width: 480, height: 340, left: 74, right: 466, top: 10, bottom: 294 };

/** Lines with whiskers on two logarithmic axes. Values that are not positive are left out. */
export function linePlot(series: readonly Series[], options: LinePlotOptions): string {
  const drawn = series.map((s) => ({ ...s, points: s.points.filter((p) => p.x > 0 && p.y > 0) }));
  const points = drawn.flatMap((s) => s.points);
  if (points.length === 0) return "";
  const { marks = [] } = options;
  const frame = { ...plotFrame, top: plotFrame.top + MARK * marks.length };
  const { width, height, left, right } = frame;
  const y = roomyAxis(points.flatMap(extent), upwards(frame), options.yLabel);
  const xs = [...new Set(points.map((p) => p.x))].sort((a, b) => a - b);
  const across = roomyAxis([...xs, ...marks.map((mark) => mark.x)], [left + 14, right - 14], options.xLabel);
  const x = { ...across, ticks: xs };
  const lines = drawn.map((s, i) => {
    const shift = (i - (drawn.length - 1) / 2) * 5; // side by side, so that whiskers do not hide each other
    const at = (p: PlotPoint): Point => [x.place(p.x) + shift, y.place(p.y)];
    const path = s.points.map((p) => at(p).map(digits).join(",")).join(" ");
    const whiskers = s.points.map((p) => whisker(at(p)[0], p, y.place)).join("");
    const markers = s.points
      .map((p) => marker(s.style, ...at(p), `${s.name}, ${options.xLabel} = ${p.x}: ${short(p.y)}`))
      .join("");
    return `<g class="s${s.style}"><polyline points="${path}"/>${whiskers}${markers}</g>`;
  });
  return svg(width, height, options.label, [...axes(x, y, frame), ...markLines(marks, x.place, frame), ...lines]);
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
export function linePlotFile(series: readonly Series[], options: LinePlotOptions): string {
  const { width, height } = plotFrame;
  const top = series.length * LEGEND + 10;
  const legend = series.flatMap(({ name, style }, i) => [
    `<svg x="74" y="${i * LEGEND + 8}" width="26" height="14">${legendMarker(style)}</svg>`,
    text([108, i * LEGEND + 19], name, { anchor: "start" }),
  ]);
  const plot = `<svg y="${top}" width="${width}" height="${height}">${linePlot(series, options)}</svg>`;
  return svgFile(svg(width, height + top, options.label, [...legend, plot]), 640);
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
    at += 18;
    body.push(text([14, at], title, { anchor: "start", heavy: true }));
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

/** The marker of a series, for a legend. */
export const legendMarker = (style: number): string =>
  `<svg class="plot key" viewBox="0 0 26 14" aria-hidden="true"><g class="s${style}"><path d="M1 7H25"/>${marker(style, 13, 7, "")}</g></svg>`;

const extent = (p: Omit<PlotPoint, "x">): number[] => [p.y, p.low, p.high].filter((v) => Number.isFinite(v) && v > 0);

function whisker(x: number, { low, high }: PlotPoint, place: Axis["place"]): string {
  if (!(low > 0 && Number.isFinite(high))) return "";
  const [a, b, left] = [digits(place(low)), digits(place(high)), digits(x - 3)];
  return `<path d="M${digits(x)} ${a}V${b}M${left} ${a}h6M${left} ${b}h6"/>`;
}

/** Circle, square, triangle, diamond, then the same hollow. So the shape tells series apart where the colour cannot. */
function marker(style: number, x: number, y: number, title: string): string {
  const outlines = [
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    "M-3.5-3.5h7v7h-7z",
    "M0-4.5L4.3 3.2H-4.3z",
    "M0-5L5 0L0 5L-5 0z",
  ];
  const hollow = Math.floor(style / outlines.length) % 2 === 1 ? " hollow" : "";
  const tip = title && `<title>${escapeHtml(title)}</title>`;
  return `<path class="mark${hollow}" transform="translate(${digits(x)} ${digits(y)})" d="${outlines[style % outlines.length]}">${tip}</path>`;
}

/** A logarithmic axis over the values, with a little room at both ends. */
function roomyAxis(values: readonly number[], ends: readonly [number, number], label: string): Axis {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const room = Math.max(0.02, 0.04 * (high - low));
  return logAxis(low - room, high + room, ends, label);
}
