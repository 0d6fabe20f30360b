import { escapeHtml } from "../data/escape.ts";
import { plotStylesheet } from "./style.ts";

/** A class of the style sheet, which sets colour and line weight; s0, s1, … are those of series. */
export type Style = "grid" | "axis" | `s${number}`;
export type Point = readonly [x: number, y: number];

/** A coordinate rounded to a tenth of a pixel, in few characters. */
export const digits = (value: number): string => String(Math.round(value * 10) / 10);

/** A drawing as inline SVG. Its colours are classes of the page's style sheet, so they follow its light and dark mode. */
export const svg = (width: number, height: number, label: string, parts: readonly string[]): string =>
  `<svg class="plot" viewBox="0 0 ${width} ${Math.ceil(height)}" role="img" aria-label="${escapeHtml(label)}">${parts.join("")}</svg>`;

/** An SVG file: the drawing with its style sheet and a background, `width` pixels wide. */
export function svgFile(drawing: string, width: number): string {
  const opened = drawing.replace("<svg ", `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" `);
  const head = `<style>${plotStylesheet}</style><rect width="100%" height="100%" style="fill:var(--ground)"/>`;
  return `${opened.replace(">", `>${head}`)}\n`;
}

export interface TextOptions {
  /** Whether the text starts at its position, is centred there, or ends there; default: middle (centred). */
  readonly anchor?: "start" | "middle" | "end";
  /** Default: the colour of text. */
  readonly style?: `s${number}`;
  /** Rotated, to be read upwards; default false. */
  readonly turned?: boolean;
  /** Heavy letters; default false. */
  readonly heavy?: boolean;
}

/** A line of text on the base line of [x, y]. */
export function text(
  [x, y]: Point,
  content: string,
  { anchor = "middle", style, turned, heavy }: TextOptions = {},
): string {
  const place = turned
    ? `transform="translate(${digits(x)} ${digits(y)}) rotate(-90)"`
    : `x="${digits(x)}" y="${digits(y)}"`;
  const colour = style ? ` style="fill:var(--${style})"` : "";
  return `<text ${place} text-anchor="${anchor}"${heavy ? ' class="group"' : ""}${colour}>${escapeHtml(content)}</text>`;
}

/** A line through points; empty if there are none. */
export function line(style: Style, points: readonly Point[]): string {
  if (points.length === 0) return "";
  const path = `M${points.map((point) => point.map(digits).join(" ")).join("L")}`;
  const drawn = (attributes: string) => `<path ${attributes}d="${path}"/>`;
  return style === "grid" || style === "axis" ? drawn(`class="${style}" `) : `<g class="${style}">${drawn("")}</g>`;
}

/** Round dots, half transparent, so that one sees where they are dense. */
export function dots(style: Style, points: readonly Point[]): string {
  const path = points.map((point) => `M${point.map(digits).join(" ")}h.01`).join("");
  return `<g class="${style}"><path style="stroke-width:3;stroke-linecap:round;opacity:.5" d="${path}"/></g>`;
}

/** The area between two lines, in the transparent colour of a series; empty for fewer than two points. */
export function area(style: `s${number}`, lower: readonly Point[], upper: readonly Point[]): string {
  if (lower.length < 2) return "";
  const path = [...lower, ...[...upper].reverse()].map((point) => point.map(digits).join(" ")).join("L");
  return `<path class="area" style="fill:var(--${style})" d="M${path}Z"/>`;
}
