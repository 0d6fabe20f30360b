import { escapeHtml } from "../data/escape.ts";
import { digits, svg, text } from "./svg.ts";

/** A series in a legend; `style` is the number of its colour and marker, the same in every plot of a page. */
export interface Named {
  readonly name: string;
  readonly style: number;
}

/** Pixels: the height of a line of the legend, the room of a marker, about the width of a letter, the room between two names. */
const [LINE, MARKER, LETTER, BETWEEN] = [20, 32, 7.4, 14];
const LEFT = 14;

/** A drawing with a legend above it, its names in lines as the width allows. */
export function withLegend(drawing: string, label: string, series: readonly Named[]): string {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(drawing)!.map(Number) as [number, number, number];
  let [left, top] = [LEFT, 0];
  const names = series.flatMap(({ name, style }) => {
    const needed = MARKER + LETTER * name.length;
    if (left > LEFT && left + needed > width) [left, top] = [LEFT, top + LINE];
    const at = left;
    left += needed + BETWEEN;
    return [
      `<svg x="${digits(at)}" y="${top + 4}" width="26" height="14">${legendMarker(style)}</svg>`,
      text([at + MARKER, top + 15], name, { anchor: "start" }),
    ];
  });
  const below = series.length === 0 ? 0 : top + LINE + 8;
  const plot = `<svg y="${below}" width="${width}" height="${height}">${drawing}</svg>`;
  return svg(width, height + below, label, [...names, plot]);
}

/** The marker of a series, for a legend. */
const legendMarker = (style: number): string =>
  `<svg class="plot key" viewBox="0 0 26 14" aria-hidden="true"><g class="s${style}"><path d="M1 7H25"/>${marker(style, 13, 7, "")}</g></svg>`;

/** Filled shapes, each set with the hollow ones after it. */
const shapeSets = [
  ["M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0", "M-3.5-3.5h7v7h-7z", "M0-4.5L4.3 3.2H-4.3z", "M0-5L5 0L0 5L-5 0z"],
  ["M0 4.5L4.3-3.2H-4.3z", "M-5-2h10v4h-10z", "M-2-5h4v10h-4z", "M-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z"],
] as const;

/** So many series are told apart: by the shape where the colour, of which there are half as many, cannot. */
export const STYLES = 16;

/** Circle, square, triangle, diamond, then the same hollow; then triangle downwards, flat and tall bar, cross, and these hollow. */
export function marker(style: number, x: number, y: number, title: string): string {
  const shapes = shapeSets[Math.floor(style / 8)]!;
  const hollow = style % 8 >= shapes.length ? " hollow" : "";
  const tip = title && `<title>${escapeHtml(title)}</title>`;
  return `<path class="mark${hollow}" transform="translate(${digits(x)} ${digits(y)})" d="${shapes[style % shapes.length]}">${tip}</path>`;
}
