import { withLegend } from "../src/report/legend.ts";
import { type LinePlotOptions, linePlot, plotFrame, type Series } from "../src/report/plot.ts";
import { pngOfSvg } from "../src/report/raster.ts";
import { svg, svgFile, text } from "../src/report/svg.ts";

/** A line plot among others. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
  readonly options: Omit<LinePlotOptions, "label">;
}

/** Height of a panel's title, and the room below a panel. */
const [TITLE, BELOW] = [26, 12];

/** A PNG of line plots, `columns` in a row, each with its title and its legend. */
export function panelsPng(label: string, panels: readonly Panel[], columns: number): Promise<Uint8Array> {
  const drawn = panels.map(({ title, series, options }) => {
    const drawing = withLegend(linePlot(series, { ...options, label: title }), title, series);
    return { title, drawing, height: Number(/viewBox="0 0 \d+ (\d+)"/.exec(drawing)![1]) };
  });
  const { width } = plotFrame;
  let top = 0;
  const placed: string[] = [];
  for (let first = 0; first < drawn.length; first += columns) {
    const row = drawn.slice(first, first + columns);
    for (const [column, { title, drawing, height }] of row.entries()) {
      const left = column * width;
      placed.push(
        text([left + width / 2, top + 17], title, { heavy: true }),
        `<svg x="${left}" y="${top + TITLE}" width="${width}" height="${height}">${drawing}</svg>`,
      );
    }
    top += TITLE + BELOW + Math.max(...row.map(({ height }) => height));
  }
  return pngOfSvg(svgFile(svg(columns * width, top, label, placed), columns * width));
}
