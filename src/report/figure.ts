import { escapeHtml } from "../data/escape.ts";
import { frame } from "./axes.ts";
import { pngOfSvg } from "./raster.ts";
import { plotStylesheet, stylesheet } from "./style.ts";
import { svgFile } from "./svg.ts";

/** A drawing with its title and texts. */
export interface Figure {
  readonly title: string;
  readonly words: string;
  /** Inline SVG. */
  readonly drawing: string;
  readonly caption: string;
}

/** How figures are written, by the end of a file's name. */
export const figureFormats = {
  ".html": figurePage,
  ".png": ({ drawing }: Figure) => pngOfSvg(svgFile(drawing, frame.width)),
  ".svg": ({ drawing }: Figure) => svgFile(drawing, frame.width),
} as const;

/** One self-contained HTML page of a figure. */
export function figurePage({ title, words, drawing, caption }: Figure): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${plotStylesheet}${stylesheet(28)}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(words)}</p>
<figure style="max-width:760px">${drawing}
<figcaption>${escapeHtml(caption)}</figcaption></figure>
</body>
</html>
`;
}
