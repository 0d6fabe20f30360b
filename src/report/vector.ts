import type { Drawing, Mark } from "./drawing.ts";
import { escapeHtml } from "./escape.ts";

/** A drawing as inline SVG; its colours are classes of the page's style sheet, so they follow light and dark. */
export function svgOf({ width, height, label, marks }: Drawing): string {
  return `<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(label)}">${marks.map(element).join("")}</svg>`;
}

const digits = (value: number): string => String(Math.round(value * 10) / 10);

function element(mark: Mark): string {
  if (mark.kind === "text") {
    const { at, text, anchor, style, turned } = mark;
    const [x, y] = at.map(digits);
    const where = turned ? `transform="translate(${x} ${y}) rotate(-90)"` : `x="${x}" y="${y}"`;
    const colour = style ? ` style="fill:var(--${style})"` : "";
    return `<text ${where} text-anchor="${anchor}"${colour}>${escapeHtml(text)}</text>`;
  }
  const at = mark.points.map((point) => point.map(digits).join(" "));
  if (mark.kind === "dots") {
    const path = at.map((p) => `M${p}h.01`).join("");
    return `<g class="${mark.style}"><path style="stroke-width:3;stroke-linecap:round;opacity:.5" d="${path}"/></g>`;
  }
  const path = `M${at.join("L")}`;
  if (mark.style === "grid" || mark.style === "axis") return `<path class="${mark.style}" d="${path}"/>`;
  return `<g class="${mark.style}"><path d="${path}"/></g>`;
}
