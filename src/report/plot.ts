import { escapeHtml } from "./escape.ts";
import { short } from "./table.ts";

/** Plots as inline SVG. Colours are classes s0, s1, … of the page's style sheet, so they follow light and dark. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the whisker; NaN for none. */
  readonly low: number;
  readonly high: number;
}

export interface Series {
  readonly name: string;
  /** Number of the series' colour and marker, the same in every plot of a page. */
  readonly style: number;
  readonly points: readonly PlotPoint[];
}

export interface LinePlotOptions {
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
}

const WIDTH = 480;
const HEIGHT = 340;
const frame = { left: 62, right: 14, top: 10, bottom: 46 };

type Scale = (value: number) => number;

/** Lines with whiskers on two logarithmic axes; values that are not positive are left out. */
export function linePlot(series: readonly Series[], options: LinePlotOptions): string {
  const drawn = series.map((s) => ({ ...s, points: s.points.filter((p) => p.x > 0 && p.y > 0) }));
  const points = drawn.flatMap((s) => s.points);
  if (points.length === 0) return "";
  const xTicks = [...new Set(points.map((p) => p.x))].sort((a, b) => a - b);
  const y = logScale(points.flatMap(extent), [HEIGHT - frame.bottom, frame.top]);
  const x = logScale(xTicks, [frame.left + 14, WIDTH - frame.right - 14]);
  const lines = drawn.map((s, i) => {
    const shift = (i - (drawn.length - 1) / 2) * 5; // side by side, so that whiskers do not hide each other
    const at = (p: PlotPoint): readonly [number, number] => [x.place(p.x) + shift, y.place(p.y)];
    const path = s.points.map((p) => at(p).map(digits).join(",")).join(" ");
    const whiskers = s.points.map((p) => whisker(at(p)[0], p, y.place)).join("");
    const markers = s.points
      .map((p) => marker(s.style, ...at(p), `${s.name}, ${options.xLabel} = ${p.x}: ${short(p.y)}`))
      .join("");
    return `<g class="s${s.style}"><polyline points="${path}"/>${whiskers}${markers}</g>`;
  });
  const bottom = HEIGHT - frame.bottom;
  return svg(HEIGHT, options.label, [
    ...y.ticks.map((t) => {
      const at = digits(y.place(t));
      return `<path class="grid" d="M${frame.left} ${at}H${WIDTH - frame.right}"/>${text(frame.left - 7, y.place(t) + 4, short(t, 2), "end")}`;
    }),
    ...withoutOverlap(xTicks, x.place).map((t) => text(x.place(t), bottom + 18, String(t))),
    ...xTicks.map((t) => `<path class="axis" d="M${digits(x.place(t))} ${bottom}v5"/>`),
    `<path class="axis" d="M${frame.left} ${frame.top}V${bottom}H${WIDTH - frame.right}"/>`,
    text((frame.left + WIDTH - frame.right) / 2, HEIGHT - 6, options.xLabel),
    `<text transform="translate(13 ${(frame.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(options.yLabel)}</text>`,
    ...lines,
  ]);
}

export interface DotGroup {
  readonly title: string;
  readonly dots: readonly (Omit<PlotPoint, "x"> & { readonly name: string; readonly style: number })[];
}

/** Groups of dots with whiskers, one line a dot, on one logarithmic axis. */
export function dotPlot(groups: readonly DotGroup[], options: Omit<LinePlotOptions, "yLabel">): string {
  const shown = groups.map((g) => ({ ...g, dots: g.dots.filter((d) => d.y > 0) })).filter((g) => g.dots.length > 0);
  if (shown.length === 0) return "";
  const x = logScale(
    shown.flatMap((g) => g.dots.flatMap(extent)),
    [28, WIDTH - frame.right - 14],
  );
  let at = 4;
  const body: string[] = [];
  for (const { title, dots } of shown) {
    at += 18;
    body.push(`<text class="group" x="14" y="${at}">${escapeHtml(title)}</text>`);
    at += 3;
    for (const dot of dots) {
      at += 14;
      const level = at;
      const ends = Number.isFinite(dot.low) && dot.low > 0 ? [x.place(dot.low), x.place(dot.high)] : undefined;
      const line = ends ? `<path d="M${digits(ends[0]!)} ${level}H${digits(ends[1]!)}"/>` : "";
      const dotMarker = marker(dot.style, x.place(dot.y), level, `${dot.name}: ${short(dot.y)}`);
      body.push(
        `<path class="grid" d="M14 ${level}H${WIDTH - frame.right}"/><g class="s${dot.style}">${line}${dotMarker}</g>`,
      );
    }
    at += 10;
  }
  const bottom = at + 2;
  return svg(bottom + frame.bottom, options.label, [
    ...x.ticks.map((t) => `<path class="grid" d="M${digits(x.place(t))} 4V${bottom}"/>`),
    ...withoutOverlap(x.ticks, x.place).map((t) => text(x.place(t), bottom + 18, short(t, 2))),
    `<path class="axis" d="M14 ${bottom}H${WIDTH - frame.right}"/>`,
    text(WIDTH / 2, bottom + frame.bottom - 6, options.xLabel),
    ...body,
  ]);
}

/** The marker of a series, for a legend. */
export const legendMarker = (style: number): string =>
  `<svg class="plot key" viewBox="0 0 26 14" aria-hidden="true"><g class="s${style}"><path d="M1 7H25"/>${marker(style, 13, 7, "")}</g></svg>`;

const svg = (height: number, label: string, parts: readonly string[]): string =>
  `<svg class="plot" viewBox="0 0 ${WIDTH} ${Math.ceil(height)}" role="img" aria-label="${escapeHtml(label)}">${parts.join("")}</svg>`;

const text = (x: number, y: number, content: string, anchor = "middle"): string =>
  `<text x="${digits(x)}" y="${digits(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;

const digits = (value: number): string => String(Math.round(value * 10) / 10);

const extent = (p: Omit<PlotPoint, "x">): number[] => [p.y, p.low, p.high].filter((v) => Number.isFinite(v) && v > 0);

function whisker(x: number, { low, high }: PlotPoint, place: Scale): string {
  if (!(low > 0 && Number.isFinite(high))) return "";
  const [a, b, left] = [digits(place(low)), digits(place(high)), digits(x - 3)];
  return `<path d="M${digits(x)} ${a}V${b}M${left} ${a}h6M${left} ${b}h6"/>`;
}

/** Circle, square, triangle, diamond, then the same hollow: shape tells series apart where colour cannot. */
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

/** A logarithmic scale with a little room at both ends, and its ticks at 1, 2, 5 times powers of ten. */
function logScale(values: readonly number[], [from, to]: readonly [number, number]): { place: Scale; ticks: number[] } {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const room = Math.max(0.02, 0.04 * (high - low));
  const [start, end] = [low - room, high + room];
  const place: Scale = (value) => from + ((Math.log10(value) - start) / (end - start)) * (to - from);
  const ticks: number[] = [];
  for (let power = Math.floor(start); power <= end; power++) {
    for (const digit of end - start > 3 ? [1] : [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (Math.log10(value) >= start && Math.log10(value) <= end) ticks.push(value);
    }
  }
  return { place, ticks };
}

/** The values whose labels do not run into the one before. */
function withoutOverlap(values: readonly number[], place: Scale): number[] {
  let last = Number.NEGATIVE_INFINITY;
  return values.filter((value) => {
    if (place(value) - last < 30) return false;
    last = place(value);
    return true;
  });
}
